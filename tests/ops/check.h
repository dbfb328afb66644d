#pragma once
#include <functional>
#include <string>
#include <vector>

#include "engine/graph/graph.h"

namespace unveil::test {

// What one check of an operation needs: everything else is the same for all operations.
struct OperationCheck {
  std::vector<Shape> inputs;
  std::function<Tensor(Graph&, const std::vector<Tensor>&)> build;
  double low = -1, high = 1;         // inputs are uniform in [low, high)
  double tolerance = 2e-5;           // relative to 1 + |value|, device against double precision
  double gradient_tolerance = 2e-4;  // relative to 1 + |gradient|, device against finite differences
  bool gradient = true;
  std::vector<bool> constant = {};  // inputs without a gradient
  int halo = 0;                     // asked of the first picture input, as a neighbouring convolution would
  std::vector<std::vector<std::uint32_t>> integers = {};  // values of u32 inputs, by input; empty: a float input
  std::function<void(std::size_t, std::vector<double>&)> adjust =
      {};  // last word on an input's values (kinks, domains)
};

// Runs the operation and its gradient on the device with everything it must ignore poisoned with NaN, and compares
// with the naive reference; the gradient with central differences of the reference in double precision as well. Pads
// must be left zero, the recorded barriers must suffice, and the validation layer must be silent.
void check_operation(const std::string& what, const OperationCheck& check);

}  // namespace unveil::test
