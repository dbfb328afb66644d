#include "engine/models/function.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

namespace unveil {

Function::Function(ParameterStore& store, std::string name, const Shape& items, Build build, bool averaged)
    : store_(store), name_(std::move(name)), shape_(items), build_(std::move(build)), averaged_(averaged) {}

Function::Compiled& Function::compiled(std::int64_t batch) {
  auto& kept = batch == 1 ? one_ : many_;
  if (kept) return *kept;
  auto fresh = std::make_unique<Compiled>();
  Shape shape = shape_;
  shape.set(0, batch);
  const auto weights = averaged_ ? averages_of(fresh->graph, store_) : weights_of(fresh->graph, store_);
  fresh->items = fresh->graph.input(name_ + ": items", shape);
  fresh->results = build_(fresh->graph, weights, fresh->items);
  fresh->program =
      std::make_unique<Program>(store_.device(), fresh->graph, ProgramOptions{.name = name_, .keep = fresh->results});
  kept = std::move(fresh);
  return *kept;
}

std::vector<std::vector<float>> Function::operator()(std::span<const float> values) {
  const auto size = static_cast<std::size_t>(shape_.elements() / shape_[0]);
  if (values.size() % size != 0)
    throw std::logic_error(fmt::format("{}: {} numbers are no items of {}", name_, values.size(), size));
  const std::size_t count = values.size() / size;
  auto& use = compiled(count == 1 ? 1 : shape_[0]);
  const auto batch = count == 1 ? 1 : static_cast<std::size_t>(shape_[0]);
  std::vector<std::vector<float>> all(use.results.size());
  std::vector<float> items(batch * size);
  for (std::size_t first = 0; first < count; first += batch) {
    const std::size_t here = std::min(batch, count - first);
    // What is left over of an older batch is computed with, and not returned.
    std::copy_n(values.begin() + static_cast<std::ptrdiff_t>(first * size), here * size, items.begin());
    use.program->write(use.items, items);
    use.program->run();
    for (std::size_t r = 0; r < use.results.size(); ++r) {
      const auto result = use.program->read(use.results[r]);
      const std::size_t each = result.size() / batch;
      all[r].insert(all[r].end(), result.begin(), result.begin() + static_cast<std::ptrdiff_t>(here * each));
    }
  }
  return all;
}

}  // namespace unveil
