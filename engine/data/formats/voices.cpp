// Vowel sequences spoken by generated speakers: a glottal source through a cascade of resonators (Klatt 1980),
// formants of Peterson & Barney 1952.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "engine/data/audio.h"
#include "engine/data/format.h"
#include "engine/data/philox.h"

namespace unveil {
namespace {

constexpr int kRate = 8000, kSpeakers = 24, kVowels = 6;
constexpr float kLevel = 0.1f;  // root mean square of every utterance: loudness tells nothing
constexpr std::uint32_t kSpeakerTag = 0x73706561, kUtteranceTag = 0x75747465;

// The mean of 33 men (Peterson & Barney 1952): F1, F2, F3 in Hz.
struct Vowel {
  const char* name;
  std::array<double, 3> formants;
};
constexpr std::array<Vowel, kVowels> kVowelTable{{{"i", {270, 2290, 3010}},
                                                  {"ɛ", {530, 1840, 2480}},
                                                  {"æ", {660, 1720, 2410}},
                                                  {"ɑ", {730, 1090, 2440}},
                                                  {"ɔ", {570, 840, 2410}},
                                                  {"u", {300, 870, 2240}}}};
constexpr std::array<double, 4> kBandwidths{60, 90, 150, 200};
constexpr double kFourthFormant = 3500, kHighestFormant = 3800;

struct Speaker {
  double pitch;      // Hz
  double scale;      // of the formants: a shorter throat has higher ones
  double tilt;       // of the source's spectrum: 0 bright, towards 1 dark
  double open;       // share of a period in which the glottis is open
  double bandwidth;  // of the formants, beside kBandwidths
  double noise;      // breath, beside the voice's root mean square
};

Speaker speaker(std::uint64_t seed, int number) {
  PhiloxStream stream(seed, static_cast<std::uint32_t>(number), 0, kSpeakerTag);
  // Pitches spread evenly over 85 to 255 Hz; high voices tend to have short throats, with exceptions.
  const double place = (number + 0.5 * stream.uniform()) / kSpeakers;
  Speaker s{};
  s.pitch = 85 * std::pow(3.0, place);
  s.scale = std::clamp(0.85 + 0.35 * (0.6 * place + 0.4 * stream.uniform()), 0.85, 1.2);
  s.tilt = stream.uniform(0.0f, 0.8f);
  s.open = stream.uniform(0.45f, 0.75f);
  s.bandwidth = stream.uniform(0.8f, 1.4f);
  s.noise = std::pow(10, -stream.uniform(20, 30) / 20);
  return s;
}

// A two-pole resonance of unit gain at 0 Hz: y = A x + B y1 + C y2.
struct Resonator {
  double y1 = 0, y2 = 0;
  double step(double x, double frequency, double bandwidth) {
    const double radius = std::exp(-std::numbers::pi * bandwidth / kRate);
    const double c = -radius * radius, b = 2 * radius * std::cos(2 * std::numbers::pi * frequency / kRate);
    const double y = (1 - b - c) * x + b * y1 + c * y2;
    y2 = y1;
    y1 = y;
    return y;
  }
};

// The slope of Rosenberg's glottal pulse (1971, form C) at a phase of the period in [0, 1).
double glottal_slope(double phase, double open) {
  const double rise = 0.67 * open, fall = open - rise;
  if (phase < rise) return 0.5 * std::numbers::pi / rise * std::sin(std::numbers::pi * phase / rise);
  if (phase < open) return -0.5 * std::numbers::pi / fall * std::sin(0.5 * std::numbers::pi * (phase - rise) / fall);
  return 0;
}

struct Segment {
  int vowel, samples;
};

Recording utterance(std::uint64_t seed, std::uint32_t split, int number) {
  const int who = number % kSpeakers;
  const Speaker s = speaker(seed, who);
  PhiloxStream stream(seed, static_cast<std::uint32_t>(number), split, kUtteranceTag);
  // Three to five vowels of 80 to 200 ms, none twice in a row; 40 ms glides lead from one to the next.
  std::vector<Segment> segments(3 + stream.below(3));
  std::array<int, kVowels> held{};
  int total = 0, before = -1;
  for (auto& segment : segments) {
    segment.vowel = static_cast<int>(stream.below(before < 0 ? kVowels : kVowels - 1));
    if (before >= 0 && segment.vowel >= before) ++segment.vowel;
    before = segment.vowel;
    segment.samples = static_cast<int>(stream.uniform(0.08f, 0.2f) * kRate);
    held[static_cast<std::size_t>(segment.vowel)] += segment.samples;
    total += segment.samples;
  }

  constexpr double kGlide = 0.04 * kRate;
  Recording recording;
  recording.samples.resize(static_cast<std::size_t>(total));
  std::array<Resonator, 4> cascade;
  const double from = stream.uniform(0.94f, 1.08f), to = stream.uniform(0.9f, 1.04f);  // the melody's drift
  double phase = stream.uniform(), jitter = 1, dark = 0;
  std::size_t at = 0;
  for (std::size_t i = 0; i < segments.size(); ++i)
    for (int k = 0; k < segments[i].samples; ++k, ++at) {
      const double progress = static_cast<double>(at) / total;
      const double pitch = s.pitch * (from + (to - from) * progress) * jitter;
      phase += pitch / kRate;
      if (phase >= 1) {
        phase -= 1;
        jitter = 1 + 0.01 * stream.normal();
      }
      dark += (1 - s.tilt) * (glottal_slope(phase, s.open) - dark);
      double x = dark;
      // The glide's first half belongs to the vowel before, its second to the one after.
      const int to_end = segments[i].samples - k;
      const std::size_t other = k < kGlide / 2 && i > 0                          ? i - 1
                                : to_end < kGlide / 2 && i + 1 < segments.size() ? i + 1
                                                                                 : i;
      const double share = other == i ? 0 : 0.5 - (other < i ? k : to_end) / kGlide;
      for (std::size_t f = 0; f < 4; ++f) {
        double formant = kFourthFormant;
        if (f < 3) {
          const auto formant_of = [&](std::size_t segment) {
            return kVowelTable[static_cast<std::size_t>(segments[segment].vowel)].formants[f];
          };
          formant = (1 - share) * formant_of(i) + share * formant_of(other);
        }
        x = cascade[f].step(x, std::min(formant * s.scale, kHighestFormant), kBandwidths[f] * s.bandwidth);
      }
      recording.samples[at] = static_cast<float>(x);
    }
  normalise_rms(recording.samples, 1);
  for (auto& sample : recording.samples) sample += static_cast<float>(s.noise) * stream.normal();
  // No click at either end.
  constexpr std::size_t kFade = kRate / 100;
  for (std::size_t i = 0; i < kFade; ++i) {
    const float share = static_cast<float>(i) / kFade;
    recording.samples[i] *= share;
    recording.samples[recording.samples.size() - 1 - i] *= share;
  }
  normalise_rms(recording.samples, kLevel);
  const auto longest = std::distance(held.begin(), std::max_element(held.begin(), held.end()));
  recording.labels = {static_cast<std::uint8_t>(who), static_cast<std::uint8_t>(longest)};
  recording.name = fmt::format("voice {:02}, utterance {}", who + 1, number / kSpeakers + 1);
  return recording;
}

Dataset load(const std::filesystem::path&, const DatasetOptions& options, DataKind) {
  constexpr int kTrain = 40 * kSpeakers, kTest = 10 * kSpeakers;
  Dataset dataset;
  dataset.title = "Vowels of 24 voices (generated)";
  dataset.sample_rate = kRate;
  dataset.label_kinds = {{"speaker", {}}, {"vowel", {}}};
  for (int s = 0; s < kSpeakers; ++s) dataset.label_kinds[0].classes.push_back(fmt::format("voice {:02}", s + 1));
  for (const auto& vowel : kVowelTable) dataset.label_kinds[1].classes.push_back(vowel.name);
  const int train = options.train_count ? options.train_count : kTrain,
            test = options.test_count ? options.test_count : kTest;
  for (int i = 0; i < train; ++i) dataset.train_recordings.push_back(utterance(options.seed, 0, i));
  for (int i = 0; i < test; ++i) dataset.test_recordings.push_back(utterance(options.seed, 1, i));
  dataset.description = fmt::format(
      "{} training and {} held-out utterances of three to five vowels by {} voices that differ in pitch, throat and "
      "timbre, equally loud, at {} Hz (seed {}); the vowel label is the one held longest.",
      train, test, kSpeakers, kRate, options.seed);
  return dataset;
}

}  // namespace

const DataFormat& voices_data_format() {
  static const DataFormat format = {
      "voices", "vowel sequences of 24 generated voices: 8 kHz, labels speaker and vowel (the one held longest)",
      true,     nullptr,
      &load,    {DataKind::sounds}};
  return format;
}

}  // namespace unveil
