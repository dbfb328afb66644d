// It records no dispatch of its own: a matrix product is a convolution with one tap.
#include "engine/ops/matmul.h"

#include <fmt/format.h>

#include "engine/ops/transpose.h"

namespace unveil {

Tensor matmul(Graph& graph, Tensor a, Tensor b, const MatmulOptions& options) {
  const Shape &left = graph.shape(a), &right = graph.shape(b);
  if (left.rank() != 2 || right.rank() != 2 ||
      left[options.transpose_a ? 0 : 1] != right[options.transpose_b ? 1 : 0])
    throw std::logic_error(fmt::format("matrices {}{} and {}{} cannot be multiplied", left.text(),
                                       options.transpose_a ? " transposed" : "", right.text(),
                                       options.transpose_b ? " transposed" : ""));
  if (options.transpose_a) a = transpose(graph, a);
  if (options.transpose_b) b = transpose(graph, b);
  return conv2d(graph, a, b,
                {.bias = options.bias,
                 .residual = options.residual,
                 .activation = options.activation,
                 .kernel = options.kernel});
}

}  // namespace unveil
