#include "engine/ops/transpose.h"

#include <fmt/format.h>

#include "engine/graph/tiles.h"

namespace unveil {
namespace {

struct Push {
  std::uint64_t matrix, result;
  TileFields tile;
};

class Transpose : public Op {
 public:
  std::string_view name() const override { return "transpose"; }

  void record(RecordContext& context, const Node& node) const override {
    const auto &x = context[node.inputs[0]], &y = context[node.outputs[0]];
    const int matrices = x.shape.rank() == 3 ? static_cast<int>(x.shape[0]) : 1;
    record_flat(context, "ops/transpose",
                {{1, matrices},
                 {2, static_cast<int>(x.shape[-2])},
                 {3, static_cast<int>(x.shape[-1])},
                 {4, x.layout.stride},
                 {5, y.layout.stride}},
                y.layout.floats(), Push{x.address(), y.address(), {}}, accesses({&x}, {&y}));
  }

  void reference(std::span<const HostTensor* const> in, std::span<HostTensor* const> out) const override {
    const auto& shape = in[0]->shape;
    const std::int64_t rows = shape[-2], cols = shape[-1];
    for (std::int64_t r = 0; r < shape.rows(); ++r)
      for (std::int64_t c = 0; c < cols; ++c) out[0]->at(r / rows * cols + c, r % rows) = in[0]->at(r, c);
  }

  void backward(Graph& graph, Gradients& gradients, const Node& node) const override {
    if (gradients.wanted(node.inputs[0]))
      gradients.add(node.inputs[0], transpose(graph, gradients.of(node.outputs[0])));
  }
};

}  // namespace

Tensor transpose(Graph& graph, Tensor x) {
  Shape shape = graph.shape(x);
  if (shape.rank() != 2 && shape.rank() != 3)
    throw std::logic_error(fmt::format("transpose takes [R, C] or [T, R, C], not {}", shape.text()));
  const std::int64_t rows = shape[-2];
  shape.set(-2, shape[-1]);
  shape.set(-1, rows);
  const Tensor y = graph.activation(shape);
  graph.add(std::make_unique<Transpose>(), {x}, {y});
  return y;
}

}  // namespace unveil
