#include "engine/ops/copy.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/graph/tiles.h"

namespace unveil {
namespace {

constexpr std::uint32_t kNone = 0xffffffffu;  // as in shaders/ops/copy_table.comp
constexpr int kFlat = -1;                     // no axis: logical order is kept, the shape changes
constexpr int kSwap = -2;                     // no axis: the first two change places

struct ColumnsPush {
  std::uint64_t source, result;
  TileFields tile;
};

struct TablePush {
  std::uint64_t source, table, result;
  TileFields tile;
};

// A tensor seen as [outer, extent, inner] around one axis.
struct View {
  std::int64_t outer = 1, extent = 1, inner = 1;
  View(const Shape& shape, int axis) {
    if (axis == kFlat) {
      extent = shape.elements();
      return;
    }
    for (int a = 0; a < axis; ++a) outer *= shape[a];
    extent = shape[axis];
    for (int a = axis + 1; a < shape.rank(); ++a) inner *= shape[a];
  }
};

bool same_rows(const DeviceTensor& a, const DeviceTensor& b) {
  if (a.layout.rows != b.layout.rows || a.shape.rows() != b.shape.rows()) return false;
  for (std::int64_t r = 0; r < a.shape.rows(); ++r)
    if (physical_row(a.layout, a.shape, r) != physical_row(b.layout, b.shape, r)) return false;
  return true;
}

// Element k of the axis of the result is element k + shift of an input's, where it has such an element; what no input
// has is zero. Slices, pads, concatenations (one shift an input) and reshapes are this.
class Rearrange : public Op {
 public:
  Rearrange(int axis, std::vector<std::int64_t> shifts) : axis_(axis), shifts_(std::move(shifts)) {}
  std::string_view name() const override { return "copy"; }

  void record(RecordContext& context, const Node& node) const override {
    const auto& y = context[node.outputs[0]];
    const bool columns =
        axis_ == kFlat ? y.shape.cols() == context[node.inputs[0]].shape.cols() : axis_ == y.shape.rank() - 1;
    const bool fast = columns && same_rows(context[node.inputs[0]], y);
    // Where parts meet within a vector the first writes every column and the others add theirs.
    const bool meet =
        std::any_of(shifts_.begin(), shifts_.end(), [](std::int64_t s) { return s % vector_floats() != 0; });
    for (std::size_t part = 0; part < shifts_.size(); ++part) {
      const auto& x = context[node.inputs[part]];
      if (fast) {
        record_columns(context, x, y, static_cast<int>(shifts_[part]), shifts_.size() > 1, meet, part == 0);
      } else {
        const auto entries = table(x, y, shifts_[part]);
        const TablePush push{x.address(), context.table(std::as_bytes(std::span(entries))), y.address(), {}};
        record_flat(context, "ops/copy_table", {{1, part > 0}}, y.layout.floats(), push, touched(x, y, part > 0));
      }
    }
  }

  void reference(std::span<const HostTensor* const> in, std::span<HostTensor* const> out) const override {
    auto& y = *out[0];
    std::fill(y.values.begin(), y.values.end(), 0.0);
    for (std::size_t part = 0; part < shifts_.size(); ++part)
      for (std::int64_t i = 0; i < y.shape.elements(); ++i)
        if (const auto from = source_of(i, in[part]->shape, y.shape, shifts_[part]); from >= 0)
          y.values[static_cast<std::size_t>(i)] = in[part]->values[static_cast<std::size_t>(from)];
  }

  void backward(Graph& graph, Gradients& gradients, const Node& node) const override;

 private:
  static Accesses touched(const DeviceTensor& x, const DeviceTensor& y, bool keep) {
    return keep ? accesses({&x, &y}, {&y}) : accesses({&x}, {&y});
  }

  // The logical element of the input that logical element i of the result comes from; -1: none.
  std::int64_t source_of(std::int64_t i, const Shape& input, const Shape& result, std::int64_t shift) const {
    if (axis_ == kSwap) {
      const std::int64_t inner = i % result[2], b = i / result[2] % result[1], a = i / result[2] / result[1];
      return (b * result[0] + a) * result[2] + inner;
    }
    const View from(input, axis_), to(result, axis_);
    const std::int64_t inner = i % to.inner, k = i / to.inner % to.extent + shift, outer = i / to.inner / to.extent;
    return k < 0 || k >= from.extent ? -1 : (outer * from.extent + k) * from.inner + inner;
  }

  std::vector<std::uint32_t> table(const DeviceTensor& x, const DeviceTensor& y, std::int64_t shift) const {
    std::vector<std::uint32_t> entries(static_cast<std::size_t>(y.layout.floats()), kNone);
    const std::int64_t cols = y.shape.cols(), from_cols = x.shape.cols();
    for (std::int64_t i = 0; i < y.shape.elements(); ++i) {
      const auto from = source_of(i, x.shape, y.shape, shift);
      if (from < 0) continue;
      const auto at = physical_row(y.layout, y.shape, i / cols) * y.layout.stride + i % cols;
      entries[static_cast<std::size_t>(at)] = static_cast<std::uint32_t>(
          physical_row(x.layout, x.shape, from / from_cols) * x.layout.stride + from % from_cols);
    }
    return entries;
  }

