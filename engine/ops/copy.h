#pragma once
#include <vector>

#include "engine/graph/graph.h"

namespace unveil {

// Rearrangements: elements are carried through bit by bit, so u32 tensors may be rearranged as well. Along the last
// axis rows stay what they are, and whole vectors are copied (fastest at offsets that are multiples of 8); everything
// else goes element by element through a table that is made when the program is recorded. All throw std::logic_error
// for shapes that do not fit.

// Copies into a tensor with its own place: same shape and type, any geometry of rows.
void copy_to(Graph& graph, Tensor from, Tensor external);
// The same elements in logical order in another shape.
Tensor reshape(Graph& graph, Tensor x, const Shape& shape);
// The first two axes change places: [A, B, C] -> [B, A, C].
Tensor swap_axes(Graph& graph, Tensor x);
// The part [begin, end) of one axis; a negative axis counts from the last.
Tensor slice(Graph& graph, Tensor x, int axis, std::int64_t begin, std::int64_t end);
// Side by side along one axis; the other extents agree.
Tensor concat(Graph& graph, const std::vector<Tensor>& parts, int axis);
// Zeros before and after along one axis.
Tensor pad(Graph& graph, Tensor x, int axis, std::int64_t before, std::int64_t after);

}  // namespace unveil
