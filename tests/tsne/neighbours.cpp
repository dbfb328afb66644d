#include "engine/tsne/neighbours.h"

#include <algorithm>
#include <numeric>

#include "tests/catch.h"
#include "tests/data/files.h"
#include "tests/device.h"
#include "tests/tsne/points.h"

using namespace unveil;

namespace {

// By (distance, index), without i itself.
std::vector<int> naive_order(const std::vector<float>& values, int count, int dimensions, int i) {
  std::vector<int> order(static_cast<std::size_t>(count));
  std::iota(order.begin(), order.end(), 0);
  order.erase(order.begin() + i);
  std::stable_sort(order.begin(), order.end(), [&](int a, int b) {
    return test::squared_distance(values, dimensions, i, a) < test::squared_distance(values, dimensions, i, b);
  });
  return order;
}

}  // namespace

TEST_CASE("nearest neighbours are those of a naive search, at odd sizes", "[tsne]") {
  const auto [count, dimensions, k] =
      GENERATE(std::array{4, 1, 3}, std::array{37, 2, 10}, std::array{261, 13, 90}, std::array{150, 131, 7});
  CAPTURE(count, dimensions, k);
  const auto values = test::normal_values(count, dimensions, 3);
  const auto found = nearest_neighbours(test::device(), values, count, dimensions, k);
  REQUIRE(found.count == count);
  REQUIRE(found.k == k);
  for (int i = 0; i < count; ++i) {
    const auto order = naive_order(values, count, dimensions, i);
    for (int m = 0; m < k; ++m) {
      const auto at = static_cast<std::size_t>(i * k + m);
      const double squared = test::squared_distance(values, dimensions, i, order[static_cast<std::size_t>(m)]);
      REQUIRE(found.index[at] == order[static_cast<std::size_t>(m)]);
      REQUIRE(found.squared_distance[at] == Approx(squared).epsilon(1e-5));
    }
  }
  test::require_silent_validation();
}

TEST_CASE("of equal distances the lower index is the nearer neighbour, and equal points are neighbours", "[tsne]") {
  // Twenty times the same three points.
  std::vector<float> values;
  for (int i = 0; i < 60; ++i) values.insert(values.end(), {static_cast<float>(i % 3), 0});
  const auto found = nearest_neighbours(test::device(), values, 60, 2, 25);
  for (int i = 0; i < 60; ++i) {
    const auto order = naive_order(values, 60, 2, i);
    for (int m = 0; m < 25; ++m)
      REQUIRE(found.index[static_cast<std::size_t>(i * 25 + m)] == order[static_cast<std::size_t>(m)]);
  }
}

TEST_CASE("neighbours far from the origin are found as near it", "[tsne]") {
  auto values = test::normal_values(50, 3, 5);
  for (auto& value : values) value = std::round(64 * value) / 64;
  const auto near = nearest_neighbours(test::device(), values, 50, 3, 5);
  for (auto& value : values) value += 100'000;
  const auto far = nearest_neighbours(test::device(), values, 50, 3, 5);
  REQUIRE(near.index == far.index);
}

TEST_CASE("ranks count the points that lie nearer", "[tsne]") {
  const int count = 203, k = 11;
  const auto values = test::normal_values(count, 4, 7);
  std::vector<std::int32_t> others;
  for (int i = 0; i < count; ++i)
    for (int m = 0; m < k; ++m) others.push_back((i + 1 + 17 * m) % count);
  NeighbourSearch search(test::device(), values, count, 4);
  std::vector<std::int32_t> ranks;
  for (int slice = 0; slice < search.slices(); ++slice) search.ranks(slice, k, others, ranks);
  for (int i = 0; i < count; ++i) {
    const auto order = naive_order(values, count, 4, i);
    for (int m = 0; m < k; ++m) {
      const auto at = static_cast<std::size_t>(i * k + m);
      REQUIRE(ranks[at] == std::find(order.begin(), order.end(), others[at]) - order.begin());
    }
  }
}

TEST_CASE("a value that is not finite is named by row and column", "[tsne]") {
  std::vector<float> values(12, 1.0f);
  values[7] = NAN;
  REQUIRE(error_of([&] { check_finite(values, 4, 3); }) ==
          "row 3, column 2: nan, where a number below 1e+15 is expected");
}
