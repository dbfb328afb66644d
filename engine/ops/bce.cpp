#include "engine/ops/bce.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "engine/graph/tiles.h"

namespace unveil {
namespace {

constexpr int kLinks = 32;  // groups of eight elements that one tile of bce_items adds up

double loss(double logit, double target) {
  return std::max(logit, 0.0) - logit * target + std::log1p(std::exp(-std::abs(logit)));
}

// The rows of one item, from its first to that of the next.
std::int64_t item_rows(const Layout& layout, const Shape& shape) {
  return layout.image_rows ? layout.image_rows : shape.rows() / std::max<std::int64_t>(shape[0], 1);
}

struct ElementsPush {
  std::uint64_t logits, targets, upstream, result, mask;
  TileFields tile;
};

void record_elements(RecordContext& context, const DeviceTensor& logits, const DeviceTensor& targets,
                     const DeviceTensor* upstream, const DeviceTensor& result, bool per_item) {
  const auto& layout = logits.layout;
  const bool one_column = layout.cols == 1;
  const ElementsPush push{logits.address(),
                          targets.address(),
                          upstream ? upstream->address() : 0,
                          result.address(),
                          one_column ? context.row_mask(logits) : context.element_mask(logits),
                          {}};
  Specialisations constants{{1, upstream != nullptr}, {2, one_column}, {3, per_item}};
  if (per_item) {
    constants.push_back({4, layout.stride});
    constants.push_back({5, static_cast<int>(item_rows(layout, logits.shape))});
    constants.push_back({6, static_cast<int>(layout.first)});
    constants.push_back({7, static_cast<int>(logits.shape[0] - 1)});
  }
  record_flat(context, "ops/bce", std::move(constants), layout, push,
              accesses({&logits, &targets, upstream}, {&result}));
}

// Inputs: logits, targets, dy (of every element, or of every item).
class BceGradient : public Op {
 public:
  explicit BceGradient(bool per_item) : per_item_(per_item) {}
  std::string_view name() const override { return "bce gradient"; }
  void record(RecordContext& context, const Node& node) const override {
    record_elements(context, context[node.inputs[0]], context[node.inputs[1]], &context[node.inputs[2]],
                    context[node.outputs[0]], per_item_);
  }
  void reference(std::span<const HostTensor* const> in, std::span<HostTensor* const> out) const override {
    const std::size_t count = out[0]->values.size(), per_upstream = per_item_ ? count / in[2]->values.size() : 1;
    for (std::size_t i = 0; i < count; ++i)
      out[0]->values[i] =
          in[2]->values[i / per_upstream] * (1 / (1 + std::exp(-in[0]->values[i])) - in[1]->values[i]);
  }

