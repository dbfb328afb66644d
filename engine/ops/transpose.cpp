#include "engine/ops/transpose.h"

#include <fmt/format.h>

#include "engine/graph/tiles.h"

namespace unveil {
namespace {

struct Push {
  std::uint64_t matrix, result;
  TileFields tile;
};

Tensor apply(Graph& graph, Tensor x, std::int64_t matrices, const Shape& result);

class Transpose : public Op {
 public:
  explicit Transpose(std::int64_t matrices) : matrices_(matrices) {}
  std::string_view name() const override { return "transpose"; }

  void record(RecordContext& context, const Node& node) const override {
    const auto &x = context[node.inputs[0]], &y = context[node.outputs[0]];
    const std::int64_t rows = y.layout.floats() / y.layout.stride;
    Specialisations constants{{1, static_cast<int>(matrices_)},
                              {2, static_cast<int>(x.shape.rows() / matrices_)},
                              {3, x.layout.cols},
                              {4, x.layout.stride},
                              {5, y.layout.stride},
                              {6, static_cast<int>(rows)}};
    const Push push{x.address(), y.address(), {}};
    if (!context.device().info().lavapipe) {
      record_flat(context, "ops/transpose", std::move(constants), y.layout.floats(), push, accesses({&x}, {&y}));
      return;
    }
    constexpr int kRows = 8;  // of the result, in a tile
    constants.insert(constants.end(), {{0, kRows}, {96, y.layout.bytes() <= kMostResultBytes}});
    const std::int64_t tiles = (rows + kRows - 1) / kRows * (y.layout.stride / vector_floats());
    record_tiles(context, "ops/transpose", std::move(constants), 16, tiles, push, accesses({&x}, {&y}));
  }

  void reference(std::span<const HostTensor* const> in, std::span<HostTensor* const> out) const override {
    const auto& shape = in[0]->shape;
    const std::int64_t rows = shape.rows() / matrices_, cols = shape.cols();
    for (std::int64_t r = 0; r < shape.rows(); ++r)
      for (std::int64_t c = 0; c < cols; ++c) out[0]->at(r / rows * cols + c, r % rows) = in[0]->at(r, c);
  }

  void backward(Graph& graph, Gradients& gradients, const Node& node) const override {
    const Tensor x = node.inputs[0];
    if (gradients.wanted(x)) gradients.add(x, apply(graph, gradients.of(node.outputs[0]), matrices_, graph.shape(x)));
  }

 private:
  std::int64_t matrices_;
};

Tensor apply(Graph& graph, Tensor x, std::int64_t matrices, const Shape& result) {
  const Tensor y = graph.activation(result);
  graph.add(std::make_unique<Transpose>(matrices), {x}, {y});
  return y;
}

}  // namespace

Tensor transpose(Graph& graph, Tensor x) {
  Shape shape = graph.shape(x);
  if (shape.rank() != 2 && shape.rank() != 3)
    throw std::logic_error(fmt::format("transpose takes [R, C] or [T, R, C], not {}", shape.text()));
  const std::int64_t rows = shape[-2];
  shape.set(-2, shape[-1]);
  shape.set(-1, rows);
  return apply(graph, x, shape.rank() == 3 ? shape[0] : 1, shape);
}

Tensor transpose_stacked(Graph& graph, Tensor x, std::int64_t matrices) {
  const Shape shape = graph.shape(x);
  if (matrices < 1 || shape.rank() < 2 || shape.rank() > 3 || shape.rows() % matrices != 0)
    throw std::logic_error(fmt::format("the rows of {} are not those of {} matrices", shape.text(), matrices));
  return apply(graph, x, matrices, {matrices, shape.cols(), shape.rows() / matrices});
}

}  // namespace unveil
