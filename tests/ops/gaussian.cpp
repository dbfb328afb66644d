#include "engine/ops/gaussian.h"

#include "tests/catch.h"
#include "tests/ops/check.h"

using namespace unveil;
using namespace unveil::test;

TEST_CASE("draws from Gaussians and their KL to the prior, and the gradients", "[ops]") {
  const Shape shape = GENERATE(Shape{1, 1}, Shape{5, 2}, Shape{3, 20}, Shape{128, 9});
  check_operation("gaussian_kl", {.inputs = {shape, shape},
                                  .build = [](Graph& g, auto& x) { return gaussian_kl(g, x[0], x[1]); },
                                  .low = -2,
                                  .high = 2});
  check_operation("gaussian_sample", {.inputs = {shape, shape, shape},
                                      .build = [](Graph& g, auto& x) { return gaussian_sample(g, x[0], x[1], x[2]); },
                                      .low = -2,
                                      .high = 2,
                                      .constant = {false, false, true}});
}
