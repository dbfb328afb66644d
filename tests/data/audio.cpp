#include "engine/data/audio.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "tests/catch.h"

using namespace unveil;

namespace {

std::vector<float> sine(double hertz, std::size_t count, double level = 1) {
  std::vector<float> samples(count);
  for (std::size_t i = 0; i < count; ++i)
    samples[i] = static_cast<float>(level * std::sin(2 * std::numbers::pi * hertz * static_cast<double>(i) / 8000));
  return samples;
}

}  // namespace

TEST_CASE("a tone stands in the mel band around its frequency, and doubling it adds log 4", "[data][cpc]") {
  const MelOptions options;
  const double hertz = GENERATE(300.0, 1000.0, 2500.0);
  const auto quiet = log_mel(sine(hertz, 4000, 0.25), options), loud = log_mel(sine(hertz, 4000, 0.5), options);
  const auto bands = static_cast<std::size_t>(options.bands);
  REQUIRE(mel_frames(4000, options) == 47);
  REQUIRE(quiet.size() == 47 * bands);
  const auto frame = quiet.begin() + 20 * static_cast<std::ptrdiff_t>(bands);
  const auto band = static_cast<std::size_t>(std::max_element(frame, frame + options.bands) - frame);
  const auto mel = [](double f) { return 2595 * std::log10(1 + f / 700); };
  const double step = mel(4000) / (options.bands + 1);
  CHECK(std::abs(step * static_cast<double>(band + 1) - mel(hertz)) <= step);
  CHECK(loud[20 * bands + band] - quiet[20 * bands + band] == Approx(std::log(4)).margin(1e-4));
}

TEST_CASE("silence and short recordings have log-mel statistics too", "[data][cpc]") {
  const auto silent = log_mel_statistics(std::vector<float>(10));
  REQUIRE(silent.size() == 48);
  CHECK(silent[0] == Approx(std::log(1e-8)));
  CHECK(silent[47] == 0);
  CHECK(mel_frames(255, {}) == 0);
  CHECK(log_mel(std::vector<float>(255)).empty());
}

TEST_CASE("recordings are brought to one level, silence stays", "[data][cpc]") {
  auto samples = sine(100, 800, 0.01);
  normalise_rms(samples, 0.5f);
  double square = 0;
  for (const float s : samples) square += s * s / 800.0;
  CHECK(std::sqrt(square) == Approx(0.5));
  std::vector<float> silence(20);
  normalise_rms(silence, 1);
  CHECK(silence == std::vector<float>(20));
}

TEST_CASE("summary statistics say nothing of loudness", "[data][cpc]") {
  const auto soft = summary_statistics(sine(397, 4000, 0.1)), loud = summary_statistics(sine(397, 4000, 0.8));
  REQUIRE(soft.size() == kSummaryStatistics);
  for (std::size_t i = 0; i < soft.size(); ++i) CHECK(soft[i] == Approx(loud[i]).margin(1e-4));
  CHECK(soft[1] == Approx(2 * 397 / 8000.0).margin(1e-3));  // two sign changes a period
  CHECK(soft[2] == Approx(2 * std::numbers::sqrt2 / std::numbers::pi).margin(1e-3));
  CHECK(soft[3] == Approx(std::numbers::sqrt2).margin(1e-3));
  CHECK(soft[4] == Approx(1.5).margin(1e-3));
  CHECK(summary_statistics(std::vector<float>(9))[3] == 0);
}
