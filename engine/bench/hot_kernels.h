#pragma once
#include <string>
#include <vector>

#include "engine/gpu/device.h"

namespace unveil {

// One measured line. Times differ from minute to minute on shared machines, so everything that is compared is
// measured by turns within one run.
struct BenchResult {
  std::string name;   // "conv 3x3 32-32 28x28 batch 32 forward"
  double value = 0;   // of the median repetition
  std::string unit;   // "GFLOP/s", "% of OpenBLAS"
  double median = 0;  // milliseconds of one repetition; 0 where the line is a ratio
  double min = 0;
  int repeats = 0;
};

struct BenchReport {
  std::vector<BenchResult> results;
  std::vector<std::string> notes;  // what could not be measured and why
};

// The matrix product of [size, size] matrices, and the 3 x 3 convolution of 32 to 32 channels on 28 x 28 pictures,
// batch 32: forward, backward to the data, backward to the weights. GFLOP/s count the products of the plain sums (2
// per term, padding not counted) and include submission. Beside each the share of what OpenBLAS reaches on one thread
// with 512 x 512 matrices, where libopenblas.so.0 can be loaded.
BenchReport bench_gemm(Device& device, int size = 512, int repeats = 15);
BenchReport bench_conv(Device& device, int repeats = 15);

}  // namespace unveil
