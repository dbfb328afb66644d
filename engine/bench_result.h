#pragma once
#include <string>
#include <vector>

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

}  // namespace unveil
