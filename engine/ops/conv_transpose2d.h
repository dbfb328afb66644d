#pragma once
#include "engine/ops/conv2d.h"

namespace unveil {

struct ConvTranspose2dOptions {
  std::vector<Tap> taps = {{0, 0}};
  int stride = 1;
  Tensor bias;  // [Co]
  bool input_relu = false;
};

// The transpose of a convolution with this stride and these taps: every pixel (y, x) of x [N, h, w, Ci] adds
// x[n, y, x, :] · weights[:, t, :] to pixel (y * stride + dy(t), x * stride + dx(t)) of the result [N, height, width,
// Co], where h = ceil(height / stride) and w alike; weights are [Ci, taps, Co] as a matrix [Ci, taps * Co]. A kernel
// whose size is a multiple of the stride covers every pixel evenly (Odena et al. 2016 on checkerboards). Throws
// std::logic_error for shapes that do not fit.
Tensor conv_transpose2d(Graph& graph, Tensor x, Tensor weights, int height, int width,
                        const ConvTranspose2dOptions& options);

// The taps of a 4 x 4 kernel around the middle of 2 x 2 pixels: for stride 2, up or down.
std::vector<Tap> taps_even();

}  // namespace unveil
