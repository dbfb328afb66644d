#include "engine/data/dead_leaves.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "engine/data/philox.h"
#include "engine/data/spectrum.h"

namespace unveil {
namespace {

constexpr float kSmallest = 3, kLargest = 150;
constexpr double kCovered = 0.9995;
constexpr float kNoiseDeviation = 0.15f;
constexpr std::uint32_t kDiscTag = 0x64697363, kPhaseTag = 0x70686173;

// The inverse of the distribution function of density r^-3.
float radius(float u) {
  constexpr float a = 1 / (kSmallest * kSmallest), b = 1 / (kLargest * kLargest);
  return 1 / std::sqrt(a - u * (a - b));
}

}  // namespace

Scene dead_leaves(std::uint64_t seed, std::uint32_t index, std::uint32_t split) {
  constexpr auto kPixels = static_cast<std::size_t>(kLeavesSize) * kLeavesSize;
  Scene scene{fmt::format("leaves {}", index), kLeavesSize, kLeavesSize, std::vector<float>(kPixels)};
  PhiloxStream stream(seed, index, split, kDiscTag);
  const float ground = stream.uniform();
  std::vector<bool> covered(kPixels);
  std::size_t left = kPixels;
  while (static_cast<double>(left) > (1 - kCovered) * static_cast<double>(kPixels)) {
    const float x = stream.uniform(-kLargest, kLeavesSize + kLargest),
                y = stream.uniform(-kLargest, kLeavesSize + kLargest);
    const float r = radius(stream.uniform()), grey = stream.uniform();
    const int top = std::max(0, static_cast<int>(std::ceil(y - r))),
              bottom = std::min(kLeavesSize - 1, static_cast<int>(std::floor(y + r)));
    for (int row = top; row <= bottom; ++row) {
      const float dy = static_cast<float>(row) - y, half = std::sqrt(std::max(0.0f, r * r - dy * dy));
      const int first = std::max(0, static_cast<int>(std::ceil(x - half))),
                last = std::min(kLeavesSize - 1, static_cast<int>(std::floor(x + half)));
      for (int column = first; column <= last; ++column) {
        const auto at = static_cast<std::size_t>(row) * kLeavesSize + static_cast<std::size_t>(column);
        if (covered[at]) continue;  // a leaf in front
        covered[at] = true;
        scene.grey[at] = grey;
        --left;
      }
    }
  }
  for (std::size_t i = 0; i < kPixels; ++i)
    if (!covered[i]) scene.grey[i] = ground;
  return scene;
}

Scene spectrum_noise(std::uint64_t seed, std::uint32_t index, std::uint32_t split) {
  Scene scene = dead_leaves(seed, index, split);
  scene.name = fmt::format("noise {}", index);
  auto spectrum = image_spectrum(scene.grey, scene.height, scene.width);
  // The phases of real noise are odd in the frequency, so that the image stays real.
  PhiloxStream stream(seed, index, split, kPhaseTag);
  std::vector<float> noise(scene.grey.size());
  for (auto& value : noise) value = stream.normal();
  const auto phases = image_spectrum(noise, scene.height, scene.width);
  spectrum[0] = 0;
  for (std::size_t i = 1; i < spectrum.size(); ++i)
    spectrum[i] = std::abs(spectrum[i]) * phases[i] / std::max(std::abs(phases[i]), 1e-20f);
  scene.grey = image_from_spectrum(std::move(spectrum), scene.height, scene.width);
  double squares = 0;
  for (const float v : scene.grey) squares += static_cast<double>(v) * v;
  const float scale =
      kNoiseDeviation / static_cast<float>(std::sqrt(squares / static_cast<double>(scene.grey.size())));
  for (float& v : scene.grey) v = std::clamp(0.5f + scale * v, 0.0f, 1.0f);
  return scene;
}

}  // namespace unveil
