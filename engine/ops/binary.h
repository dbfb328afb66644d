#pragma once
#include "engine/graph/graph.h"

namespace unveil {

// Elementwise arithmetic. The result has the shape of the larger operand; the smaller is repeated along the rest when
// it is a single value, a row [C] (or [1, C]) of the other's last axis, or a column [..., 1] of the other's rows.
// Throws std::logic_error for shapes that do not fit.
Tensor add(Graph& graph, Tensor a, Tensor b);
Tensor subtract(Graph& graph, Tensor a, Tensor b);
Tensor multiply(Graph& graph, Tensor a, Tensor b);
Tensor divide(Graph& graph, Tensor a, Tensor b);
Tensor maximum(Graph& graph, Tensor a, Tensor b);
Tensor minimum(Graph& graph, Tensor a, Tensor b);

}  // namespace unveil
