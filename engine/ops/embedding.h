#pragma once
#include "engine/graph/graph.h"

namespace unveil {

// Rows of a table: table [V, D], indices u32 [R] or [R, 1] below V (they get no gradient) -> [R, D]. The table's
// gradient adds up the rows in ascending order: the same bits on every run.
Tensor embedding(Graph& graph, Tensor table, Tensor indices);

}  // namespace unveil
