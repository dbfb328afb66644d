#include "engine/ops/reduce.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "engine/graph/tiles.h"
#include "engine/ops/repeat.h"
#include "engine/ops/unary.h"

namespace unveil {
namespace {

enum class Over { columns, rows, items, all };

// Vectors or rows one tile adds up before it stores. Longer chains make fewer levels and so fewer dispatches; they
// are unrolled, so there is an end to it.
constexpr int kShortestChain = 64, kLongestChain = 192;

int chain_length(std::int64_t length) {
  if (length <= kLongestChain) return static_cast<int>(length);
  const auto even =
      std::clamp(static_cast<int>(std::ceil(std::sqrt(static_cast<double>(length)))), kShortestChain, kLongestChain);
  // A length that leaves no shorter chain at the end saves a dispatch.
  for (int links = even; links <= std::min(2 * even, kLongestChain); ++links)
    if (length % links == 0) return links;
  return even;
}

struct ColumnsPush {
  std::uint64_t input, output;
  TileFields tile;
};

struct ChainPush {
  std::uint64_t input, output;
  std::int32_t input_segment, input_step;     // bytes from segment to segment, from link to link of a chain
  std::int32_t output_segment, output_chain;  // bytes from segment to segment, from chain to chain
  std::int32_t chains, columns;  // chains of a segment in this dispatch; logical columns kept of the last result
  std::int32_t first_chain, links;
  TileFields tile;
};

// Adds up `length` vectors (`step` bytes apart) of each of `segments` segments, chain by chain, into one
// vector a segment; then, where `across`, its lanes.
struct Segments {
  std::uint64_t input = 0;
  std::int64_t segments = 0, length = 0;
  std::int64_t segment_bytes = 0, step_bytes = 0;
};

class Reduce : public Op {
 public:
  Reduce(Over over, bool maximum, bool squares) : over_(over), maximum_(maximum), squares_(squares) {}
  std::string_view name() const override { return "reduce"; }

  // Chains leave at most ceil(length / kShortestChain) partial sums of each segment; two such levels may be alive.
  std::uint64_t scratch_bytes(const Node& node, const std::function<Layout(Tensor)>& layout) const override {
    if (over_ == Over::columns) return 0;
    const auto in = layout(node.inputs[0]);
    const std::int64_t vectors = in.floats() / vector_floats();
    return static_cast<std::uint64_t>(2 * (vectors / kShortestChain + 2 * in.rows + 64) * vector_floats() * 4);
  }

  void record(RecordContext& context, const Node& node) const override {
    const auto &x = context[node.inputs[0]], &y = context[node.outputs[0]];
    if (over_ == Over::columns) {
      const ColumnsPush push{x.address(), y.address(), {}};
      record_tiles(context, "ops/reduce_columns",
                   {{0, x.layout.stride / vector_floats()}, {1, x.layout.cols}, {2, maximum_}}, 16, x.layout.rows,
                   push, accesses({&x}, {&y}));
      return;
    }
    const int width = vector_floats();
    Segments s;
    s.input = x.address();
    if (over_ == Over::rows) {
      s.segments = x.layout.stride / width;
      s.length = x.layout.rows;
      s.segment_bytes = width * 4;
      s.step_bytes = x.layout.stride * 4;
    } else if (over_ == Over::items) {
      const std::int64_t rows = x.layout.image_rows ? x.layout.image_rows : x.shape.rows() / x.shape[0];
      s.input += static_cast<std::uint64_t>(x.layout.first * x.layout.stride * 4);
      s.segments = x.shape[0];
      s.length = rows * x.layout.stride / width;
      s.segment_bytes = rows * x.layout.stride * 4;
      s.step_bytes = width * 4;
    } else {
      s.segments = 1;
      s.length = x.layout.floats() / width;
      s.segment_bytes = 0;
      s.step_bytes = width * 4;
    }
    record_chains(context, s, x, y);
  }

  void reference(std::span<const HostTensor* const> in, std::span<HostTensor* const> out) const override {
    const auto& x = *in[0];
    const std::int64_t cols = x.shape.cols(),
                       per_item = x.shape.rank() > 0 ? x.shape.elements() / std::max<std::int64_t>(x.shape[0], 1) : 1;
    auto& y = out[0]->values;
    std::fill(y.begin(), y.end(), maximum_ ? -std::numeric_limits<double>::infinity() : 0.0);
    for (std::int64_t i = 0; i < x.shape.elements(); ++i) {
      const std::int64_t to = over_ == Over::columns ? i / cols
                              : over_ == Over::rows  ? i % cols
                              : over_ == Over::items ? i / per_item
                                                     : 0;
      auto& sum = y[static_cast<std::size_t>(to)];
      const double element = x.values[static_cast<std::size_t>(i)], v = squares_ ? element * element : element;
      sum = maximum_ ? std::max(sum, v) : sum + v;
    }
  }

