#pragma once
#include "engine/graph/graph.h"

namespace unveil {

// The share of a warm-up that is over, min(1, (step + 1) / length) and 1 where length is 0 or less: what a loss's
// term is multiplied with while it is phased in. step: u32, one element, counts finished updates; length: f32, one
// element, in steps -> [1]. Has no gradient. Throws std::logic_error for tensors that do not fit.
Tensor ramp(Graph& graph, Tensor step, Tensor length);

}  // namespace unveil
