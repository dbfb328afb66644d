#include "engine/ops/unary.h"

#include "tests/catch.h"
#include "tests/ops/check.h"

using namespace unveil;
using namespace unveil::test;

TEST_CASE("elementwise functions agree with their definition and gradient at odd sizes", "[ops]") {
  const auto away_from_zero = [](std::size_t, std::vector<double>& values) {
    for (auto& v : values)
      if (std::abs(v) < 1e-3) v = 0.1;  // relu has a kink there
  };
  const auto shape = GENERATE(Shape{7}, Shape{5, 13}, Shape{2, 5, 7, 3}, Shape{130, 17});
  check_operation(
      "relu",
      {.inputs = {shape}, .build = [](Graph& g, auto& x) { return relu(g, x[0]); }, .adjust = away_from_zero});
  check_operation("sigmoid",
                  {.inputs = {shape}, .build = [](Graph& g, auto& x) { return sigmoid(g, x[0]); }, .halo = 1});
  check_operation("leaky relu", {.inputs = {shape},
                                 .build = [](Graph& g, auto& x) { return leaky_relu(g, x[0], 0.2f); },
                                 .adjust = away_from_zero});
  check_operation(
      "tanh", {.inputs = {shape}, .build = [](Graph& g, auto& x) { return tanh(g, x[0]); }, .low = -3, .high = 3});
  check_operation("exp", {.inputs = {shape}, .build = [](Graph& g, auto& x) { return exp(g, x[0]); }, .halo = 2});
  check_operation(
      "softplus",
      {.inputs = {shape}, .build = [](Graph& g, auto& x) { return softplus(g, x[0]); }, .low = -20, .high = 20});
  check_operation("square", {.inputs = {shape}, .build = [](Graph& g, auto& x) { return square(g, x[0]); }});
  check_operation(
      "log", {.inputs = {shape}, .build = [](Graph& g, auto& x) { return log(g, x[0]); }, .low = 0.3, .high = 3});
  check_operation(
      "sqrt", {.inputs = {shape}, .build = [](Graph& g, auto& x) { return sqrt(g, x[0]); }, .low = 0.3, .high = 3});
  check_operation("affine",
                  {.inputs = {shape}, .build = [](Graph& g, auto& x) { return affine(g, x[0], -1.5f, 0.25f); }});
}
