// It records no dispatch of its own: a matrix product at the small size, folded into the large one.
#include "engine/ops/conv_transpose2d.h"

#include <fmt/format.h>

#include "engine/ops/binary.h"
#include "engine/ops/unfold.h"

namespace unveil {

Tensor conv_transpose2d(Graph& graph, Tensor x, Tensor weights, int height, int width,
                        const ConvTranspose2dOptions& options) {
  const Shape &in = graph.shape(x), &kernel = graph.shape(weights);
  const auto taps = static_cast<std::int64_t>(options.taps.size());
  if (in.rank() != 4 || kernel.rank() != 2 || taps == 0 || kernel[0] != in[3] || kernel[1] % taps != 0)
    throw std::logic_error(
        fmt::format("conv_transpose2d takes x [N, h, w, Ci] and weights [Ci, {}·Co], not {} and {}", taps, in.text(),
                    kernel.text()));
  const Tensor patches = conv2d(graph, x, weights, {.input_relu = options.input_relu});
  const Tensor y = fold(graph, patches, {in[0], height, width, kernel[1] / taps}, options.taps, options.stride);
  return options.bias ? add(graph, y, options.bias) : y;
}

std::vector<Tap> taps_even() {
  std::vector<Tap> taps;
  for (int dy = -1; dy <= 2; ++dy)
    for (int dx = -1; dx <= 2; ++dx) taps.push_back({dy, dx});
  return taps;
}

}  // namespace unveil
