#include <fmt/format.h>

#include <cmath>
#include <numbers>

#include "engine/data/format.h"
#include "engine/data/plane.h"

namespace unveil {
namespace {

constexpr int kModes = 8;

Dataset load(const std::filesystem::path& arguments, const DatasetOptions& options, DataKind) {
  const auto numbers = plane_arguments("ring", arguments, {4, 0.5f});
  const float radius = numbers[0], sigma = numbers[1];
  PointTruth truth;
  truth.sigma = sigma;
  for (int m = 0; m < kModes; ++m) {
    const double angle = 2 * std::numbers::pi * m / kModes;
    truth.modes.push_back(
        {static_cast<float>(radius * std::cos(angle)), static_cast<float>(radius * std::sin(angle))});
  }
  // As if the Gaussians did not overlap, which they hardly do where the radius is some eight σ.
  truth.entropy = std::log(kModes) + 1 + std::log(2 * std::numbers::pi * sigma * sigma);
  return plane_set(
      options, "Ring (generated)",
      fmt::format("eight Gaussians on a circle of radius {:g}, each of standard deviation {:g}", radius, sigma),
      truth, [&](PhiloxStream& stream) {
        const auto& mode = truth.modes[stream.below(kModes)];
        const float x = mode[0] + sigma * stream.normal();
        return std::array<float, 2>{x, mode[1] + sigma * stream.normal()};
      });
}

}  // namespace

const DataFormat& ring_data_format() {
  static const DataFormat format = {
      .name = "ring",
      .summary = "points of the plane: eight Gaussians on a circle (radius 4, sigma 0.5)",
      .built_in = true,
      .load = &load,
      .kinds = {DataKind::points},
      .arguments = "[:RADIUS,SIGMA]"};
  return format;
}

}  // namespace unveil
