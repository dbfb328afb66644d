#pragma once
#include <cstdint>

#include "engine/graph/graph.h"

namespace unveil {

// What a strided convolution along time sees at each of its steps: y[n, f, k * C + c] = x[n, f * stride + k, c], k <
// kernel, of whole windows alone (no padding). x: [N, L, C] -> [N, (L - kernel) / stride + 1, kernel * C]; a product
// with weights [kernel * C, Co] makes it the convolution. Fastest where C is a multiple of 8. Throws std::logic_error
// where no window fits.
Tensor unfold_time(Graph& graph, Tensor x, std::int64_t kernel, std::int64_t stride, bool relu = false);

}  // namespace unveil
