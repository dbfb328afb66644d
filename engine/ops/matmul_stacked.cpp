#include "engine/ops/matmul_stacked.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/graph/tiles.h"
#include "engine/ops/transpose.h"

namespace unveil {
namespace {

constexpr int kTerms = 96;  // of the sum in one dispatch: enough to pay for its stores, few enough to compile quickly
constexpr int kTileRows = 4;
constexpr double kFlopPerMs = 8e6;  // a slow lavapipe, for cutting programs into segments

struct Push {
  std::uint64_t a, b, result;
  TileFields tile;
};

// Inputs: a, b.
class MatmulStacked : public Op {
 public:
  std::string_view name() const override { return "stacked matmul"; }
  void record(RecordContext& context, const Node& node) const override {
    const auto &a = context[node.inputs[0]], &b = context[node.inputs[1]], &y = context[node.outputs[0]];
    const int matrices = static_cast<int>(y.shape[0]), rows = static_cast<int>(y.shape[1]),
              terms = static_cast<int>(a.shape[2]), vectors = y.layout.stride / vector_floats();
    if (y.layout.rows > y.shape.rows()) record_zero(context, y);  // rows of padding
    const int tile_vectors = vectors % 2 == 0 ? 2 : 1, across = vectors / tile_vectors,
              down = (rows + kTileRows - 1) / kTileRows;
    for (int first = 0; first < terms; first += kTerms) {
      const int count = std::min(kTerms, terms - first);
      auto touched = accesses({&a, &b}, {&y});
      if (first > 0) touched.reads.push_back(y.range());
      const Push push{a.address() + static_cast<std::uint64_t>(first) * 4,
                      b.address() + static_cast<std::uint64_t>(first * b.layout.stride) * 4,
                      y.address(),
                      {}};
      record_tiles(context, "ops/matmul_stacked",
                   {{1, rows},
                    {2, terms},
                    {3, count},
                    {4, a.layout.stride},
                    {5, y.layout.stride},
                    {6, kTileRows},
                    {7, tile_vectors},
                    {8, across},
                    {9, down},
                    {10, first > 0}},
                   16, static_cast<std::int64_t>(matrices) * across * down, push, touched,
                   2.0 * matrices * rows * count * y.layout.stride / kFlopPerMs);
    }
  }
  double flop(const Graph& graph, const Node& node) const override {
    const Shape& y = graph.shape(node.outputs[0]);
    return 2.0 * static_cast<double>(y.rows() * graph.shape(node.inputs[0]).cols() * y.cols());
  }
  void reference(std::span<const HostTensor* const> in, std::span<HostTensor* const> out) const override {
    const std::int64_t rows = out[0]->shape[1], terms = in[0]->shape[2];
    for (std::int64_t r = 0; r < out[0]->shape.rows(); ++r)
      for (std::int64_t c = 0; c < out[0]->shape.cols(); ++c) {
        double sum = 0;
        for (std::int64_t k = 0; k < terms; ++k) sum += in[0]->at(r, k) * in[1]->at(r / rows * terms + k, c);
        out[0]->at(r, c) = sum;
      }
  }
  void backward(Graph& graph, Gradients& gradients, const Node& node) const override {
    const Tensor a = node.inputs[0], b = node.inputs[1], dy = gradients.of(node.outputs[0]);
    if (gradients.wanted(a)) gradients.add(a, matmul_stacked(graph, dy, transpose(graph, b)));
    if (gradients.wanted(b)) gradients.add(b, matmul_stacked(graph, transpose(graph, a), dy));
  }
};

}  // namespace

Tensor matmul_stacked(Graph& graph, Tensor a, Tensor b) {
  const Shape &left = graph.shape(a), &right = graph.shape(b);
  if (left.rank() != 3 || right.rank() != 3 || left[0] != right[0] || left[2] != right[1])
    throw std::logic_error(
        fmt::format("stacks of matrices {} and {} cannot be multiplied", left.text(), right.text()));
  const Tensor y = graph.activation({left[0], left[1], right[2]});
  graph.add(std::make_unique<MatmulStacked>(), {a, b}, {y});
  return y;
}

}  // namespace unveil
