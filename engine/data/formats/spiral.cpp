#include <cmath>
#include <numbers>

#include "engine/data/format.h"
#include "engine/data/plane.h"

namespace unveil {
namespace {

Dataset load(const std::filesystem::path&, const DatasetOptions& options, DataKind) {
  return plane_set(options, "Spiral (generated)", "an arm that winds outwards one and a half times", {},
                   [](PhiloxStream& stream) {
                     // The square root spreads points evenly along the arm, about.
                     const float t = std::sqrt(stream.uniform());
                     const float angle = 3 * std::numbers::pi_v<float> * t, radius = 0.4f + 3.4f * t;
                     const float x = radius * std::cos(angle) + 0.12f * stream.normal();
                     return std::array<float, 2>{x, radius * std::sin(angle) + 0.12f * stream.normal()};
                   });
}

}  // namespace

const DataFormat& spiral_data_format() {
  static const DataFormat format = {.name = "spiral",
                                    .summary = "points of the plane: an arm that winds outwards",
                                    .built_in = true,
                                    .load = &load,
                                    .kinds = {DataKind::points}};
  return format;
}

}  // namespace unveil
