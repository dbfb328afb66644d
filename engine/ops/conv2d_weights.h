#pragma once
#include "engine/ops/conv2d.h"

namespace unveil {

// The gradient of a stride-1 convolution's weights: dw[t, ci, co] = sum over pixels p of x[p + tap t, ci] * dy[p,
// co], in a fixed order, the same bits on every run. x: [N, H, W, Ci], dy: [N, H, W, Co] (or any rank with the one
// tap (0, 0)); `shape`: that of the weights. Of the options only taps, input_relu and kernel count.
Tensor conv2d_weight_gradient(Graph& graph, Tensor x, Tensor dy, const Shape& shape, const Conv2dOptions& options);

}  // namespace unveil
