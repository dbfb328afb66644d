#include "engine/tsne/affinities.h"

#include <cmath>
#include <map>

#include "tests/catch.h"
#include "tests/device.h"
#include "tests/tsne/points.h"

using namespace unveil;

namespace {

Affinities affinities_of(const std::vector<float>& values, int count, int dimensions, double perplexity,
                         std::vector<float>& conditional) {
  const auto near = nearest_neighbours(test::device(), values, count, dimensions, tsne_neighbours(count, perplexity));
  conditional_affinities(near, perplexity, 0, count, conditional);
  return joint_affinities(near, perplexity, conditional);
}

// Conditional probabilities of row i in double precision over given others; beta by bisection of its logarithm.
std::vector<double> naive_row(const std::vector<double>& squared, double perplexity) {
  std::vector<double> p(squared.size());
  double low = -60, high = 60;
  for (int step = 0; step < 200; ++step) {
    const double beta = std::exp((low + high) / 2);
    double sum = 0, entropy = 0;
    for (std::size_t m = 0; m < p.size(); ++m) sum += p[m] = std::exp(-beta * squared[m]);
    for (auto& value : p) {
      value /= sum;
      if (value > 0) entropy -= value * std::log(value);
    }
    (entropy > std::log(perplexity) ? low : high) = (low + high) / 2;
  }
  return p;
}

}  // namespace

TEST_CASE("every point's perplexity is the one that was asked for", "[tsne]") {
  const double perplexity = GENERATE(2.0, 7.5, 30.0, 66.0);
  const int count = 200, k = tsne_neighbours(count, perplexity);
  std::vector<float> conditional;
  affinities_of(test::normal_values(count, 6, 1), count, 6, perplexity, conditional);
  for (int i = 0; i < count; ++i) {
    double entropy = 0, sum = 0;
    for (int m = 0; m < k; ++m) {
      const double p = conditional[static_cast<std::size_t>(i * k + m)];
      if (p > 0) entropy -= p * std::log(p);
      sum += p;
    }
    REQUIRE(sum == Approx(1).margin(1e-6));
    REQUIRE(entropy == Approx(std::log(perplexity)).margin(2e-5));
  }
}

TEST_CASE("joint affinities equal a naive reference, are symmetric, sum to 1 and name each pair once", "[tsne]") {
  const int count = 97, dimensions = 5;
  const double perplexity = 8;
  const auto values = test::normal_values(count, dimensions, 2);
  std::vector<float> conditional;
  const auto joint = affinities_of(values, count, dimensions, perplexity, conditional);

  const int k = tsne_neighbours(count, perplexity);
  std::map<std::pair<int, int>, double> expected;
  for (int i = 0; i < count; ++i) {
    std::vector<std::pair<double, int>> others;
    for (int j = 0; j < count; ++j)
      if (j != i) others.push_back({test::squared_distance(values, dimensions, i, j), j});
    std::sort(others.begin(), others.end());
    std::vector<double> squared;
    for (int m = 0; m < k; ++m) squared.push_back(others[static_cast<std::size_t>(m)].first);
    const auto p = naive_row(squared, perplexity);
    for (int m = 0; m < k; ++m) {
      const int j = others[static_cast<std::size_t>(m)].second;
      expected[{i, j}] += p[static_cast<std::size_t>(m)] / (2 * count);
      expected[{j, i}] += p[static_cast<std::size_t>(m)] / (2 * count);
    }
  }
  REQUIRE(joint.column.size() == expected.size());
  double sum = 0, negative_entropy = 0;
  for (int i = 0; i < count; ++i)
    for (auto e = static_cast<std::size_t>(joint.begin[static_cast<std::size_t>(i)]);
         e < static_cast<std::size_t>(joint.begin[static_cast<std::size_t>(i) + 1]); ++e) {
      if (e > static_cast<std::size_t>(joint.begin[static_cast<std::size_t>(i)]))
        REQUIRE(joint.column[e - 1] < joint.column[e]);
      const double p = expected.at({i, joint.column[e]});
      REQUIRE(joint.value[e] == Approx(p).epsilon(1e-3).margin(1e-9));
      sum += joint.value[e];
      negative_entropy += p * std::log(p);
    }
  REQUIRE(sum == Approx(1).epsilon(1e-6));
  REQUIRE(joint.negative_entropy == Approx(negative_entropy).epsilon(1e-4));
}

TEST_CASE("equal points share their affinity evenly, whatever perplexity is asked for", "[tsne]") {
  const std::vector<float> values(30 * 2, 1.5f);
  std::vector<float> conditional;
  const auto joint = affinities_of(values, 30, 2, 3, conditional);
  for (const float p : conditional) REQUIRE(p == Approx(1.0 / 9));
  double sum = 0;
  for (const float p : joint.value) sum += p;
  REQUIRE(sum == Approx(1).epsilon(1e-6));
}
