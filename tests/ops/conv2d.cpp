#include "engine/ops/conv2d.h"

#include "tests/catch.h"
#include "tests/ops/check.h"

using namespace unveil;
using namespace unveil::test;

namespace {

const std::vector<Tap> kMaskB3{{-1, -1}, {-1, 0}, {-1, 1}, {0, -1}, {0, 0}};

OperationCheck convolution(const Shape& x, int channels, Conv2dOptions options) {
  return {.inputs = {x, {static_cast<std::int64_t>(options.taps.size()), x[3], channels}},
          .build = [options](Graph& g, auto& in) { return conv2d(g, in[0], in[1], options); },
          .tolerance = 1e-4,
          .gradient_tolerance = 1e-3};
}

}  // namespace

TEST_CASE("convolutions with full, masked and gated taps", "[ops]") {
  check_operation("3x3, 3 to 5", convolution({2, 5, 7, 3}, 5, {.taps = taps_full(3)}));
  check_operation("mask B, 8 to 8", convolution({2, 7, 5, 8}, 8, {.taps = kMaskB3}));
  check_operation("2x3, 5 to 16",
                  convolution({1, 5, 7, 5}, 16, {.taps = {{-1, -1}, {-1, 0}, {-1, 1}, {0, -1}, {0, 0}, {0, 1}}}));
  check_operation("1x1, 17 to 33", convolution({2, 5, 7, 17}, 33, {}));
}
