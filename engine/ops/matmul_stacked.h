#pragma once
#include "engine/graph/graph.h"

namespace unveil {

// Matrix products side by side: a [S, M, K], b [S, K, N] -> [S, M, N], one for each of the S pairs. Throws
// std::logic_error for shapes that do not fit.
Tensor matmul_stacked(Graph& graph, Tensor a, Tensor b);

}  // namespace unveil
