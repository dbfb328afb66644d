#pragma once
#include "engine/graph/graph.h"

namespace unveil {

// Where random numbers come from: Philox4x32-10 (engine/data/philox.h) with key `seed` and counter
// (element / 4, step, stream, 0), where element numbers the result's elements in logical order, whatever their
// geometry; element e takes word e mod 4. Seed and step are read on the device at each run, so a recorded program
// draws new numbers when the host (or the program) counts the step up. Uses of one program take different streams.
struct RandomStream {
  Tensor seed;  // u32 [2]: low word, high word
  Tensor step;  // u32, one element
  std::uint32_t stream = 0;
};

// In [0, 1): (word >> 8)·2^-24.
Tensor uniform(Graph& graph, const Shape& shape, const RandomStream& random);
// Standard normal (Box and Muller 1958): of each two words (a, b) of a block, with u = (a >> 8)·2^-24 and v likewise
// from b, the even element is sqrt(-2 log(1 - u))·cos(2πv) and the odd one the same with sin.
Tensor normal(Graph& graph, const Shape& shape, const RandomStream& random);
// 1 where uniform < probability, else 0. No gradient passes.
Tensor bernoulli(Graph& graph, Tensor probabilities, const RandomStream& random);

// Throws std::logic_error where seed or step is not what RandomStream says.
void check_random_stream(const Graph& graph, const RandomStream& random);

}  // namespace unveil
