#pragma once
#include <vector>

#include "engine/graph/graph.h"

namespace unveil {

// Where soft thresholding, the proximal step of an L1 penalty, begins on either side of 0: one number each. An
// infinite (or very large) `negative` keeps codes from being negative.
struct Thresholds {
  Tensor positive, negative;
};

// max(z - positive, 0) - max(-z - negative, 0). No gradient.
Tensor shrink(Graph& graph, Tensor z, const Thresholds& thresholds);

// The same, and the point that FISTA goes on from (Beck & Teboulle 2009, equations 4.1 and 4.3): point = codes +
// momenta[iteration]·(codes - previous). momenta: [1, iterations].
struct Shrunk {
  Tensor codes, point;
};
Shrunk shrink_with_momentum(Graph& graph, Tensor z, Tensor previous, const Thresholds& thresholds, Tensor momenta,
                            int iteration);

// FISTA's weights: (t_k - 1) / t_(k + 1) with t_1 = 1, t_(k + 1) = (1 + sqrt(1 + 4 t_k²)) / 2; the first is 0.
std::vector<float> fista_momenta(int iterations);

}  // namespace unveil
