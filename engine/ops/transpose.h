#pragma once
#include "engine/graph/graph.h"

namespace unveil {

// Swaps the last two axes: [R, C] -> [C, R], [T, R, C] -> [T, C, R]. Throws std::logic_error for other ranks.
Tensor transpose(Graph& graph, Tensor x);

}  // namespace unveil
