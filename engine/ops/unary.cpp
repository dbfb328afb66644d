#include "engine/ops/unary.h"

#include <cmath>
#include <stdexcept>

#include "engine/graph/tiles.h"

namespace unveil {
namespace {

// As in shaders/ops/unary.comp.
enum class Function { relu, sigmoid, tanh, exp, log, softplus, square, sqrt, affine, leaky_relu };

bool zero_at_zero(Function f, float shift) {
  switch (f) {
    case Function::relu:
    case Function::tanh:
    case Function::square:
    case Function::sqrt:
    case Function::leaky_relu: return true;
    case Function::affine: return shift == 0;
    default: return false;
  }
}

// The gradient needs x for some functions and is simplest from y = f(x) for others.
bool gradient_from_result(Function f) {
  switch (f) {
    case Function::relu:
    case Function::sigmoid:
    case Function::tanh:
    case Function::exp:
    case Function::sqrt:
    case Function::leaky_relu: return true;
    default: return false;
  }
}

double value(Function f, double x, double scale, double shift) {
  switch (f) {
    case Function::relu: return std::max(x, 0.0);
    case Function::sigmoid: return 1 / (1 + std::exp(-x));
    case Function::tanh: return std::tanh(x);
    case Function::exp: return std::exp(x);
    case Function::log: return std::log(x);
    case Function::softplus: return std::max(x, 0.0) + std::log1p(std::exp(-std::abs(x)));
    case Function::square: return x * x;
    case Function::sqrt: return std::sqrt(x);
    case Function::affine: return scale * x + shift;
    case Function::leaky_relu: return x > 0 ? x : scale * x;
  }
  return 0;
}

struct Push {
  std::uint64_t input, upstream, output, mask;
  float scale, shift;
  TileFields tile;
};

class Unary : public Op {
 public:
  Unary(Function function, float scale, float shift) : function_(function), scale_(scale), shift_(shift) {}
  std::string_view name() const override { return "unary"; }

  void record(RecordContext& context, const Node& node) const override {
    const auto &x = context[node.inputs[0]], &y = context[node.outputs[0]];
    const bool masked = !zero_at_zero(function_, shift_);
    const Push push{x.address(), 0, y.address(), masked ? context.element_mask(y) : 0, scale_, shift_, {}};
    record_flat(context, "ops/unary", {{1, static_cast<int>(function_)}, {2, masked}, {3, 0}}, y.layout.floats(),
                push, accesses({&x}, {&y}));
  }

  void reference(std::span<const HostTensor* const> in, std::span<HostTensor* const> out) const override {
    for (std::size_t i = 0; i < out[0]->values.size(); ++i)
      out[0]->values[i] = value(function_, in[0]->values[i], scale_, shift_);
  }

  void backward(Graph& graph, Gradients& gradients, const Node& node) const override;

 private:
  Function function_;
  float scale_, shift_;
};

// dx = dy * f'(x), with f' from x or from y = f(x). Inputs: x or y, dy.
class UnaryGradient : public Op {
 public:
  UnaryGradient(Function function, float scale) : function_(function), scale_(scale) {}
  std::string_view name() const override { return "unary gradient"; }

  void record(RecordContext& context, const Node& node) const override {
    const auto &x = context[node.inputs[0]], &upstream = context[node.inputs[1]], &dx = context[node.outputs[0]];
    // Where f'(0) is infinite the zero pads would become NaN.
    const bool masked = function_ == Function::log || function_ == Function::sqrt;
    const Push push{x.address(), upstream.address(), dx.address(), masked ? context.element_mask(dx) : 0, scale_, 0,
                    {}};
    record_flat(context, "ops/unary", {{1, static_cast<int>(function_)}, {2, masked}, {3, 1}}, dx.layout.floats(),
                push, accesses({&x, &upstream}, {&dx}));
  }

  void reference(std::span<const HostTensor* const> in, std::span<HostTensor* const> out) const override {
    for (std::size_t i = 0; i < out[0]->values.size(); ++i) {
      const double v = in[0]->values[i], dy = in[1]->values[i];
      double slope = 0;
      switch (function_) {
        case Function::relu: slope = v > 0; break;
        case Function::sigmoid: slope = v * (1 - v); break;
        case Function::tanh: slope = 1 - v * v; break;
        case Function::exp: slope = v; break;
        case Function::log: slope = 1 / v; break;
        case Function::softplus: slope = 1 / (1 + std::exp(-v)); break;
        case Function::square: slope = 2 * v; break;
        case Function::sqrt: slope = 0.5 / v; break;
        case Function::affine: slope = scale_; break;
        case Function::leaky_relu: slope = v > 0 ? 1 : scale_; break;
      }
      out[0]->values[i] = dy * slope;
    }
  }

 private:
  Function function_;
  float scale_;
};

Tensor apply_gradient(Graph& graph, Function function, Tensor from, Tensor upstream, float scale = 1) {
  const Tensor dx = graph.activation(graph.shape(from));
  graph.join(from, upstream);
  graph.join(from, dx);
  graph.add(std::make_unique<UnaryGradient>(function, scale), {from, upstream}, {dx});
  return dx;
}

void Unary::backward(Graph& graph, Gradients& gradients, const Node& node) const {
  const Tensor x = node.inputs[0], y = node.outputs[0];
  if (!gradients.wanted(x)) return;
  gradients.add(x,
                apply_gradient(graph, function_, gradient_from_result(function_) ? y : x, gradients.of(y), scale_));
}

Tensor apply(Graph& graph, Function function, Tensor x, float scale = 1, float shift = 0) {
  const Tensor y = graph.activation(graph.shape(x));
  graph.join(x, y);
  graph.add(std::make_unique<Unary>(function, scale, shift), {x}, {y});
  return y;
}

}  // namespace

Tensor relu(Graph& graph, Tensor x) {
  return apply(graph, Function::relu, x);
}
Tensor sigmoid(Graph& graph, Tensor x) {
  return apply(graph, Function::sigmoid, x);
}
Tensor tanh(Graph& graph, Tensor x) {
  return apply(graph, Function::tanh, x);
}
Tensor exp(Graph& graph, Tensor x) {
  return apply(graph, Function::exp, x);
}
Tensor log(Graph& graph, Tensor x) {
  return apply(graph, Function::log, x);
}
Tensor softplus(Graph& graph, Tensor x) {
  return apply(graph, Function::softplus, x);
}
Tensor square(Graph& graph, Tensor x) {
  return apply(graph, Function::square, x);
}
Tensor sqrt(Graph& graph, Tensor x) {
  return apply(graph, Function::sqrt, x);
}
Tensor leaky_relu(Graph& graph, Tensor x, float slope) {
  if (!(slope > 0)) throw std::logic_error("the slope of a leaky ReLU is positive");
  return apply(graph, Function::leaky_relu, x, slope);
}
Tensor affine(Graph& graph, Tensor x, float scale, float shift) {
  return apply(graph, Function::affine, x, scale, shift);
}

Tensor relu_gradient(Graph& graph, Tensor y, Tensor dy) {
  return apply_gradient(graph, Function::relu, y, dy);
}
Tensor sigmoid_gradient(Graph& graph, Tensor y, Tensor dy) {
  return apply_gradient(graph, Function::sigmoid, y, dy);
}
Tensor tanh_gradient(Graph& graph, Tensor y, Tensor dy) {
  return apply_gradient(graph, Function::tanh, y, dy);
}

}  // namespace unveil
