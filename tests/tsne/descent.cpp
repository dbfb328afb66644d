#include "engine/tsne/descent.h"

#include <cmath>

#include "tests/catch.h"
#include "tests/device.h"
#include "tests/tsne/points.h"

using namespace unveil;

namespace {

Affinities some_affinities(int count, double perplexity, std::uint64_t seed) {
  const auto values = test::normal_values(count, 4, seed);
  const auto near = nearest_neighbours(test::device(), values, count, 4, tsne_neighbours(count, perplexity));
  std::vector<float> conditional;
  conditional_affinities(near, perplexity, 0, count, conditional);
  return joint_affinities(near, perplexity, conditional);
}

struct Naive {
  double divergence = 0;
  std::vector<std::array<double, 2>> gradient;  // without the factor 4
};

// van der Maaten & Hinton 2008, eqs. 2 and 5, in double precision. P may be exaggerated for the gradient.
Naive naive(const Affinities& p, const std::vector<std::array<double, 2>>& y, double exaggeration) {
  const auto q = [&](std::size_t i, std::size_t j) {
    const double dx = y[i][0] - y[j][0], dy = y[i][1] - y[j][1];
    return 1 / (1 + dx * dx + dy * dy);
  };
  double z = 0;
  for (std::size_t i = 0; i < y.size(); ++i)
    for (std::size_t j = 0; j < y.size(); ++j)
      if (j != i) z += q(i, j);
  Naive result;
  result.gradient.resize(y.size());
  for (std::size_t i = 0; i < y.size(); ++i) {
    auto& g = result.gradient[i];
    for (std::size_t j = 0; j < y.size(); ++j)
      for (std::size_t c = 0; c < 2; ++c) g[c] -= q(i, j) * q(i, j) / z * (y[i][c] - y[j][c]);
    for (auto e = static_cast<std::size_t>(p.begin[i]); e < static_cast<std::size_t>(p.begin[i + 1]); ++e) {
      const auto j = static_cast<std::size_t>(p.column[e]);
      for (std::size_t c = 0; c < 2; ++c) g[c] += exaggeration * p.value[e] * q(i, j) * (y[i][c] - y[j][c]);
      if (p.value[e] > 0)
        result.divergence += p.value[e] * (std::log(static_cast<double>(p.value[e])) - std::log(q(i, j) / z));
    }
  }
  return result;
}

std::vector<std::array<double, 2>> doubles(const std::vector<LayoutPoint>& points) {
  std::vector<std::array<double, 2>> result;
  for (const auto& p : points) result.push_back({p.x, p.y});
  return result;
}

}  // namespace

TEST_CASE("forces and divergence equal a naive reference at odd numbers of points", "[tsne]") {
  const int count = GENERATE(5, 63, 64, 65, 129, 301);
  const float deviation = GENERATE(1e-4f, 1.0f, 30.0f);
  CAPTURE(count, deviation);
  const auto affinities = some_affinities(count, std::max(1.3, count / 6.0), 11);
  const auto points = test::normal_layout(count, deviation, 12);
  Descent descent(test::device(), affinities, Descent::State::at_rest(points));
  descent.iterate(1, {.exaggeration = 4, .learning_rate = 0});
  REQUIRE(descent.points() == points);
  const auto expected = naive(affinities, doubles(points), 4);
  double size = 0;
  for (const auto& g : expected.gradient) size = std::max({size, std::abs(g[0]), std::abs(g[1])});
  const auto gradient = descent.gradient(4);
  for (std::size_t i = 0; i < gradient.size(); ++i) {
    REQUIRE(gradient[i].x == Approx(expected.gradient[i][0]).epsilon(1e-5).margin(2e-5 * size));
    REQUIRE(gradient[i].y == Approx(expected.gradient[i][1]).epsilon(1e-5).margin(2e-5 * size));
  }
  REQUIRE(descent.divergence() == Approx(expected.divergence).epsilon(1e-4).margin(1e-5));
  test::require_silent_validation();
}

TEST_CASE("four times the gradient is the slope of the divergence", "[tsne]") {
  const int count = 41;
  const auto affinities = some_affinities(count, 6, 21);
  const auto points = test::normal_layout(count, 2, 22);
  Descent descent(test::device(), affinities, Descent::State::at_rest(points));
  descent.iterate(1, {.learning_rate = 0});
  const auto gradient = descent.gradient(1);
  for (std::size_t i = 0; i < gradient.size(); ++i)
    for (std::size_t c = 0; c < 2; ++c) {
      auto up = doubles(points), down = up;
      up[i][c] += 1e-4;
      down[i][c] -= 1e-4;
      const double slope = (naive(affinities, up, 1).divergence - naive(affinities, down, 1).divergence) / 2e-4;
      REQUIRE(4 * (c == 0 ? gradient[i].x : gradient[i].y) == Approx(slope).margin(1e-6));
    }
}

TEST_CASE("steps follow momentum and gains as a naive descent does", "[tsne]") {
  const int count = 70;
  const auto affinities = some_affinities(count, 8, 31);
  const auto start = test::normal_layout(count, 1, 32);
  Descent descent(test::device(), affinities, Descent::State::at_rest(start));
  auto y = doubles(start);
  std::vector<std::array<double, 2>> velocity(y.size()), gain(y.size(), {1, 1});
  // Nine iterations, so that a whole batch is among them.
  descent.iterate(9, {.exaggeration = 2, .momentum = 0.7f, .learning_rate = 3});
  for (int step = 0; step < 9; ++step) {
    const auto gradient = naive(affinities, y, 2).gradient;
    for (std::size_t i = 0; i < y.size(); ++i)
      for (std::size_t c = 0; c < 2; ++c) {
        gain[i][c] = std::max(0.01, gradient[i][c] * velocity[i][c] < 0 ? gain[i][c] + 0.2 : gain[i][c] * 0.8);
        velocity[i][c] = 0.7 * velocity[i][c] - 3 * gain[i][c] * gradient[i][c];
        y[i][c] += velocity[i][c];
      }
  }
  const auto state = descent.state();
  for (std::size_t i = 0; i < y.size(); ++i) {
    REQUIRE(state.points[i].x == Approx(y[i][0]).margin(1e-4));
    REQUIRE(state.points[i].y == Approx(y[i][1]).margin(1e-4));
    REQUIRE(state.gains[i].x == Approx(gain[i][0]).margin(1e-5));
  }
}
