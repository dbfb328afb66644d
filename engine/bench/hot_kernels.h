#pragma once
#include "engine/bench_result.h"
#include "engine/gpu/device.h"

namespace unveil {

// The matrix product of [size, size] matrices, and the 3 x 3 convolution of 32 to 32 channels on 28 x 28 pictures,
// batch 32: forward, backward to the data, backward to the weights. GFLOP/s count the products of the plain sums (2
// per term, padding not counted) and include submission. Beside each the share of what OpenBLAS reaches on one thread
// with 512 x 512 matrices, where libopenblas.so.0 can be loaded.
BenchReport bench_gemm(Device& device, int size = 512, int repeats = 15);
BenchReport bench_conv(Device& device, int repeats = 15);

}  // namespace unveil
