#include "engine/ops/gather_windows.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/ops/logical.h"

namespace unveil {
namespace {

struct Push {
  std::uint64_t data, starts, indices, result;
  std::int32_t last_sample, last_start, rows, hop;
  TileFields tile;
};

// Inputs: data, starts, indices.
class GatherWindows : public Op {
 public:
  explicit GatherWindows(std::int64_t hop) : hop_(hop) {}
  std::string_view name() const override { return "gather windows"; }
  void record(RecordContext& context, const Node& node) const override {
    const auto &data = context[node.inputs[0]], &starts = context[node.inputs[1]], &indices = context[node.inputs[2]],
               &y = context[node.outputs[0]];
    const auto of = [](std::int64_t value) { return static_cast<std::int32_t>(value); };
    Specialisations constants;
    append_logical_constants(constants, y);
    record_flat(context, "ops/gather_windows", std::move(constants), y.layout,
                Push{data.address(),
                     starts.address(),
                     indices.address(),
                     y.address(),
                     of(data.shape[0] - 1),
                     of(starts.shape[0] - 1),
                     of(y.shape[1]),
                     of(hop_),
                     {}},
                accesses({&data, &starts, &indices}, {&y}));
  }
  void reference(std::span<const HostTensor* const> in, std::span<HostTensor* const> out) const override {
    const auto &data = in[0]->values, &starts = in[1]->values, &indices = in[2]->values;
    auto& y = *out[0];
    for (std::int64_t r = 0; r < y.shape.rows(); ++r)
      for (std::int64_t k = 0; k < y.shape.cols(); ++k) {
        const auto start = static_cast<std::int64_t>(
            starts[static_cast<std::size_t>(indices[static_cast<std::size_t>(r / y.shape[1])])]);
        const std::int64_t at = start + r % y.shape[1] * hop_ + k;
        y.at(r, k) = data[static_cast<std::size_t>(std::min<std::int64_t>(at, in[0]->shape[0] - 1))];
      }
  }
  void backward(Graph&, Gradients&, const Node&) const override {}

 private:
  std::int64_t hop_;
};

}  // namespace

Tensor gather_windows(Graph& graph, Tensor data, Tensor starts, Tensor indices, std::int64_t rows, std::int64_t hop,
                      std::int64_t width) {
  const Shape &of_data = graph.shape(data), &of_starts = graph.shape(starts), &of_indices = graph.shape(indices);
  if (of_data.rank() != 1 || of_starts.rank() != 1 || of_indices.rank() != 1 ||
      graph.info(data).dtype != DType::f32 || graph.info(starts).dtype != DType::u32 ||
      graph.info(indices).dtype != DType::u32)
    throw std::logic_error(
        fmt::format("gather_windows: f32 [samples], u32 starts and u32 indices are needed, found {}, {} and {}",
                    of_data.text(), of_starts.text(), of_indices.text()));
  if (rows < 1 || hop < 1 || width < 1)
    throw std::logic_error(fmt::format("gather_windows: {} rows of {}, {} apart", rows, width, hop));
  const Tensor y = graph.activation({of_indices[0], rows, width});
  graph.add(std::make_unique<GatherWindows>(hop), {data, starts, indices}, {y});
  return y;
}

}  // namespace unveil
