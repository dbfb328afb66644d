#include <algorithm>
#include <cmath>
#include <set>

#include "engine/data/audio.h"
#include "engine/data/dataset.h"
#include "tests/catch.h"
#include "tests/data/files.h"

namespace unveil {

TEST_CASE("built-in voices are the same for a seed, whatever their number", "[data][cpc]") {
  const Dataset few = load_dataset("voices", {.seed = 3, .train_count = 30, .test_count = 24});
  const Dataset more = load_dataset("voices", {.seed = 3, .train_count = 48, .test_count = 30});
  CHECK(few.kind == DataKind::sounds);
  CHECK(few.sample_rate == 8000);
  REQUIRE(few.train_count() == 30);
  REQUIRE(few.test_count() == 24);
  CHECK(few.train_recordings[7].samples == more.train_recordings[7].samples);
  CHECK(few.test_recordings[7].samples == more.test_recordings[7].samples);
  CHECK(few.test_recordings[7].samples != few.train_recordings[7].samples);
  CHECK(load_dataset("voices", {.seed = 4, .train_count = 8}).train_recordings[7].samples !=
        few.train_recordings[7].samples);
}

TEST_CASE("voices: at least 20 speakers, labels for speaker and vowel, equally loud", "[data][cpc]") {
  const Dataset data = load_dataset("voices", {.train_count = 96, .test_count = 24});
  REQUIRE(data.label_kinds.size() == 2);
  CHECK(data.label_kinds[0].name == "speaker");
  CHECK(data.label_kinds[0].classes.size() >= 20);
  CHECK(data.label_kinds[1].name == "vowel");
  CHECK(data.label_kinds[1].classes.size() == 6);
  std::set<int> vowels;
  std::vector<int> counts(data.label_kinds[0].classes.size());
  for (const auto& recording : data.train_recordings) {
    REQUIRE(recording.labels.size() == 2);
    ++counts.at(recording.labels[0]);
    vowels.insert(recording.labels[1]);
    CHECK(recording.labels[1] < 6);
    CHECK(recording.samples.size() >= 3 * 640);   // three vowels of 80 ms
    CHECK(recording.samples.size() <= 5 * 1600);  // five of 200 ms
    double square = 0, peak = 0;
    for (const float s : recording.samples) {
      REQUIRE(std::isfinite(s));
      square += s * s, peak = std::max<double>(peak, std::abs(s));
    }
    CHECK(std::sqrt(square / static_cast<double>(recording.samples.size())) == Approx(0.1).margin(1e-5));
    CHECK(peak < 1);
  }
  CHECK(vowels.size() == 6);
  for (const int count : counts) CHECK(count == 4);
}

TEST_CASE("voices repeat after their pitch: low ones slower than high ones", "[data][cpc]") {
  const Dataset data = load_dataset("voices", {.train_count = 24});
  // The lag, from 2.5 to 16 ms, at which the middle of an utterance is most like itself.
  const auto period = [&](std::size_t number) {
    const auto& samples = data.train_recordings[number].samples;
    const std::size_t middle = samples.size() / 2 - 400;
    std::size_t best = 0;
    double highest = -1;
    for (std::size_t lag = 20; lag < 128; ++lag) {
      double sum = 0;
      for (std::size_t i = 0; i < 600; ++i) sum += samples[middle + i] * samples[middle + i + lag];
      if (sum > highest) highest = sum, best = lag;
    }
    return static_cast<double>(best);
  };
  double low = 0, high = 0;
  for (std::size_t i = 0; i < 6; ++i) low += period(i) / 6, high += period(18 + i) / 6;
  CHECK(low > 1.4 * high);
}

TEST_CASE("recordings are no pictures, and the other way round", "[data][cpc]") {
  CHECK(error_of([] { load_dataset("voices", {.kinds = {DataKind::pictures}}); }).find("recordings") !=
        std::string::npos);
  CHECK(error_of([] { load_dataset("digits", {.kinds = {DataKind::sounds}}); }).find("voices") != std::string::npos);
}

}  // namespace unveil
