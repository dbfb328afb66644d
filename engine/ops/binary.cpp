#include "engine/ops/binary.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/graph/tiles.h"
#include "engine/ops/reduce.h"
#include "engine/ops/unary.h"

namespace unveil {
namespace {

// Both as in shaders/ops/binary.comp.
enum class Operation { add, subtract, multiply, divide, maximum, minimum, greater, greater_equal };
enum class Repeat { same, value, row, column };

Repeat repeat_of(const Shape& large, const Shape& small) {
  if (large == small) return Repeat::same;
  if (small.elements() == 1) return Repeat::value;
  if (small.rows() == 1 && small.cols() == large.cols()) return Repeat::row;
  if (small.cols() == 1 && small.rows() == large.rows()) return Repeat::column;
  throw std::logic_error(fmt::format("shapes {} and {} do not fit together", large.text(), small.text()));
}

double value(Operation operation, double a, double b) {
  switch (operation) {
    case Operation::add: return a + b;
    case Operation::subtract: return a - b;
    case Operation::multiply: return a * b;
    case Operation::divide: return a / b;
    case Operation::maximum: return std::max(a, b);
    case Operation::minimum: return std::min(a, b);
    case Operation::greater: return a > b;
    case Operation::greater_equal: return a >= b;
  }
  return 0;
}

struct Push {
  std::uint64_t a, b, result, mask;
  TileFields tile;
};

Tensor apply(Graph& graph, Operation operation, Tensor a, Tensor b);

// Inputs: the larger operand, the other (repeated); swapped when the other is the left one.
class Binary : public Op {
 public:
  Binary(Operation operation, Repeat repeat, bool swapped)
      : operation_(operation), repeat_(repeat), swapped_(swapped) {}
  std::string_view name() const override { return "binary"; }

  void record(RecordContext& context, const Node& node) const override {
    const auto &a = context[node.inputs[0]], &b = context[node.inputs[1]], &y = context[node.outputs[0]];
    const bool pads_stay_zero =
        operation_ == Operation::multiply ||
        (repeat_ == Repeat::same && operation_ != Operation::divide && operation_ != Operation::greater_equal);
    const Push push{a.address(), b.address(), y.address(), pads_stay_zero ? 0 : context.element_mask(y), {}};
    record_flat(context, "ops/binary",
                {{1, static_cast<int>(operation_)},
                 {2, static_cast<int>(repeat_)},
                 {3, swapped_},
                 {4, !pads_stay_zero},
                 {5, y.layout.stride},
                 {6, b.layout.stride}},
                y.layout.floats(), push, accesses({&a, &b}, {&y}));
  }

  void reference(std::span<const HostTensor* const> in, std::span<HostTensor* const> out) const override {
    const auto &a = *in[0], &b = *in[1];
    const std::int64_t cols = a.shape.cols();
    for (std::int64_t i = 0; i < a.shape.elements(); ++i) {
      const std::int64_t from = repeat_ == Repeat::same    ? i
                                : repeat_ == Repeat::value ? 0
                                : repeat_ == Repeat::row   ? i % cols
                                                           : i / cols;
      const double x = a.values[static_cast<std::size_t>(i)], y = b.values[static_cast<std::size_t>(from)];
      out[0]->values[static_cast<std::size_t>(i)] = swapped_ ? value(operation_, y, x) : value(operation_, x, y);
    }
  }

  void backward(Graph& graph, Gradients& gradients, const Node& node) const override {
    const Tensor large = node.inputs[0], small = node.inputs[1], y = node.outputs[0], dy = gradients.of(y);
    const Tensor left = swapped_ ? small : large, right = swapped_ ? large : small;
    const auto reach = [&](Tensor operand, auto contribution) {
      if (!gradients.wanted(operand)) return;
      Tensor full = contribution();
      if (operand == small && repeat_ != Repeat::same && graph.shape(full) != graph.shape(small))
        full = reduced(graph, full, graph.shape(small));
      gradients.add(operand, full);
    };
    switch (operation_) {
      case Operation::add:
        reach(left, [&] { return dy; });
        reach(right, [&] { return dy; });
        break;
      case Operation::subtract:
        reach(left, [&] { return dy; });
        reach(right, [&] { return negate(graph, dy); });
        break;
      case Operation::multiply:
        reach(left, [&] { return apply(graph, Operation::multiply, dy, right); });
        reach(right, [&] { return apply(graph, Operation::multiply, dy, left); });
        break;
      case Operation::divide:
        reach(left, [&] { return apply(graph, Operation::divide, dy, right); });
        reach(right, [&] {
          return negate(graph, apply(graph, Operation::divide, apply(graph, Operation::multiply, dy, y), right));
        });
        break;
      case Operation::maximum:
      case Operation::minimum: {
        // A tie goes to the left operand.
        const bool larger = operation_ == Operation::maximum;
        reach(left, [&] {
          return apply(graph, Operation::multiply, dy,
                       larger ? apply(graph, Operation::greater_equal, left, right)
                              : apply(graph, Operation::greater_equal, right, left));
        });
        reach(right, [&] {
          return apply(
              graph, Operation::multiply, dy,
              larger ? apply(graph, Operation::greater, right, left) : apply(graph, Operation::greater, left, right));
        });
        break;
      }
      default: throw std::logic_error("comparisons have no gradient");
    }
  }

 private:
  // Sums what was repeated.
  Tensor reduced(Graph& graph, Tensor full, const Shape& shape) const {
    if (repeat_ == Repeat::value) return sum_all(graph, full, shape);
    if (repeat_ == Repeat::row) return sum_rows(graph, full, shape);
    return sum_columns(graph, full, shape);
  }

  Operation operation_;
  Repeat repeat_;
  bool swapped_;
};

Tensor apply(Graph& graph, Operation operation, Tensor a, Tensor b) {
  const bool swapped = graph.shape(a).elements() < graph.shape(b).elements();
  if (swapped) std::swap(a, b);
  const Repeat repeat = repeat_of(graph.shape(a), graph.shape(b));
  const Tensor y = graph.activation(graph.shape(a));
  graph.join(a, y);
  if (repeat == Repeat::same || repeat == Repeat::column) graph.join(a, b);
  graph.add(std::make_unique<Binary>(operation, repeat, swapped), {a, b}, {y});
  return y;
}

}  // namespace

Tensor add(Graph& graph, Tensor a, Tensor b) {
  return apply(graph, Operation::add, a, b);
}
Tensor subtract(Graph& graph, Tensor a, Tensor b) {
  return apply(graph, Operation::subtract, a, b);
}
Tensor multiply(Graph& graph, Tensor a, Tensor b) {
  return apply(graph, Operation::multiply, a, b);
}
Tensor divide(Graph& graph, Tensor a, Tensor b) {
  return apply(graph, Operation::divide, a, b);
}
Tensor maximum(Graph& graph, Tensor a, Tensor b) {
  return apply(graph, Operation::maximum, a, b);
}
Tensor minimum(Graph& graph, Tensor a, Tensor b) {
  return apply(graph, Operation::minimum, a, b);
}

}  // namespace unveil
