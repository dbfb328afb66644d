#include <cmath>
#include <numbers>

#include "engine/data/format.h"
#include "engine/data/plane.h"

namespace unveil {
namespace {

Dataset load(const std::filesystem::path&, const DatasetOptions& options, DataKind) {
  return plane_set(options, "Two moons (generated)", "two half circles of radius 2 that reach into each other", {},
                   [](PhiloxStream& stream) {
                     const bool upper = stream.below(2) == 0;
                     const float angle = std::numbers::pi_v<float> * stream.uniform();
                     const float x = 2 * std::cos(angle) * (upper ? 1.0f : -1.0f) + (upper ? -1.0f : 1.0f);
                     const float y = 2 * std::sin(angle) * (upper ? 1.0f : -1.0f) + (upper ? -0.5f : 0.5f);
                     const float dx = 0.15f * stream.normal();
                     return std::array<float, 2>{x + dx, y + 0.15f * stream.normal()};
                   });
}

}  // namespace

const DataFormat& moons_data_format() {
  static const DataFormat format = {.name = "moons",
                                    .summary = "points of the plane: two half circles that reach into each other",
                                    .built_in = true,
                                    .load = &load,
                                    .kinds = {DataKind::points}};
  return format;
}

}  // namespace unveil