 private:
  bool per_item_;
};

void add_gradient(Graph& graph, Gradients& gradients, const Node& node, bool per_item) {
  const Tensor logits = node.inputs[0], dy = gradients.of(node.outputs[0]);
  if (!gradients.wanted(logits)) return;
  const Tensor dl = graph.activation(graph.shape(logits));
  graph.join(logits, dl);
  if (!per_item) graph.join(logits, dy);
  graph.add(std::make_unique<BceGradient>(per_item), {logits, node.inputs[1], dy}, {dl});
  gradients.add(logits, dl);
}

class Bce : public Op {
 public:
  std::string_view name() const override { return "bce"; }
  void record(RecordContext& context, const Node& node) const override {
    record_elements(context, context[node.inputs[0]], context[node.inputs[1]], nullptr, context[node.outputs[0]],
                    false);
  }
  void reference(std::span<const HostTensor* const> in, std::span<HostTensor* const> out) const override {
    for (std::size_t i = 0; i < out[0]->values.size(); ++i)
      out[0]->values[i] = loss(in[0]->values[i], in[1]->values[i]);
  }
  void backward(Graph& graph, Gradients& gradients, const Node& node) const override {
    add_gradient(graph, gradients, node, false);
  }
};

struct ItemsPush {
  std::uint64_t logits, targets, mask, partial;
  std::int32_t chains, groups, item_elements, item_rows;
  TileFields tile;
};

// As in engine/ops/reduce.cpp: adds up the chains' partial sums.
struct SumPush {
  std::uint64_t input, output;
  std::int32_t input_segment, input_step, output_segment, output_chain, chains, unused, first_chain, links;
  TileFields tile;
};

class BceItems : public Op {
 public:
  explicit BceItems(std::int64_t items) : items_(items) {}
  std::string_view name() const override { return "bce items"; }
  std::uint64_t scratch_bytes(const Node& node, const std::function<Layout(Tensor)>& layout) const override {
    const auto in = layout(node.inputs[0]);
    return static_cast<std::uint64_t>(in.floats() / (vector_floats() * kLinks) + 2 * items_) *
           static_cast<std::uint64_t>(vector_floats()) * 4;
  }
  void record(RecordContext& context, const Node& node) const override {
    const auto &logits = context[node.inputs[0]], &targets = context[node.inputs[1]], &y = context[node.outputs[0]];
    const auto& layout = logits.layout;
    const bool one_column = layout.cols == 1;
    const int width = vector_floats();
    const std::int64_t rows = item_rows(layout, logits.shape), items = logits.shape[0],
                       groups = one_column ? (rows + width - 1) / width : rows * layout.stride / width,
                       chains = (groups + kLinks - 1) / kLinks;
    const auto first = static_cast<std::uint64_t>(layout.first),
               row_bytes = static_cast<std::uint64_t>(layout.stride) * 4;
    const ItemsPush push{
        logits.address() + first * row_bytes,
        targets.address() + first * row_bytes,
        one_column ? context.row_mask(logits) + first * 4 : context.element_mask(logits) + first * row_bytes,
        context.scratch().begin,
        static_cast<std::int32_t>(chains),
        static_cast<std::int32_t>(groups),
        static_cast<std::int32_t>(rows * layout.stride),
        static_cast<std::int32_t>(rows),
        {}};
    record_zero(context, y);
    record_tiles(context, "ops/bce_items",
                 {{1, static_cast<int>(std::min<std::int64_t>(kLinks, groups))}, {2, one_column}}, 16, items * chains,
                 push, Accesses{{logits.range(), targets.range()}, {context.scratch()}});
    const SumPush sum{context.scratch().begin,
                      y.address(),
                      static_cast<std::int32_t>(chains * width * 4),
                      width * 4,
                      y.layout.stride * 4,
                      0,
                      1,
                      0,
                      0,
                      static_cast<std::int32_t>(chains),
                      {}};
    record_tiles(context, "ops/reduce", {{0, static_cast<int>(chains)}, {1, 1}}, 16, items, sum,
                 Accesses{{context.scratch()}, {y.range()}});
  }
  void reference(std::span<const HostTensor* const> in, std::span<HostTensor* const> out) const override {
    std::fill(out[0]->values.begin(), out[0]->values.end(), 0.0);
    const std::size_t per_item = in[0]->values.size() / out[0]->values.size();
    for (std::size_t i = 0; i < in[0]->values.size(); ++i)
      out[0]->values[i / per_item] += loss(in[0]->values[i], in[1]->values[i]);
  }
  void backward(Graph& graph, Gradients& gradients, const Node& node) const override {
    add_gradient(graph, gradients, node, true);
  }

 private:
  std::int64_t items_;
};

void require_one_shape(const Graph& graph, Tensor logits, Tensor targets) {
  if (graph.shape(logits) != graph.shape(targets))
    throw std::logic_error(fmt::format("bce: logits {} and targets {} differ in shape", graph.shape(logits).text(),
                                       graph.shape(targets).text()));
}

}  // namespace

Tensor bce_with_logits(Graph& graph, Tensor logits, Tensor targets) {
  require_one_shape(graph, logits, targets);
  const Tensor y = graph.activation(graph.shape(logits));
  graph.join(logits, targets);
  graph.join(logits, y);
  graph.add(std::make_unique<Bce>(), {logits, targets}, {y});
  return y;
}

Tensor bce_with_logits_items(Graph& graph, Tensor logits, Tensor targets) {
  require_one_shape(graph, logits, targets);
  const Tensor y = graph.activation({graph.shape(logits)[0], 1});
  graph.join(logits, targets);
  graph.add(std::make_unique<BceItems>(graph.shape(logits)[0]), {logits, targets}, {y});
  return y;
}

}  // namespace unveil
