#include <cmath>

#include "engine/data/format.h"
#include "engine/data/plane.h"

namespace unveil {
namespace {

Dataset load(const std::filesystem::path&, const DatasetOptions& options, DataKind) {
  PointTruth truth;
  truth.entropy = std::log(32.0);
  for (int field = 0; field < 8; ++field) {
    const float left = -4 + 2 * static_cast<float>(2 * (field % 2) + field / 2 % 2),
                bottom = -4 + 2 * static_cast<float>(field / 2);
    truth.fields.push_back({left, bottom, left + 2, bottom + 2});
  }
  return plane_set(options, "Checkerboard (generated)", "every other field of a board of 4 × 4 from -4 to 4", truth,
                   [](PhiloxStream& stream) {
                     const auto field = stream.below(8);
                     const std::uint32_t row = field / 2, column = 2 * (field % 2) + row % 2;
                     const float x = -4 + 2 * (static_cast<float>(column) + stream.uniform());
                     return std::array<float, 2>{x, -4 + 2 * (static_cast<float>(row) + stream.uniform())};
                   });
}

}  // namespace

const DataFormat& checkerboard_data_format() {
  static const DataFormat format = {.name = "checkerboard",
                                    .summary = "points of the plane: eight squares, whose edges are hard to learn",
                                    .built_in = true,
                                    .load = &load,
                                    .kinds = {DataKind::points}};
  return format;
}

}  // namespace unveil
