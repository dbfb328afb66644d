#include "engine/data/audio.h"

#include <algorithm>
#include <cmath>
#include <complex>
#include <numbers>
#include <unsupported/Eigen/FFT>

namespace unveil {
namespace {

constexpr double kFloor = 1e-8;  // of a full-scale sine's energy

double mel_of(double hertz) {
  return 2595 * std::log10(1 + hertz / 700);
}
double hertz_of(double mel) {
  return 700 * (std::pow(10, mel / 2595) - 1);
}

// A band's weights from spectrum bin `first` on.
struct Band {
  int first = 0;
  std::vector<float> weights;
};

std::vector<Band> mel_bands(const MelOptions& options) {
  const double bin = static_cast<double>(options.sample_rate) / options.window,
               step = mel_of(options.sample_rate / 2.0) / (options.bands + 1);
  std::vector<Band> bands;
  for (int b = 0; b < options.bands; ++b) {
    const double low = hertz_of(b * step), centre = hertz_of((b + 1) * step), high = hertz_of((b + 2) * step);
    Band band;
    band.first = static_cast<int>(std::ceil(low / bin));
    for (int k = band.first; k <= options.window / 2 && k * bin < high; ++k)
      band.weights.push_back(static_cast<float>(k * bin < centre ? (k * bin - low) / (centre - low)
                                                                 : (high - k * bin) / (high - centre)));
    // Narrower than a bin: the nearest one speaks for it.
    if (band.weights.empty()) {
      band.first = static_cast<int>(std::lround(centre / bin));
      band.weights = {1};
    }
    bands.push_back(std::move(band));
  }
  return bands;
}

double mean_square(std::span<const float> samples) {
  double sum = 0;
  for (const float s : samples) sum += static_cast<double>(s) * s;
  return samples.empty() ? 0 : sum / static_cast<double>(samples.size());
}

}  // namespace

int mel_frames(std::int64_t samples, const MelOptions& options) {
  return samples < options.window ? 0 : static_cast<int>((samples - options.window) / options.hop) + 1;
}

std::vector<float> log_mel(std::span<const float> samples, const MelOptions& options) {
  const auto size = static_cast<std::size_t>(options.window), bins = size / 2 + 1;
  const int frames = mel_frames(static_cast<std::int64_t>(samples.size()), options);
  std::vector<float> hann(size);
  double total = 0;
  for (std::size_t i = 0; i < size; ++i) {
    hann[i] = static_cast<float>(
        0.5 - 0.5 * std::cos(2 * std::numbers::pi * (static_cast<double>(i) + 0.5) / static_cast<double>(size)));
    total += hann[i];
  }
  const auto scale = static_cast<float>(4 / (total * total));  // a sine of amplitude 1 has energy 1
  const auto bands = mel_bands(options);
  Eigen::FFT<float> transform;
  std::vector<float> windowed(size), power(bins), result;
  std::vector<std::complex<float>> spectrum;
  result.reserve(static_cast<std::size_t>(frames) * bands.size());
  for (int f = 0; f < frames; ++f) {
    const float* from = samples.data() + static_cast<std::ptrdiff_t>(f) * options.hop;
    for (std::size_t i = 0; i < size; ++i) windowed[i] = from[i] * hann[i];
    transform.fwd(spectrum, windowed);
    for (std::size_t k = 0; k < bins; ++k) power[k] = std::norm(spectrum[k]) * scale;
    for (const auto& band : bands) {
      double energy = 0;
      for (std::size_t k = 0; k < band.weights.size(); ++k)
        energy += band.weights[k] * power[static_cast<std::size_t>(band.first) + k];
      result.push_back(static_cast<float>(std::log(std::max(energy, kFloor))));
    }
  }
  return result;
}

std::vector<float> log_mel_statistics(std::span<const float> samples, const MelOptions& options) {
  std::vector<float> lengthened(samples.begin(), samples.end());
  lengthened.resize(std::max(samples.size(), static_cast<std::size_t>(options.window)));
  const auto values = log_mel(lengthened, options);
  const auto bands = static_cast<std::size_t>(options.bands), frames = values.size() / bands;
  std::vector<float> statistics(2 * bands);
  for (std::size_t b = 0; b < bands; ++b) {
    double mean = 0, square = 0;
    for (std::size_t f = 0; f < frames; ++f) mean += values[f * bands + b];
    mean /= static_cast<double>(frames);
    for (std::size_t f = 0; f < frames; ++f) square += std::pow(values[f * bands + b] - mean, 2);
    statistics[b] = static_cast<float>(mean);
    statistics[bands + b] = static_cast<float>(std::sqrt(square / static_cast<double>(frames)));
  }
  return statistics;
}

void normalise_rms(std::vector<float>& samples, float level) {
  const double square = mean_square(samples);
  if (square <= 0) return;
  const auto scale = static_cast<float>(level / std::sqrt(square));
  for (auto& s : samples) s *= scale;
}

std::vector<float> summary_statistics(std::span<const float> samples) {
  std::vector<float> statistics(kSummaryStatistics);
  const auto n = static_cast<double>(samples.size());
  statistics[0] = static_cast<float>(std::log(n + 1));
  const double square = mean_square(samples);
  if (square <= 0) return statistics;
  const double rms = std::sqrt(square);
  double absolute = 0, peak = 0, fourth = 0, changes = 0;
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const double s = samples[i];
    absolute += std::abs(s);
    peak = std::max(peak, std::abs(s));
    fourth += s * s * s * s;
    changes += i > 0 && (s < 0) != (samples[i - 1] < 0);
  }
  statistics[1] = static_cast<float>(changes / n);
  statistics[2] = static_cast<float>(absolute / n / rms);
  statistics[3] = static_cast<float>(peak / rms);
  statistics[4] = static_cast<float>(fourth / n / (square * square));
  for (int l = 0; l < 4; ++l) {
    const std::size_t lag = std::size_t{1} << l;
    double sum = 0;
    for (std::size_t i = lag; i < samples.size(); ++i) sum += static_cast<double>(samples[i]) * samples[i - lag];
    statistics[static_cast<std::size_t>(5 + l)] = static_cast<float>(sum / n / square);
  }
  return statistics;
}

}  // namespace unveil
