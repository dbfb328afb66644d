#pragma once
#include "engine/graph/graph.h"

namespace unveil {

// Elementwise functions of one tensor; the result has x's shape.
Tensor relu(Graph& graph, Tensor x);     // max(x, 0)
Tensor sigmoid(Graph& graph, Tensor x);  // 1 / (1 + e^-x)
Tensor tanh(Graph& graph, Tensor x);
Tensor exp(Graph& graph, Tensor x);
Tensor log(Graph& graph, Tensor x);       // natural
Tensor softplus(Graph& graph, Tensor x);  // log(1 + e^x), without overflow
Tensor square(Graph& graph, Tensor x);
Tensor sqrt(Graph& graph, Tensor x);
Tensor leaky_relu(Graph& graph, Tensor x, float slope);           // x where it is positive, else slope * x; slope > 0
Tensor affine(Graph& graph, Tensor x, float scale, float shift);  // scale * x + shift, constants
inline Tensor negate(Graph& graph, Tensor x) {
  return affine(graph, x, -1, 0);
}

// dx of y = f(x), from y and dy: for operations that end in such a function.
Tensor relu_gradient(Graph& graph, Tensor y, Tensor dy);
Tensor sigmoid_gradient(Graph& graph, Tensor y, Tensor dy);
Tensor tanh_gradient(Graph& graph, Tensor y, Tensor dy);

}  // namespace unveil