  void backward(Graph& graph, Gradients& gradients, const Node& node) const override {
    const Tensor x = node.inputs[0];
    if (!gradients.wanted(x)) return;
    if (maximum_ || squares_) throw std::logic_error("max_columns and sum_squares have no gradient");
    const Tensor dy = gradients.of(node.outputs[0]);
    switch (over_) {
      case Over::columns: gradients.add(x, repeat_column(graph, dy, x)); break;
      case Over::rows: gradients.add(x, repeat_row(graph, dy, x)); break;
      case Over::items: gradients.add(x, repeat_item(graph, dy, x)); break;
      case Over::all: gradients.add(x, repeat_value(graph, dy, x)); break;
    }
  }

 private:
  void record_chains(RecordContext& context, Segments s, const DeviceTensor& x, const DeviceTensor& y) const {
    if (y.layout.rows > 1) record_zero(context, y);
    const bool across = over_ != Over::rows;  // the lanes of the last vector are parts of one sum
    const std::int64_t y_segment = over_ == Over::rows ? vector_floats() * 4 : y.layout.stride * 4;
    AddressRange source = x.range();
    std::uint64_t free = context.scratch().begin;
    for (bool first_level = true, last = false; !last; first_level = false) {
      const int chain = chain_length(s.length);
      const std::int64_t chains = (s.length + chain - 1) / chain;
      last = chains == 1;
      const std::uint64_t target = last ? y.address() : free;
      const std::int64_t chain_bytes = vector_floats() * 4;
      const std::int64_t segment_bytes = last ? y_segment : chains * chain_bytes;
      const AddressRange written =
          last ? y.range() : AddressRange{target, target + static_cast<std::uint64_t>(s.segments * segment_bytes)};
      // Whole chains, then the shorter one at the end.
      const std::int64_t whole = s.length / chain, rest = s.length % chain;
      const auto record = [&](std::int64_t count, std::int64_t first, std::int64_t links) {
        if (count == 0 || links == 0) return;
        ChainPush push{s.input,
                       target,
                       static_cast<std::int32_t>(s.segment_bytes),
                       static_cast<std::int32_t>(s.step_bytes),
                       static_cast<std::int32_t>(segment_bytes),
                       static_cast<std::int32_t>(chain_bytes),
                       static_cast<std::int32_t>(count),
                       0,
                       static_cast<std::int32_t>(first),
                       chain,
                       {}};
        record_tiles(context, "ops/reduce",
                     {{0, static_cast<int>(links)}, {1, last && across}, {2, first_level && squares_}}, 16,
                     s.segments * count, push, Accesses{{source}, {written}});
      };
      record(whole, 0, chain);
      record(rest ? 1 : 0, whole, rest);
      source = written;
      s.input = target;
      s.length = chains;
      s.segment_bytes = segment_bytes;
      s.step_bytes = chain_bytes;
      free += static_cast<std::uint64_t>(s.segments * segment_bytes);
    }
  }

  Over over_;
  bool maximum_, squares_;
};

Tensor apply(Graph& graph, Over over, Tensor x, const Shape& shape, bool maximum = false, bool squares = false) {
  const Tensor y = graph.activation(shape);
  if (over == Over::columns) graph.join(x, y);
  graph.add(std::make_unique<Reduce>(over, maximum, squares), {x}, {y});
  return y;
}

Shape column_shape(const Graph& graph, Tensor x) {
  Shape shape = graph.shape(x);
  shape.set(-1, 1);
  return shape;
}

}  // namespace

Tensor sum_columns(Graph& graph, Tensor x) {
  return apply(graph, Over::columns, x, column_shape(graph, x));
}
Tensor sum_columns(Graph& graph, Tensor x, const Shape& shape) {
  return apply(graph, Over::columns, x, shape);
}
Tensor max_columns(Graph& graph, Tensor x) {
  return apply(graph, Over::columns, x, column_shape(graph, x), true);
}
Tensor sum_rows(Graph& graph, Tensor x) {
  return apply(graph, Over::rows, x, Shape{graph.shape(x).cols()});
}
Tensor sum_rows(Graph& graph, Tensor x, const Shape& shape) {
  return apply(graph, Over::rows, x, shape);
}
Tensor sum_items(Graph& graph, Tensor x) {
  return apply(graph, Over::items, x, Shape{graph.shape(x)[0], 1});
}
Tensor sum_all(Graph& graph, Tensor x) {
  return apply(graph, Over::all, x, Shape{});
}
Tensor sum_all(Graph& graph, Tensor x, const Shape& shape) {
  return apply(graph, Over::all, x, shape);
}

Tensor sum_squares(Graph& graph, Tensor x) {
  return apply(graph, Over::all, x, Shape{}, false, true);
}

Tensor mean_rows(Graph& graph, Tensor x) {
  return affine(graph, sum_rows(graph, x), 1.0f / static_cast<float>(graph.shape(x).rows()), 0);
}
Tensor mean_items(Graph& graph, Tensor x) {
  const auto& shape = graph.shape(x);
  return affine(graph, sum_items(graph, x), static_cast<float>(shape[0]) / static_cast<float>(shape.elements()), 0);
}
Tensor mean_all(Graph& graph, Tensor x) {
  return affine(graph, sum_all(graph, x), 1.0f / static_cast<float>(graph.shape(x).elements()), 0);
}

}  // namespace unveil
