#include "engine/tsne/pca.h"

#include <cmath>

#include "tests/catch.h"
#include "tests/tsne/points.h"

using namespace unveil;

TEST_CASE("principal components of a stretched cloud are its axes, by variance", "[tsne]") {
  const auto [count, dimensions] = GENERATE(std::array{400, 6}, std::array{20, 50});
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
