#include <algorithm>
#include <cmath>

#include "app/exhibits/vae/tab.h"

namespace unveil {

std::vector<std::uint8_t> grey_of(std::span<const float> values) {
  std::vector<std::uint8_t> grey;
  grey.reserve(values.size());
  for (const float v : values)
    grey.push_back(static_cast<std::uint8_t>(std::lround(255 * std::clamp(v, 0.0f, 1.0f))));
  return grey;
}

float show_picture(Ui& ui, ImageGrid& grid, const char* id, std::span<const float> values, int height, int width,
                   float side) {
  const float pixels = static_cast<float>(std::max(height, width)), used = std::max(1.0f, std::floor(side / pixels));
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const ImVec2 extent(used * static_cast<float>(width), used * static_cast<float>(height));
  if (values.size() == static_cast<std::size_t>(height * width)) {
    grid.set(1, height, width, 1, grey_of(values), ui.now);
    ImageGridOptions options;
    options.centre = false, options.gap = 0;
    options.largest = static_cast<int>(std::ceil(used / ui.scale));
    grid.draw(ui, id, extent, options);
  } else {
    ImGui::GetWindowDrawList()->AddRectFilled(at, {at.x + extent.x, at.y + extent.y}, ui.theme.panel, ui.px(4));
    ImGui::Dummy(extent);
  }
  return used * pixels;
}

}  // namespace unveil
