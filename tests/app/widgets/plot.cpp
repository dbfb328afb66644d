#include "app/widgets/plot.h"

#include <cmath>

#include "tests/catch.h"

using namespace unveil;

TEST_CASE("the running mean of a constant is that constant, from the first value on", "[widgets]") {
  const std::vector<double> constant(200, 3.5);
  for (double v : running_mean(constant)) CHECK(v == Approx(3.5));
}

TEST_CASE("the running mean leaves gaps where there is no value and is calmer than the curve", "[widgets]") {
  std::vector<double> y;
  for (int i = 0; i < 2000; ++i) y.push_back(i % 2 ? 1.0 : -1.0);
  y[7] = std::nan("");
  const auto mean = running_mean(y);
  CHECK(std::isnan(mean[7]));
  CHECK(mean[8] == Approx(0).margin(0.8));
  for (std::size_t i = 1000; i < y.size(); ++i) CHECK(std::abs(mean[i]) < 0.05);
}

TEST_CASE("a plot's range holds the curve without letting its first values flatten the rest", "[widgets]") {
  std::vector<double> x, y;
  for (int i = 0; i < 1000; ++i) x.push_back(i), y.push_back(i < 5 ? 5000.0 : 90.0 + i * 0.01);
  const PlotSeries series[] = {{"loss", x, y}};
  const Range range = shown_range(series, false, false);
  CHECK(range.high < 120);
  CHECK(range.low < 90.05);
  CHECK(range.high > 99.9);
  CHECK(shown_range({}, false, false).high > shown_range({}, false, false).low);
  CHECK(shown_range(series, false, true).low == 0);
  CHECK(shown_range(series, true, false).low > 0);
}

TEST_CASE("values measured now and then are not joined over long gaps", "[widgets]") {
  // Measured every 10 steps, not at all for 600, then every 10 again, on an axis of 1,000.
  std::vector<double> x;
  for (int i = 0; i <= 20; ++i) x.push_back(10 * i);
  for (int i = 0; i <= 20; ++i) x.push_back(800 + 10 * i);
  CHECK(gaps(x, 1000) == std::vector<std::size_t>{20});
  CHECK(gaps(std::vector<double>{0, 400}, 400) == std::vector<std::size_t>{0});
  CHECK(gaps(std::vector<double>{5}, 400).empty());
  CHECK(gaps({}, 400).empty());
  std::vector<double> even;
  for (int i = 0; i < 100; ++i) even.push_back(7 * i);
  CHECK(gaps(even, 700).empty());
}
