#pragma once
#include <span>
#include <vector>

#include "engine/graph/graph.h"

namespace unveil {

// Adds the nodes that compute the gradients of `output`, weighted by `seed` (of its shape), with respect to each of
// `with_respect_to`; invalid where the output does not depend on it.
std::vector<Tensor> gradients_of(Graph& graph, Tensor output, Tensor seed, std::span<const Tensor> with_respect_to);

}  // namespace unveil
