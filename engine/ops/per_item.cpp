#include "engine/ops/per_item.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/graph/tiles.h"

namespace unveil {
namespace {

constexpr int kLinks = 32;  // rows one tile adds up before it stores

std::int64_t item_rows(const Layout& layout, const Shape& shape) {
  return layout.image_rows ? layout.image_rows : shape.rows() / std::max<std::int64_t>(shape[0], 1);
}

struct AddPush {
  std::uint64_t x, rows, result, row_mask;
  TileFields tile;
};

struct SumPush {
  std::uint64_t source, result;
  std::int32_t item_rows, rows, chains, unused;
  TileFields tile;
};

// Inputs: x, rows; or rows alone, repeated over the result.
class AddPerItem : public Op {
 public:
  std::string_view name() const override { return "add per item"; }
  void record(RecordContext& context, const Node& node) const override {
    const bool add = node.inputs.size() == 2;
    const auto &rows = context[node.inputs.back()], &y = context[node.outputs[0]];
    const DeviceTensor* x = add ? &context[node.inputs[0]] : nullptr;
    const AddPush push{x ? x->address() : 0, rows.address(), y.address(), context.row_mask(y), {}};
    record_flat(context, "ops/per_item",
                {{1, add},
                 {2, y.layout.stride},
                 {3, static_cast<int>(item_rows(y.layout, y.shape))},
                 {4, static_cast<int>(y.layout.first)},
                 {5, static_cast<int>(y.shape[0] - 1)}},
                y.layout.floats(), push, accesses({x, &rows}, {&y}));
  }
  void record_pixel(RecordContext& context, const Node& node, int row, int column) const override {
    const auto &x = context[node.inputs[0]], &rows = context[node.inputs[1]], &y = context[node.outputs[0]];
    const auto pixel = static_cast<std::uint64_t>(y.layout.first + row * y.layout.line_rows + column);
    const AddPush push{pixel_address(x, row, column),
                       rows.address(),
                       pixel_address(y, row, column),
                       context.row_mask(y) + pixel * 4,
                       {}};
    record_pixel_rows(context, "ops/per_item",
                      {{1, true},
                       {2, y.layout.stride},
                       {3, static_cast<int>(y.layout.image_rows)},
                       {4, 0},
                       {5, static_cast<int>(y.shape[0] - 1)}},
                      y, push, accesses({&x, &rows}, {&y}));
  }
  void reference(std::span<const HostTensor* const> in, std::span<HostTensor* const> out) const override {
    const std::int64_t positions = out[0]->shape.rows() / out[0]->shape[0];
    for (std::int64_t r = 0; r < out[0]->shape.rows(); ++r)
      for (std::int64_t c = 0; c < out[0]->shape.cols(); ++c)
        out[0]->at(r, c) = (in.size() == 2 ? in[0]->at(r, c) : 0) + in[in.size() - 1]->at(r / positions, c);
  }
  void backward(Graph& graph, Gradients& gradients, const Node& node) const override {
    const Tensor dy = gradients.of(node.outputs[0]), rows = node.inputs.back();
    if (node.inputs.size() == 2 && gradients.wanted(node.inputs[0])) gradients.add(node.inputs[0], dy);
    if (gradients.wanted(rows)) gradients.add(rows, sum_per_item(graph, dy));
  }
};

class SumPerItem : public Op {
 public:
  explicit SumPerItem(std::int64_t items) : items_(items) {}
  std::string_view name() const override { return "sum per item"; }
  std::uint64_t scratch_bytes(const Node& node, const std::function<Layout(Tensor)>& layout) const override {
    const auto in = layout(node.inputs[0]);
    std::int64_t bytes = 0, rows = in.rows / items_ + 1;  // of an item, or more
    while (rows > kLinks) {
      rows = rows / kLinks + 1;
      bytes += items_ * rows * in.stride * 4;
    }
    return static_cast<std::uint64_t>(bytes);
  }
  void record(RecordContext& context, const Node& node) const override {
    const auto &x = context[node.inputs[0]], &y = context[node.outputs[0]];
    const std::int64_t items = y.shape[0];
    const int vectors = x.layout.stride / vector_floats();
    if (y.layout.rows > items) record_zero(context, y);
    AddressRange source = x.range();
    std::uint64_t from = x.address() + static_cast<std::uint64_t>(x.layout.first * x.layout.stride) * 4;
    std::uint64_t free = context.scratch().begin;
    std::int64_t rows = item_rows(x.layout, x.shape);
    for (bool last = false; !last;) {
      const std::int64_t chains = (rows + kLinks - 1) / kLinks;
      last = chains == 1;
      const auto bytes = static_cast<std::uint64_t>(items * chains * x.layout.stride) * 4;
      const AddressRange target = last ? y.range() : AddressRange{free, free + bytes};
      const SumPush push{from,
                         target.begin,
                         static_cast<std::int32_t>(rows),
                         static_cast<std::int32_t>(rows),
                         static_cast<std::int32_t>(chains),
                         0,
                         {}};
      record_tiles(context, "ops/sum_per_item",
                   {{1, static_cast<int>(std::min<std::int64_t>(kLinks, rows))}, {2, vectors}}, 16,
                   items * chains * vectors, push, Accesses{{source}, {target}});
      source = target;
      from = free;
      free += bytes;
      rows = chains;
    }
  }
  void reference(std::span<const HostTensor* const> in, std::span<HostTensor* const> out) const override {
    std::fill(out[0]->values.begin(), out[0]->values.end(), 0.0);
    const std::int64_t positions = in[0]->shape.rows() / in[0]->shape[0];
    for (std::int64_t r = 0; r < in[0]->shape.rows(); ++r)
      for (std::int64_t c = 0; c < in[0]->shape.cols(); ++c) out[0]->at(r / positions, c) += in[0]->at(r, c);
  }
  void backward(Graph& graph, Gradients& gradients, const Node& node) const override {
    const Tensor x = node.inputs[0];
    if (!gradients.wanted(x)) return;
    const Tensor dx = graph.activation(graph.shape(x));
    graph.join(x, dx);
    graph.add(std::make_unique<AddPerItem>(), {gradients.of(node.outputs[0])}, {dx});
    gradients.add(x, dx);
  }

 private:
  std::int64_t items_;
};

}  // namespace

Tensor add_per_item(Graph& graph, Tensor x, Tensor rows) {
  const Shape& shape = graph.shape(x);
  if (shape.rank() < 2 || graph.shape(rows) != Shape{shape[0], shape.cols()})
    throw std::logic_error(fmt::format("add_per_item: {} needs rows [{}, {}], found {}", shape.text(),
                                       shape.rank() ? shape[0] : 0, shape.cols(), graph.shape(rows).text()));
  const Tensor y = graph.activation(shape);
  graph.join(x, y);
  graph.add(std::make_unique<AddPerItem>(), {x, rows}, {y});
  return y;
}

Tensor sum_per_item(Graph& graph, Tensor x) {
  const Shape& shape = graph.shape(x);
  if (shape.rank() < 2) throw std::logic_error(fmt::format("sum_per_item: {} has no items", shape.text()));
  const Tensor y = graph.activation({shape[0], shape.cols()});
  graph.add(std::make_unique<SumPerItem>(shape[0]), {x}, {y});
  return y;
}

}  // namespace unveil
