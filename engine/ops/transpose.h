#pragma once
#include "engine/graph/graph.h"

namespace unveil {

// Swaps the last two axes: [R, C] -> [C, R], [T, R, C] -> [T, C, R]. Throws std::logic_error for other ranks.
Tensor transpose(Graph& graph, Tensor x);

// The rows of x taken as `matrices` matrices one below the other, each transposed: [matrices, cols, rows / matrices].
Tensor transpose_stacked(Graph& graph, Tensor x, std::int64_t matrices);

}  // namespace unveil
