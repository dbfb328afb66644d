#include "engine/ops/embedding.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/graph/tiles.h"

namespace unveil {
namespace {

constexpr int kMostBlock = 8;  // vectors of one table row that a team of the gradient holds in registers

int index_stride(const DeviceTensor& indices) {
  return indices.shape.rank() == 2 ? indices.layout.stride : 1;
}

struct Push {
  std::uint64_t table, indices, result;
  TileFields tile;
};

struct GradientPush {
  std::uint64_t upstream, indices, result;
  std::int32_t rows, unused;
  TileFields tile;
};

// Inputs: dy, indices.
class EmbeddingGradient : public Op {
 public:
  std::string_view name() const override { return "embedding gradient"; }
  void record(RecordContext& context, const Node& node) const override {
    const auto &dy = context[node.inputs[0]], &indices = context[node.inputs[1]], &dt = context[node.outputs[0]];
    const int vectors = dt.layout.stride / vector_floats();
    int block = std::min(vectors, kMostBlock);
    while (vectors % block != 0) --block;
    const GradientPush push{
        dy.address(), indices.address(), dt.address(), static_cast<std::int32_t>(indices.shape.elements()), 0, {}};
    record_tiles(
        context, "ops/embedding_gradient",
        {{1, dt.layout.stride}, {2, block}, {3, static_cast<int>(dt.shape.rows())}, {4, index_stride(indices)}}, 16,
        dt.layout.rows * (vectors / block), push, accesses({&dy, &indices}, {&dt}));
  }
  void reference(std::span<const HostTensor* const> in, std::span<HostTensor* const> out) const override {
    std::fill(out[0]->values.begin(), out[0]->values.end(), 0.0);
    for (std::int64_t r = 0; r < in[0]->shape.rows(); ++r)
      for (std::int64_t c = 0; c < in[0]->shape.cols(); ++c)
        out[0]->at(static_cast<std::int64_t>(in[1]->values[static_cast<std::size_t>(r)]), c) += in[0]->at(r, c);
  }
};

class Embedding : public Op {
 public:
  std::string_view name() const override { return "embedding"; }
  void record(RecordContext& context, const Node& node) const override {
    const auto &table = context[node.inputs[0]], &indices = context[node.inputs[1]], &y = context[node.outputs[0]];
    const Push push{table.address(), indices.address(), y.address(), {}};
    record_flat(context, "ops/embedding",
                {{1, y.layout.stride},
                 {2, static_cast<int>(y.shape.rows())},
                 {3, static_cast<int>(table.shape.rows() - 1)},
                 {4, index_stride(indices)}},
                y.layout.floats(), push, accesses({&table, &indices}, {&y}));
  }
  void reference(std::span<const HostTensor* const> in, std::span<HostTensor* const> out) const override {
    for (std::int64_t r = 0; r < out[0]->shape.rows(); ++r)
      for (std::int64_t c = 0; c < out[0]->shape.cols(); ++c)
        out[0]->at(r, c) = in[0]->at(static_cast<std::int64_t>(in[1]->values[static_cast<std::size_t>(r)]), c);
  }
  void backward(Graph& graph, Gradients& gradients, const Node& node) const override {
    const Tensor table = node.inputs[0];
    if (!gradients.wanted(table)) return;
    const Tensor dt = graph.activation(graph.shape(table));
    graph.add(std::make_unique<EmbeddingGradient>(), {gradients.of(node.outputs[0]), node.inputs[1]}, {dt});
    gradients.add(table, dt);
  }
};

}  // namespace

Tensor embedding(Graph& graph, Tensor table, Tensor indices) {
  const Shape &entries = graph.shape(table), &rows = graph.shape(indices);
  const bool fits = rows.rank() == 1 || (rows.rank() == 2 && rows[1] == 1);
  if (entries.rank() != 2 || !fits || graph.info(indices).dtype != DType::u32)
    throw std::logic_error(fmt::format("embedding: a table [V, D] and u32 indices [R] are needed, found {} and {}",
                                       entries.text(), rows.text()));
  const Tensor y = graph.activation({rows[0], entries[1]});
  graph.add(std::make_unique<Embedding>(), {table, indices}, {y});
  return y;
}

}  // namespace unveil
