#pragma once
#include "engine/graph/graph.h"

namespace unveil {

// A gated recurrent unit (Cho et al. 2014, in the form of cuDNN and PyTorch), run along time from a state of zeros:
//   r = sigmoid(x_r + h W_r + b_r), u = sigmoid(x_u + h W_u + b_u), n = tanh(x_n + r (h W_n + b_n)), h' = n + u (h -
//   n).
// x: [N, T, 3H], the inputs' shares of r, u and n side by side; weights: [H, 3H]; bias: [3H] -> the states after each
// step, [N, T, H]. Backpropagation goes through all of time. H is a multiple of 8, at most 128; std::logic_error
// otherwise.
Tensor gru(Graph& graph, Tensor x, Tensor weights, Tensor bias);

}  // namespace unveil
