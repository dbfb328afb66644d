#include "engine/ops/conv2d_weights.h"

#include "tests/catch.h"
#include "tests/ops/check.h"

using namespace unveil;
using namespace unveil::test;

TEST_CASE("weight gradients over many blocks of rows agree with the plain sum", "[ops]") {
  const auto check = [](const Shape& x, int outputs, Conv2dOptions options) {
    Shape y = x;
    y.set(-1, outputs);
    const Shape weights{static_cast<std::int64_t>(options.taps.size()), x.cols(), outputs};
    check_operation("weights", {.inputs = {x, y},
                                .build =
                                    [=](Graph& g, auto& in) {
                                      int reach = 0;
                                      for (const auto& tap : options.taps) reach = std::max({reach, tap.dy, tap.dx});
                                      g.require_halo(in[0], reach);
                                      return conv2d_weight_gradient(g, in[0], in[1], weights, options);
                                    },
                                .tolerance = 3e-4,
                                .gradient = false});
  };
  check({3, 28, 28, 3}, 24, {.taps = taps_full(3), .input_relu = true});
  check({5, 11, 13, 16}, 8, {.taps = taps_full(3)});
  check({1021, 40}, 16, {});   // a prime number of rows: a shorter block remains
  check({130, 700}, 400, {});  // one slab, more tiles than a dispatch holds
  check({2, 9, 10, 3}, 70, {.taps = taps_full(3), .kernel = HotKernel::shared_memory});
  check({1021, 5}, 3, {.kernel = HotKernel::shared_memory});
}
