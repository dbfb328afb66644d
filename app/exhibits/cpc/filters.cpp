#include "app/exhibits/cpc/filters.h"

#include <cmath>
#include <complex>
#include <numbers>

namespace unveil {

std::vector<FirstFilter> first_filters(std::span<const float> weights, int taps, int channels, int sample_rate) {
  std::vector<FirstFilter> filters;
  for (int c = 0; c < channels; ++c) {
    FirstFilter filter{.channel = c};
    double power = 0, moment = 0, square = 0;
    for (int i = 0; i < taps; ++i) {
      const float w = weights[static_cast<std::size_t>(i * channels + c)];
      filter.taps.push_back(w);
      square += static_cast<double>(w) * w;
      if (sample_rate == 0) power += static_cast<double>(w) * w, moment += static_cast<double>(w) * w * i;
    }
    for (int f = 0; f < kResponse && sample_rate > 0; ++f) {
      std::complex<double> sum;
      for (int i = 0; i < taps; ++i)
        sum += static_cast<double>(filter.taps[static_cast<std::size_t>(i)]) *
               std::polar(1.0, -std::numbers::pi * f * i / (kResponse - 1));
      filter.response.push_back(static_cast<float>(std::abs(sum)));
      power += std::norm(sum), moment += std::norm(sum) * f * sample_rate / (2.0 * (kResponse - 1));
    }
    filter.centre = power > 0 ? moment / power : 0;
    filter.size = static_cast<float>(std::sqrt(square));
    filters.push_back(std::move(filter));
  }
  return filters;
}

}  // namespace unveil