  static void record_columns(RecordContext& context, const DeviceTensor& x, const DeviceTensor& y, int shift,
                             bool several, bool meet, bool first) {
    const int width = vector_floats();
    int begin = 0, end = y.layout.stride;
    if (several && !(meet && first)) {
      begin = -shift / width * width;
      end = std::min(y.layout.stride, (-shift + x.layout.cols + width - 1) / width * width);
    }
    const bool keep = several && meet && !first;
    const int row_vectors = (end - begin) / width;
    record_flat(context, "ops/copy_columns",
                {{1, row_vectors},
                 {2, begin},
                 {3, shift},
                 {4, y.layout.stride},
                 {5, y.layout.cols},
                 {6, x.layout.stride},
                 {7, x.layout.cols},
                 {8, keep}},
                y.layout.rows * row_vectors * width, ColumnsPush{x.address(), y.address(), {}}, touched(x, y, keep));
  }

  int axis_;
  std::vector<std::int64_t> shifts_;
};

Tensor rearrange(Graph& graph, std::vector<Tensor> parts, int axis, std::vector<std::int64_t> shifts,
                 const Shape& shape) {
  const Tensor y = graph.activation(shape, graph.info(parts[0]).dtype);
  if (axis >= 0 && axis == shape.rank() - 1)
    for (const auto part : parts) graph.join(part, y);
  graph.add(std::make_unique<Rearrange>(axis, std::move(shifts)), std::move(parts), {y});
  return y;
}

void Rearrange::backward(Graph& graph, Gradients& gradients, const Node& node) const {
  const Tensor dy = gradients.of(node.outputs[0]);
  for (std::size_t part = 0; part < shifts_.size(); ++part) {
    const Tensor x = node.inputs[part];
    if (gradients.wanted(x)) gradients.add(x, rearrange(graph, {dy}, axis_, {-shifts_[part]}, graph.shape(x)));
  }
}

int checked_axis(const Shape& shape, int axis, std::string_view what) {
  const int found = axis < 0 ? shape.rank() + axis : axis;
  if (found < 0 || found >= shape.rank())
    throw std::logic_error(fmt::format("{}: {} has no axis {}", what, shape.text(), axis));
  return found;
}

}  // namespace

void copy_to(Graph& graph, Tensor from, Tensor external) {
  if (graph.shape(from) != graph.shape(external) || graph.info(from).dtype != graph.info(external).dtype)
    throw std::logic_error(fmt::format("copy_to: {} {} cannot be copied into {} {}", graph.info(from).name,
                                       graph.shape(from).text(), graph.info(external).name,
                                       graph.shape(external).text()));
  graph.add(std::make_unique<Rearrange>(kFlat, std::vector<std::int64_t>{0}), {from}, {external});
}

Tensor reshape(Graph& graph, Tensor x, const Shape& shape) {
  if (graph.shape(x).elements() != shape.elements())
    throw std::logic_error(fmt::format("reshape: {} cannot become {}", graph.shape(x).text(), shape.text()));
  return rearrange(graph, {x}, kFlat, {0}, shape);
}

Tensor swap_axes(Graph& graph, Tensor x) {
  const Shape shape = graph.shape(x);
  if (shape.rank() != 3) throw std::logic_error(fmt::format("swap_axes takes [A, B, C], not {}", shape.text()));
  return rearrange(graph, {x}, kSwap, {0}, {shape[1], shape[0], shape[2]});
}

Tensor slice(Graph& graph, Tensor x, int axis, std::int64_t begin, std::int64_t end) {
  Shape shape = graph.shape(x);
  axis = checked_axis(shape, axis, "slice");
  if (begin < 0 || begin >= end || end > shape[axis])
    throw std::logic_error(
        fmt::format("slice: [{}, {}) is no part of axis {} of {}", begin, end, axis, shape.text()));
  shape.set(axis, end - begin);
  return rearrange(graph, {x}, axis, {begin}, shape);
}

Tensor concat(Graph& graph, const std::vector<Tensor>& parts, int axis) {
  if (parts.empty()) throw std::logic_error("concat: nothing to put together");
  Shape shape = graph.shape(parts[0]);
  axis = checked_axis(shape, axis, "concat");
  std::vector<std::int64_t> shifts;
  std::int64_t extent = 0;
  for (const auto part : parts) {
    Shape same = graph.shape(part);
    if (same.rank() == shape.rank()) same.set(axis, shape[axis]);
    if (same != shape)
      throw std::logic_error(
          fmt::format("concat: {} and {} do not fit along axis {}", shape.text(), graph.shape(part).text(), axis));
    shifts.push_back(-extent);
    extent += graph.shape(part)[axis];
  }
  shape.set(axis, extent);
  return rearrange(graph, parts, axis, std::move(shifts), shape);
}

Tensor pad(Graph& graph, Tensor x, int axis, std::int64_t before, std::int64_t after) {
  Shape shape = graph.shape(x);
  axis = checked_axis(shape, axis, "pad");
  if (before < 0 || after < 0) throw std::logic_error("pad: a negative extent");
  shape.set(axis, shape[axis] + before + after);
  return rearrange(graph, {x}, axis, {-before}, shape);
}

}  // namespace unveil
