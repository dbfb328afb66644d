#include "engine/nn/gradients.h"

#include "engine/ops/binary.h"

namespace unveil {

std::vector<Tensor> gradients_of(Graph& graph, Tensor output, Tensor seed, std::span<const Tensor> with_respect_to) {
  return differentiate(graph, output, seed, with_respect_to, &add);
}

}  // namespace unveil
