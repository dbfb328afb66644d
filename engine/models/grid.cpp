#include "engine/models/grid.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace unveil {

Picture grid(const std::vector<Picture>& pictures, int columns, int scale, std::uint8_t gap) {
  if (pictures.empty()) throw std::logic_error("a grid needs pictures");
  const int count = static_cast<int>(pictures.size()), channels = pictures[0].channels;
  if (columns <= 0) columns = static_cast<int>(std::ceil(std::sqrt(count)));
  columns = std::min(columns, count);
  const int rows = (count + columns - 1) / columns;
  const int cell_width = (pictures[0].width + 1) * scale, cell_height = (pictures[0].height + 1) * scale;
  Picture sheet{columns * cell_width + scale, rows * cell_height + scale, channels, {}};
  sheet.pixels.assign(static_cast<std::size_t>(sheet.width) * static_cast<std::size_t>(sheet.height * channels), gap);
  for (int i = 0; i < count; ++i) {
    const auto& picture = pictures[static_cast<std::size_t>(i)];
    const int left = i % columns * cell_width + scale, top = i / columns * cell_height + scale;
    for (int y = 0; y < picture.height * scale; ++y)
      for (int x = 0; x < picture.width * scale; ++x)
        for (int c = 0; c < channels; ++c)
          sheet.pixels[(static_cast<std::size_t>(top + y) * static_cast<std::size_t>(sheet.width) +
                        static_cast<std::size_t>(left + x)) *
                           static_cast<std::size_t>(channels) +
                       static_cast<std::size_t>(c)] =
              picture.pixels[static_cast<std::size_t>(((y / scale) * picture.width + x / scale) * channels + c)];
  }
  return sheet;
}

Picture points_picture(std::span<const float> points, int side) {
  std::vector<float> reach(points.size());
  std::ranges::transform(points, reach.begin(), [](float v) { return std::abs(v); });
  const auto most = reach.begin() + static_cast<std::ptrdiff_t>(reach.size() * 99 / 100);
  std::ranges::nth_element(reach, most);
  const float radius = 1.25f * std::max(reach.empty() ? 1.0f : *most, 1e-6f);
  Picture picture{side, side, 1, std::vector<std::uint8_t>(static_cast<std::size_t>(side) * side, 16)};
  for (std::size_t i = 0; i + 1 < points.size(); i += 2) {
    const float x = (points[i] / radius + 1) * 0.5f * static_cast<float>(side),
                y = (1 - points[i + 1] / radius) * 0.5f * static_cast<float>(side);
    if (!(x >= 1 && y >= 1 && x < static_cast<float>(side - 1) && y < static_cast<float>(side - 1))) continue;
    for (int dy = -1; dy <= 0; ++dy)
      for (int dx = -1; dx <= 0; ++dx)
        picture.pixels[static_cast<std::size_t>((static_cast<int>(y) + dy) * side + static_cast<int>(x) + dx)] = 255;
  }
  return picture;
}

}  // namespace unveil
