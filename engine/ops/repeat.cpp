#include "engine/ops/repeat.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/graph/tiles.h"
#include "engine/ops/reduce.h"

namespace unveil {
namespace {

// As in shaders/ops/repeat.comp.
enum class Along { everything, rows, columns, items };

struct Push {
  std::uint64_t input, output, mask;
  TileFields tile;
};

class Repeat : public Op {
 public:
  explicit Repeat(Along along) : along_(along) {}
  std::string_view name() const override { return "repeat"; }

  void record(RecordContext& context, const Node& node) const override {
    const auto &x = context[node.inputs[0]], &y = context[node.outputs[0]];
    const auto& layout = y.layout;
    const std::int64_t item_rows =
        layout.image_rows ? layout.image_rows
                          : std::max<std::int64_t>(y.shape.rows() / std::max<std::int64_t>(y.shape[0], 1), 1);
    const Push push{x.address(), y.address(), context.element_mask(y), {}};
    record_flat(context, "ops/repeat",
                {{1, static_cast<int>(along_)},
                 {2, layout.stride},
                 {3, static_cast<int>(item_rows)},
                 {4, static_cast<int>(layout.first)},
                 {5, static_cast<int>(std::max<std::int64_t>(y.shape.rank() ? y.shape[0] - 1 : 0, 0))}},
                layout.floats(), push, accesses({&x}, {&y}));
  }

  void reference(std::span<const HostTensor* const> in, std::span<HostTensor* const> out) const override {
    const auto& shape = out[0]->shape;
    const std::int64_t cols = shape.cols(), per_item = shape.rank() ? shape.elements() / shape[0] : 1;
    for (std::int64_t i = 0; i < shape.elements(); ++i) {
      const std::int64_t from = along_ == Along::everything ? 0
                                : along_ == Along::rows     ? i % cols
                                : along_ == Along::columns  ? i / cols
                                                            : i / per_item;
      out[0]->values[static_cast<std::size_t>(i)] = in[0]->values[static_cast<std::size_t>(from)];
    }
  }

  void backward(Graph& graph, Gradients& gradients, const Node& node) const override {
    const Tensor x = node.inputs[0];
    if (!gradients.wanted(x)) return;
    const Tensor dy = gradients.of(node.outputs[0]);
    const Shape& shape = graph.shape(x);
    switch (along_) {
      case Along::everything: gradients.add(x, sum_all(graph, dy, shape)); break;
      case Along::rows: gradients.add(x, sum_rows(graph, dy, shape)); break;
      case Along::columns: gradients.add(x, sum_columns(graph, dy, shape)); break;
      case Along::items: gradients.add(x, sum_items(graph, dy)); break;
    }
  }

 private:
  Along along_;
};

Tensor apply(Graph& graph, Along along, Tensor x, Tensor like) {
  const Shape &small = graph.shape(x), &large = graph.shape(like);
  const std::int64_t wanted = along == Along::everything ? 1
                              : along == Along::rows     ? large.cols()
                              : along == Along::columns  ? large.rows()
                                                         : large[0];
  if (small.elements() != wanted)
    throw std::logic_error(
        fmt::format("{} cannot be repeated to {}: {} elements are needed", small.text(), large.text(), wanted));
  const Tensor y = graph.activation(large);
  graph.join(like, y);
  if (along == Along::columns) graph.join(like, x);
  graph.add(std::make_unique<Repeat>(along), {x}, {y});
  return y;
}

}  // namespace

Tensor repeat_value(Graph& graph, Tensor x, Tensor like) {
  return apply(graph, Along::everything, x, like);
}
Tensor repeat_row(Graph& graph, Tensor x, Tensor like) {
  return apply(graph, Along::rows, x, like);
}
Tensor repeat_column(Graph& graph, Tensor x, Tensor like) {
  return apply(graph, Along::columns, x, like);
}
Tensor repeat_item(Graph& graph, Tensor x, Tensor like) {
  return apply(graph, Along::items, x, like);
}

}  // namespace unveil
