#pragma once
#include "engine/ops/conv2d.h"

namespace unveil {

struct MatmulOptions {
  Tensor bias;      // [N]
  Tensor residual;  // [M, N], added before the activation
  Activation activation = Activation::none;
  bool transpose_a = false, transpose_b = false;  // a is [K, M], b is [N, K]
  HotKernel kernel = HotKernel::automatic;
};

// activation(a b + bias + residual). a: [M, K], b: [K, N] -> [M, N]. Throws std::logic_error for shapes that do not
// fit.
Tensor matmul(Graph& graph, Tensor a, Tensor b, const MatmulOptions& options = {});

}  // namespace unveil
