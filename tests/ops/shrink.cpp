#include "engine/ops/shrink.h"

#include <cmath>

#include "tests/catch.h"
#include "tests/ops/check.h"

using namespace unveil;
using namespace unveil::test;

TEST_CASE("soft thresholding follows its reference, with and without sign and momentum", "[ops]") {
  for (const double negative : {0.3, 1e30})
    for (const Shape& shape : {Shape{5, 7}, Shape{33, 192}}) {
      const auto thresholds = [&](std::size_t i, auto& values) {
        if (i == 1) values[0] = 0.3;
        if (i == 2) values[0] = negative;
      };
      check_operation("shrink", {.inputs = {shape, {1}, {1}},
                                 .build =
                                     [](Graph& g, auto& x) {
                                       return shrink(g, x[0], {x[1], x[2]});
                                     },
                                 .gradient = false,
                                 .adjust = thresholds});
      check_operation("shrink, point", {.inputs = {shape, {1}, {1}, shape, {1, 4}},
                                        .build =
                                            [](Graph& g, auto& x) {
                                              return shrink_with_momentum(g, x[0], x[3], {x[1], x[2]}, x[4], 2).point;
                                            },
                                        .gradient = false,
                                        .adjust = thresholds});
    }
}

TEST_CASE("FISTA's momentum begins at nothing and goes to one as 1 - 3/k", "[ops]") {
  const auto momenta = fista_momenta(1000);
  CHECK(momenta[0] == 0);
  CHECK(momenta[1] == Approx(0.2817).margin(1e-4));
  CHECK(momenta[999] == Approx(1 - 3.0 / 1000).margin(1e-4));
}
