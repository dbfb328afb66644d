#pragma once
#include <cstdint>

#include "engine/graph/graph.h"

namespace unveil {

// Windows of a signal: y[n, f, k] = data[starts[indices[n]] + f * hop + k]. data: an external f32 [samples]; starts:
// an external u32 [V]; indices: u32 [N] below V -> [N, rows, width]. What would lie behind the signal's end is its
// last number. No gradient passes. Throws std::logic_error for tensors that do not fit.
Tensor gather_windows(Graph& graph, Tensor data, Tensor starts, Tensor indices, std::int64_t rows, std::int64_t hop,
                      std::int64_t width);

}  // namespace unveil
