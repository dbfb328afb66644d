#pragma once
#include "engine/graph/graph.h"

namespace unveil {

// Reductions in a fixed order: the same bits on every run of a device. Extents are logical; pads do not count.
// `shape` gives the result another shape of as many elements (a scalar [] or [1], a row [C] or [1, C]).
Tensor sum_columns(Graph& graph, Tensor x);  // [..., C] -> [..., 1]
Tensor sum_columns(Graph& graph, Tensor x, const Shape& shape);
Tensor max_columns(Graph& graph, Tensor x);  // [..., C] -> [..., 1]
Tensor sum_rows(Graph& graph, Tensor x);     // [..., C] -> [C]
Tensor sum_rows(Graph& graph, Tensor x, const Shape& shape);
Tensor sum_items(Graph& graph, Tensor x);  // [N, ...] -> [N, 1]: over everything but the first axis
Tensor sum_all(Graph& graph, Tensor x);    // -> scalar []
Tensor sum_all(Graph& graph, Tensor x, const Shape& shape);
Tensor sum_squares(Graph& graph, Tensor x);  // -> scalar []; no gradient
Tensor mean_rows(Graph& graph, Tensor x);
Tensor mean_items(Graph& graph, Tensor x);
Tensor mean_all(Graph& graph, Tensor x);

}  // namespace unveil
