#pragma once
#include "engine/graph/graph.h"

namespace unveil {

// Tensors of like's shape and geometry that repeat a smaller one: what reductions did, backwards. like's values are
// not read.
Tensor repeat_value(Graph& graph, Tensor x, Tensor like);   // one element everywhere
Tensor repeat_row(Graph& graph, Tensor x, Tensor like);     // [C] along all rows
Tensor repeat_column(Graph& graph, Tensor x, Tensor like);  // [..., 1] along the last axis
Tensor repeat_item(Graph& graph, Tensor x, Tensor like);    // [N, 1] along everything but the first axis

}  // namespace unveil
