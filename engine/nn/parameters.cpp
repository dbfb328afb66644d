#include "engine/nn/parameters.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <span>

#include "engine/data/philox.h"

namespace unveil {
namespace {

constexpr std::uint64_t kAlignment = 256;
// Register tiles may read a little past a tensor (never write): room before and after the parameters.
constexpr std::uint64_t kSlack = 1 << 16;
constexpr const char* kSlotNames[] = {"value", "gradient", "first moment", "second moment", "average"};

std::uint64_t aligned(std::uint64_t bytes) {
  return (bytes + kAlignment - 1) / kAlignment * kAlignment;
}

// FNV-1a: a parameter's stream depends on its path, so that adding a layer does not change the others' beginnings.
std::uint32_t stream_of(const std::string& path) {
  std::uint32_t hash = 2166136261u;
  for (const char c : path) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619u;
  return hash;
}

std::vector<float> initial_values(const Shape& shape, const Initializer& initializer, std::uint64_t seed,
                                  const std::string& path) {
  std::vector<float> values(static_cast<std::size_t>(shape.elements()));
  PhiloxStream stream(seed, 0, stream_of(path), 0x696e6974);
  const auto fan_in = static_cast<float>(initializer.fan_in), fan_out = static_cast<float>(initializer.fan_out);
  for (auto& value : values) {
    switch (initializer.kind) {
      case Initializer::Kind::zeros: value = 0; break;
      case Initializer::Kind::constant: value = initializer.scale; break;
      case Initializer::Kind::he_normal: value = initializer.scale * std::sqrt(2 / fan_in) * stream.normal(); break;
      case Initializer::Kind::normal: value = initializer.scale * stream.normal(); break;
      case Initializer::Kind::unit_rows: value = stream.normal(); break;
      case Initializer::Kind::glorot_uniform: {
        const float bound = initializer.scale * std::sqrt(6 / (fan_in + fan_out));
        value = stream.uniform(-bound, bound);
        break;
      }
    }
  }
  if (initializer.kind == Initializer::Kind::unit_rows) {
    const auto cols = static_cast<std::size_t>(shape.cols());
    for (std::size_t row = 0; row < values.size(); row += cols) {
      double squares = 0;
      for (std::size_t c = 0; c < cols; ++c) squares += static_cast<double>(values[row + c]) * values[row + c];
      for (std::size_t c = 0; c < cols; ++c)
        values[row + c] = static_cast<float>(values[row + c] / std::sqrt(squares));
    }
  }
  return values;
}

}  // namespace

Initializer zeros() {
  return {};
}
Initializer constant(float value) {
  return {Initializer::Kind::constant, 1, 1, value};
}
Initializer he_normal(std::int64_t fan_in, float scale) {
  return {Initializer::Kind::he_normal, fan_in, 1, scale};
}
Initializer glorot_uniform(std::int64_t fan_in, std::int64_t fan_out, float scale) {
  return {Initializer::Kind::glorot_uniform, fan_in, fan_out, scale};
}
Initializer normal(float standard_deviation) {
  return {Initializer::Kind::normal, 1, 1, standard_deviation};
}
Initializer unit_rows() {
  return {Initializer::Kind::unit_rows};
}

const DeviceTensor& ParameterStore::parameter(const std::string& path, const Shape& shape,
                                              const Initializer& initializer) {
  if (const auto known = parameters_.find(path); known != parameters_.end()) {
    const auto& tensor = *known->second.slots[value];
    if (tensor.shape != shape)
      throw std::logic_error(
          fmt::format("parameter {} has shape {}, not {}", path, tensor.shape.text(), shape.text()));
    return tensor;
  }
  if (materialised_)
    throw std::logic_error(fmt::format("parameter {} is declared after the parameters were placed", path));
  paths_.push_back(path);
  auto& parameter = parameters_[path];
  parameter.initializer = initializer;
  for (int slot = 0; slot < slot_count; ++slot) {
    parameter.slots[slot] = std::make_unique<DeviceTensor>();
    auto& tensor = *parameter.slots[slot];
    tensor.name = slot == value ? path : fmt::format("{} ({})", path, kSlotNames[slot]);
    tensor.shape = shape;
    tensor.layout = make_layout(shape);
  }
  return *parameter.slots[value];
}

const DeviceTensor& ParameterStore::state(const std::string& name, const Shape& shape, DType dtype) {
  auto& tensor = states_[name];
  if (!tensor) {
    if (materialised_) throw std::logic_error(fmt::format("state {} is declared after the states were placed", name));
    tensor = std::make_unique<DeviceTensor>();
    tensor->name = name;
    tensor->shape = shape;
    tensor->dtype = dtype;
    tensor->layout = make_layout(shape);
  }
  return *tensor;
}

const DeviceTensor& ParameterStore::kept_state(const std::string& name, const Shape& shape,
                                               const Initializer& initializer) {
  auto& kept = kept_[name];
  if (!kept.tensor) {
    if (materialised_) throw std::logic_error(fmt::format("state {} is declared after the states were placed", name));
    kept.initializer = initializer;
    kept.tensor = std::make_unique<DeviceTensor>();
    kept.tensor->name = name;
    kept.tensor->shape = shape;
    kept.tensor->layout = make_layout(shape);
    kept_names_[name] = kept.tensor.get();
  }
  if (kept.tensor->shape != shape)
    throw std::logic_error(
        fmt::format("state {} has shape {}, not {}", name, kept.tensor->shape.text(), shape.text()));
  return *kept.tensor;
}

void ParameterStore::materialise(bool with_average, bool with_moments) {
  if (materialised_) return;
  materialised_ = true;
  has_average_ = with_average;
  has_moments_ = with_moments;
  std::uint64_t bytes = 0;
  for (const auto& path : paths_) {
    auto& parameter = parameters_[path];
    for (auto& slot : parameter.slots) slot->offset = kSlack + bytes;
    bytes += aligned(parameter.slots[value]->layout.bytes());
  }
  for (int slot = 0; slot < slot_count; ++slot) {
    if (slot == average ? !with_average : slot != value && !with_moments) continue;
    arenas_[slot] =
        device_.allocate(bytes + 2 * kSlack, MemoryKind::device, fmt::format("parameters: {}", kSlotNames[slot]));
    for (const auto& path : paths_) parameters_[path].slots[slot]->buffer = &arenas_[slot];
    flat_[slot] = std::make_unique<DeviceTensor>();
    flat_[slot]->name = kSlotNames[slot];
    flat_[slot]->shape = Shape{static_cast<std::int64_t>(bytes / 4)};
    flat_[slot]->layout = make_layout(flat_[slot]->shape);
    flat_[slot]->buffer = &arenas_[slot];
    flat_[slot]->offset = kSlack;
  }
  std::uint64_t state_bytes = kAlignment;
  for (auto& [name, tensor] : states_) {
    tensor->buffer = &state_arena_;
    tensor->offset = state_bytes;
    state_bytes += aligned(tensor->layout.bytes());
  }
  // States are scalars and short vectors that the host reads after every step.
  state_arena_ = device_.allocate(state_bytes, MemoryKind::host, "states");
  if (kept_.empty()) return;
  std::uint64_t kept_bytes = kSlack;
  for (auto& [name, kept] : kept_) {
    kept.tensor->buffer = &kept_arena_;
    kept.tensor->offset = kept_bytes;
    kept_bytes += aligned(kept.tensor->layout.bytes());
  }
  kept_arena_ = device_.allocate(kept_bytes + kSlack, MemoryKind::device, "kept states");
}

const DeviceTensor& ParameterStore::flat(Slot slot, const std::string& group) {
  if (group.empty()) return flat(slot);
  auto& tensor = groups_[slot][group];
  if (tensor) return *tensor;
  const auto inside = [&](const std::string& path) { return path.starts_with(group); };
  const auto first = std::ranges::find_if(paths_, inside);
  const auto last = std::find_if_not(first, paths_.end(), inside);
  if (first == last || std::any_of(last, paths_.end(), inside))
    throw std::logic_error(fmt::format("no group of parameters '{}' lies in one piece", group));
  const auto& front = *parameters_.at(*first).slots[slot];
  const auto& back = *parameters_.at(*std::prev(last)).slots[slot];
  const auto bytes = back.offset + aligned(back.layout.bytes()) - front.offset;
  tensor = std::make_unique<DeviceTensor>(flat(slot));
  tensor->name = fmt::format("{} of {}", kSlotNames[slot], group);
  tensor->shape = Shape{static_cast<std::int64_t>(bytes / 4)};
  tensor->layout = make_layout(tensor->shape);
  tensor->offset = front.offset;
  return *tensor;
}

void ParameterStore::initialise(std::uint64_t seed) {
  for (const auto& path : paths_) {
    const auto& parameter = parameters_[path];
    const auto& tensor = *parameter.slots[value];
    const auto values = initial_values(tensor.shape, parameter.initializer, seed, path);
    write_tensor(device_, tensor, values);
    if (has_average_) write_tensor(device_, *parameter.slots[average], values);
  }
  for (const auto& [name, kept] : kept_)
    write_tensor(device_, *kept.tensor, initial_values(kept.tensor->shape, kept.initializer, seed, name));
  for (const Slot slot : {gradient, first_moment, second_moment}) {
    if (!has_moments_) continue;
    const std::vector<std::byte> blank(flat(slot).layout.bytes());
    device_.write(arenas_[slot], kSlack, blank);
  }
  const std::vector<std::byte> blank(state_arena_.size());
  device_.write(state_arena_, 0, blank);
}

std::vector<Buffer*> ParameterStore::changing_arenas() {
  std::vector<Buffer*> all;
  all.push_back(&arenas_[value]);
  if (has_moments_) all.insert(all.end(), {&arenas_[first_moment], &arenas_[second_moment]});
  if (has_average_) all.push_back(&arenas_[average]);
  all.push_back(&state_arena_);
  if (!kept_.empty()) all.push_back(&kept_arena_);
  return all;
}

void ParameterStore::copy(Arenas& into) const {
  const auto arenas = const_cast<ParameterStore*>(this)->changing_arenas();
  into.resize(arenas.size());
  for (std::size_t i = 0; i < arenas.size(); ++i) {
    into[i].resize(arenas[i]->size());
    device_.read(*arenas[i], 0, into[i]);
  }
}

void ParameterStore::put_back(const Arenas& copies) {
  const auto arenas = changing_arenas();
  const auto same = [](const Buffer* arena, const auto& copy) { return arena->size() == copy.size(); };
  if (!std::ranges::equal(arenas, copies, same))
    throw std::logic_error("a state of another model cannot be put back");
  for (std::size_t i = 0; i < arenas.size(); ++i) device_.write(*arenas[i], 0, copies[i]);
}

const DeviceTensor& ParameterStore::tensor(const std::string& path, Slot slot) const {
  return *parameters_.at(path).slots[slot];
}

std::int64_t ParameterStore::parameter_count() const {
  std::int64_t count = 0;
  for (const auto& [path, parameter] : parameters_) count += parameter.slots[value]->shape.elements();
  return count;
}

}  // namespace unveil
