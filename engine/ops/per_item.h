#pragma once
#include "engine/graph/graph.h"

namespace unveil {

// Class conditioning and its like. An item is what the first axis numbers: a picture of [N, H, W, C].

// Adds its item's row to every position: x [N, ..., C], rows [N, C] -> x's shape.
Tensor add_per_item(Graph& graph, Tensor x, Tensor rows);
// Sums the positions of each item in a fixed order, column by column: [N, ..., C] -> [N, C].
Tensor sum_per_item(Graph& graph, Tensor x);

}  // namespace unveil
