#pragma once
#include "engine/graph/graph.h"

namespace unveil {

// Soft thresholding, the proximal step of an L1 penalty: sign(z)·max(|z| - threshold, 0), or max(z - threshold, 0) where
// codes may not be negative. threshold: one element. No gradient.
Tensor shrink(Graph& graph, Tensor z, Tensor threshold, bool non_negative);

// The same, and the point that FISTA goes on from (Beck & Teboulle 2009, equations 4.1 and 4.3): point = codes +
// momenta[iteration]·(codes - previous). momenta: [1, iterations].
struct Shrunk {
  Tensor codes, point;
};
Shrunk shrink_with_momentum(Graph& graph, Tensor z, Tensor previous, Tensor threshold, Tensor momenta, int iteration,
                            bool non_negative);

// FISTA's weights: (t_k - 1) / t_(k + 1) with t_1 = 1, t_(k + 1) = (1 + sqrt(1 + 4 t_k²)) / 2; the first is 0.
std::vector<float> fista_momenta(int iterations);

}  // namespace unveil
