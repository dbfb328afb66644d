#include "app/exhibits/cpc/filters.h"

#include <algorithm>
#include <cmath>
#include <complex>
#include <numbers>

namespace unveil {

namespace {

// Where a sampled curve is highest, in samples: the top of the parabola through the highest three. 0 for nothing at
// all.
double peak_of(std::span<const float> curve) {
  const auto highest = std::max_element(curve.begin(), curve.end());
  if (highest == curve.end() || *highest <= 0) return 0;
  const auto at = static_cast<double>(highest - curve.begin());
  if (highest == curve.begin() || highest + 1 == curve.end()) return at;
  const double before = highest[-1], here = *highest, after = highest[1], bend = before - 2 * here + after;
  return bend < 0 ? at + 0.5 * (before - after) / bend : at;
}

}  // namespace

std::vector<FirstFilter> first_filters(std::span<const float> weights, int taps, int channels, int sample_rate) {
  std::vector<FirstFilter> filters;
  for (int c = 0; c < channels; ++c) {
    FirstFilter filter{.channel = c};
    double square = 0;
    std::vector<float> sizes;
    for (int i = 0; i < taps; ++i) {
      const float w = weights[static_cast<std::size_t>(i * channels + c)];
      filter.taps.push_back(w);
      sizes.push_back(std::abs(w));
      square += static_cast<double>(w) * w;
    }
    for (int f = 0; f < kResponse && sample_rate > 0; ++f) {
      std::complex<double> sum;
      for (int i = 0; i < taps; ++i)
        sum += static_cast<double>(filter.taps[static_cast<std::size_t>(i)]) *
               std::polar(1.0, -std::numbers::pi * f * i / (kResponse - 1));
      filter.response.push_back(static_cast<float>(std::abs(sum)));
    }
    // A filter may let through two bands with nothing between them: its centre of mass would name what it stops.
    filter.peak = sample_rate > 0 ? peak_of(filter.response) * sample_rate / (2.0 * (kResponse - 1)) : peak_of(sizes);
    filter.size = static_cast<float>(std::sqrt(square));
    filters.push_back(std::move(filter));
  }
  return filters;
}

}  // namespace unveil
