#include "engine/tsne/pca.h"

#include <cmath>

#include "tests/catch.h"
#include "tests/tsne/points.h"

using namespace unveil;

TEST_CASE("principal components of a stretched cloud are its axes, by variance", "[tsne]") {
  const auto size = GENERATE(std::array{400, 6}, std::array{20, 50});
  const int count = size[0], dimensions = size[1];
  auto values = test::normal_values(count, dimensions, 1);
  const auto at = [&](int i, int d) -> float& {
    return values[static_cast<std::size_t>(i) * static_cast<std::size_t>(dimensions) + static_cast<std::size_t>(d)];
  };
  for (int i = 0; i < count; ++i) {
    at(i, 2) = 1000 * at(i, 2) + 7;
    at(i, 4) *= -100;
  }
  const auto scores = principal_components(values, count, dimensions, 3);
  double means[3] = {}, products[3][3] = {};
  for (int i = 0; i < count; ++i)
    for (int a = 0; a < 3; ++a) {
      means[a] += scores[static_cast<std::size_t>(3 * i + a)];
      for (int b = 0; b < 3; ++b)
        products[a][b] += static_cast<double>(scores[static_cast<std::size_t>(3 * i + a)]) *
                          scores[static_cast<std::size_t>(3 * i + b)] / count;
    }
  for (int a = 0; a < 3; ++a) REQUIRE(means[a] / count == Approx(0).margin(1e-3));
  REQUIRE(std::sqrt(products[0][0]) == Approx(1000).epsilon(0.3));
  REQUIRE(std::sqrt(products[1][1]) == Approx(100).epsilon(0.35));
  REQUIRE(products[0][0] > products[1][1]);
  REQUIRE(products[1][1] > products[2][2]);
  for (int a = 0; a < 3; ++a)
    for (int b = 0; b < a; ++b)
      REQUIRE(products[a][b] == Approx(0).margin(1e-4 * std::sqrt(products[a][a] * products[b][b]) + 1e-3));
  double mean = 0;
  for (int i = 0; i < count; ++i) mean += at(i, 2) / count;
  // The first component is the long axis, its loading positive.
  for (int i = 0; i < count; ++i)
    REQUIRE(scores[static_cast<std::size_t>(3 * i)] == Approx(at(i, 2) - mean).margin(dimensions > 20 ? 400 : 40));
}

TEST_CASE("a few components of many columns are the first of all", "[tsne]") {
  // The few are iterated for, the many are not. Variances fall by a tenth from one direction to the next.
  const auto [count, dimensions] = GENERATE(std::array{400, 270}, std::array{270, 400});
  auto values = test::normal_values(count, dimensions, 5);
  for (std::size_t i = 0; i < values.size(); ++i)
    values[i] = 3 + values[i] * static_cast<float>(
                                    std::pow(0.95, static_cast<double>(i % static_cast<std::size_t>(dimensions))));
  const auto all = principal_components(values, count, dimensions, 70),
             few = principal_components(values, count, dimensions, 3);
  const auto at = [](const std::vector<float>& scores, int components, int i, int c) {
    return scores[static_cast<std::size_t>(i * components + c)];
  };
  for (int c = 0; c < 3; ++c)
    for (int i = 0; i < count; ++i) REQUIRE(at(few, 3, i, c) == Approx(at(all, 70, i, c)).margin(1e-3));
  REQUIRE(principal_components(values, count, dimensions, 3) == few);
}

TEST_CASE("components beyond the rank are zero, few of many columns or not", "[tsne]") {
  const int count = 300, dimensions = 280, components = GENERATE(4, 100);
  const auto factors = test::normal_values(count, 2, 6), loadings = test::normal_values(2, dimensions, 7);
  std::vector<float> values;
  for (std::size_t i = 0; i < count; ++i)
    for (std::size_t d = 0; d < dimensions; ++d)
      values.push_back(factors[2 * i] * loadings[d] + factors[2 * i + 1] * loadings[dimensions + d]);
  const auto scores = principal_components(values, count, dimensions, components);
  for (std::size_t i = 0; i < count; ++i)
    REQUIRE(scores[i * static_cast<std::size_t>(components) + 2] == Approx(0).margin(1e-4));
}
