#pragma once
#include "engine/ops/conv2d.h"

namespace unveil {

// Patches around every stride-th pixel: u[n, oy, ox, t * C + c] = x[n, oy * stride + dy(t), ox * stride + dx(t), c],
// zero outside the picture. x: [N, H, W, C] -> [N, ceil(H / stride), ceil(W / stride), taps * C]; at most 49 taps.
// x and the patches may have different halos.
Tensor unfold(Graph& graph, Tensor x, const std::vector<Tap>& taps, int stride = 1);

// The transpose of unfold(): pictures of `shape` [N, H, W, C] out of patches [N, ceil(H / stride), ceil(W / stride),
// taps * C], added up where they overlap, what lies outside the picture dropped.
Tensor fold(Graph& graph, Tensor patches, const Shape& shape, const std::vector<Tap>& taps, int stride);

// Records the patch at (row, col) of the patches of every picture. x: [N, H, W, C]; patches: as unfold()'s result, or
// [N, taps * C] where only that pixel is kept.
void record_unfold_pixel(Device& device, Recorder& recorder, const DeviceTensor& x, const DeviceTensor& patches,
                         const std::vector<Tap>& taps, int stride, int row, int col);

}  // namespace unveil
