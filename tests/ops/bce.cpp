#include "engine/ops/bce.h"

#include "tests/catch.h"
#include "tests/ops/check.h"

using namespace unveil;
using namespace unveil::test;

TEST_CASE("binary cross-entropy with logits agrees with its definition, element by element and summed by item",
          "[ops]") {
  const auto shape = GENERATE(Shape{3, 5}, Shape{70, 19}, Shape{2, 5, 7, 1}, Shape{3, 12, 11, 1}, Shape{2, 28, 28, 1},
                              Shape{2, 9, 7, 3}, Shape{5, 784});
  const int halo = GENERATE(0, 1, 3);
  if (halo > 0 && shape.rank() < 4) return;
  const auto probabilities = [](std::size_t input, std::vector<double>& values) {
    if (input == 1)
      for (auto& v : values) v = std::clamp(v / 40 + 0.5, 0.0, 1.0);
  };
  check_operation("bce_with_logits", {.inputs = {shape, shape},
                                      .build = [](Graph& g, auto& x) { return bce_with_logits(g, x[0], x[1]); },
                                      .low = -20,
                                      .high = 20,
                                      .tolerance = 1e-6,
                                      .constant = {false, true},
                                      .halo = halo,
                                      .adjust = probabilities});
  check_operation("bce_with_logits_items",
                  {.inputs = {shape, shape},
                   .build = [](Graph& g, auto& x) { return bce_with_logits_items(g, x[0], x[1]); },
                   .low = -20,
                   .high = 20,
                   .tolerance = 2e-6,
                   .constant = {false, true},
                   .halo = halo,
                   .adjust = probabilities});
}

TEST_CASE("binary cross-entropy neither overflows nor loses small losses", "[ops]") {
  check_operation("bce_with_logits", {.inputs = {{1, 8}, {1, 8}},
                                      .build = [](Graph& g, auto& x) { return bce_with_logits(g, x[0], x[1]); },
                                      .tolerance = 1e-6,
                                      .gradient = false,
                                      .constant = {false, true},
                                      .adjust =
                                          [](std::size_t input, std::vector<double>& values) {
                                            if (input == 0) {
                                              values = {-200, 200, -60, 60, 0, 12, -12, 1e-6};
                                            } else {
                                              values = {0, 1, 1, 0, 1, 1, 0, 0.5};
                                            }
                                          }});
}
