#include "engine/ops/softmax.h"

#include <cmath>
#include <random>

#include "tests/catch.h"
#include "tests/ops/check.h"

using namespace unveil;
using namespace unveil::test;

TEST_CASE("softmax and its logarithm agree with their definition and gradient at odd sizes", "[ops]") {
  const auto shape = GENERATE(Shape{7}, Shape{5, 10}, Shape{30, 17}, Shape{2, 5, 7, 3}, Shape{3, 200}, Shape{3, 600});
  const int halo = GENERATE(0, 1);
  if (halo > 0 && shape.rank() < 4) return;
  check_operation("softmax", {.inputs = {shape},
                              .build = [](Graph& g, auto& x) { return softmax(g, x[0]); },
                              .low = -10,
                              .high = 10,
                              .tolerance = 2e-6,
                              .halo = halo});
  check_operation("log_softmax", {.inputs = {shape},
                                  .build = [](Graph& g, auto& x) { return log_softmax(g, x[0]); },
                                  .low = -10,
                                  .high = 10,
                                  .tolerance = 2e-6,
                                  .halo = halo});
}

TEST_CASE("cross-entropy takes the label's logit alone", "[ops]") {
  const auto shape = GENERATE(Shape{5, 10}, Shape{1, 3}, Shape{40, 10}, Shape{3, 256}, Shape{5, 1000});
  const bool column = GENERATE(false, true);
  std::mt19937 random(3);
  std::vector<std::uint32_t> labels;
  for (std::int64_t r = 0; r < shape[0]; ++r) labels.push_back(random() % static_cast<std::uint32_t>(shape[1]));
  check_operation("cross_entropy", {.inputs = {shape, column ? Shape{shape[0], 1} : Shape{shape[0]}},
                                    .build = [](Graph& g, auto& x) { return cross_entropy(g, x[0], x[1]); },
                                    .low = -50,
                                    .high = 50,
                                    .tolerance = 2e-6,
                                    .integers = {{}, labels}});
}

TEST_CASE("softmax does not overflow", "[ops]") {
  check_operation("softmax", {.inputs = {{2, 4}},
                              .build = [](Graph& g, auto& x) { return softmax(g, x[0]); },
                              .tolerance = 2e-6,
                              .gradient = false,  // differences drown in such numbers
                              .adjust =
                                  [](std::size_t, std::vector<double>& values) {
                                    values = {1e4, 1e4, -1e4, 0, -1e30, -1e30, -1e30, -1e30};
                                  }});
}

TEST_CASE("a label is picked where its score is highest, and shares the pick with its equals", "[ops][cpc]") {
  const auto shape = GENERATE(Shape{5, 10}, Shape{1, 3}, Shape{40, 33}, Shape{5, 1000});
  std::mt19937 random(3);
  std::vector<std::uint32_t> labels;
  for (std::int64_t r = 0; r < shape[0]; ++r) labels.push_back(random() % static_cast<std::uint32_t>(shape[1]));
  check_operation("picked", {.inputs = {shape, {shape[0]}},
                             .build = [](Graph& g, auto& x) { return picked(g, x[0], x[1]); },
                             .tolerance = 1e-6,
                             .gradient = false,
                             .integers = {{}, labels},
                             .adjust =
                                 [](std::size_t input, std::vector<double>& values) {
                                   if (input > 0) return;
                                   for (auto& v : values) v = std::round(v * 2);  // many ties
                                 }});
}
