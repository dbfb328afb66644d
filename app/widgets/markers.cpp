#include "app/widgets/markers.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace unveil {
namespace {

constexpr int kShapes = 10;         // of draw_marker
constexpr int kRows = kShapes + 1;  // a row of the sheet per colour, the last for dots without a class
constexpr float kRim = 1.0f;        // design units
constexpr double kTwoPi = 6.283185307179586;

// How far a point lies inside a marker of radius 1 (negative: outside), for the shapes of draw_marker.
float inside(int shape, float x, float y) {
  const auto polygon = [&](int corners, double turn, float radius) {
    float least = 1e9f;
    const double apothem = radius * std::cos(kTwoPi / 2 / corners);
    for (int i = 0; i < corners; ++i) {
      const double a = turn + kTwoPi * (i + 0.5) / corners;
      least = std::min(least, static_cast<float>(apothem - x * std::cos(a) - y * std::sin(a)));
    }
    return least;
  };
  const auto bars = [](float a, float b) {
    const auto bar = [](float along, float across) {
      return std::min(1.15f - std::abs(along), 0.34f - std::abs(across));
    };
    return std::max(bar(a, b), bar(b, a));
  };
  constexpr double kUp = -kTwoPi / 4;
  constexpr float kDiagonal = 0.70710678f;
  const float away = std::hypot(x, y);
  switch (shape) {
    case 0: return 1 - away;
    case 1: return 0.88f - std::max(std::abs(x), std::abs(y));
    case 2: return polygon(3, kUp, 1.35f);
    case 3: return polygon(4, kUp, 1.2f);
    case 4: return polygon(3, -kUp, 1.35f);
    case 5: return bars((x + y) * kDiagonal, (x - y) * kDiagonal);
    case 6: return bars(x, y);
    case 7: return std::max(polygon(3, kUp, 1.1f), polygon(3, -kUp, 1.1f));
    case 8: return polygon(5, kUp, 1.15f);
    default: return 0.3f - std::abs(away - 0.8f);
  }
}

}  // namespace

int class_shape(int index) {
  return index < 0 ? 0 : (index + index / kShapes) % kShapes;
}

ImU32 class_colour(const Theme& theme, int index) {
  return index < 0 ? theme.data : theme.classes[static_cast<std::size_t>(index) % theme.classes.size()];
}

// One picture of each shape in each colour, with a rim that parts it from what lies behind.
void Markers::bake(const Ui& ui, float radius_wanted) {
  if (sheet_ && scale_ == ui.scale && dark_ == ui.theme.dark && radius_ == radius_wanted) return;
  scale_ = ui.scale, dark_ = ui.theme.dark, radius_ = radius_wanted;
  const float radius = radius_wanted * ui.scale, rim = kRim * ui.scale;
  cell_ = 2 * static_cast<int>(std::ceil(1.4f * radius + rim)) + 1;
  const int width = cell_ * kShapes, height = cell_ * kRows;
  std::vector<ImU32> pixels(static_cast<std::size_t>(width * height));
  const ImU32 rim_colour = with_alpha(ui.theme.stage, 0.85f);
  const float half = 0.5f * static_cast<float>(cell_ - 1);
  for (int shape = 0; shape < kShapes; ++shape)
    for (int y = 0; y < cell_; ++y)
      for (int x = 0; x < cell_; ++x) {
        const float depth =
            radius * inside(shape, (static_cast<float>(x) - half) / radius, (static_cast<float>(y) - half) / radius);
        const float fill = std::clamp(depth + 0.5f, 0.0f, 1.0f), cover = std::clamp(depth + rim + 0.5f, 0.0f, 1.0f);
        for (int row = 0; row < kRows; ++row)
          pixels[static_cast<std::size_t>((row * cell_ + y) * width + shape * cell_ + x)] =
              with_alpha(mix(rim_colour, class_colour(ui.theme, row < kShapes ? row : -1), fill), cover);
      }
  sheet_.upload(width, height, pixels);
}

void Markers::draw(ImDrawList* list, std::span<const ImVec2> centres, std::span<const int> classes, float alpha,
                   std::span<const char> shown) const {
  const auto count = shown.empty() ? static_cast<int>(centres.size())
                                   : static_cast<int>(shown.size() - static_cast<std::size_t>(std::count(
                                                                         shown.begin(), shown.end(), char{0})));
  if (count == 0 || !sheet_) return;
  const float half = std::floor(0.5f * static_cast<float>(cell_)), cell = static_cast<float>(cell_);
  const ImU32 tint = with_alpha(IM_COL32_WHITE, alpha);
  list->PushTextureID(sheet_.id());
  list->PrimReserve(6 * count, 4 * count);
  for (std::size_t i = 0; i < centres.size(); ++i) {
    if (!shown.empty() && !shown[i]) continue;
    const ImVec2 corner(std::round(centres[i].x) - half, std::round(centres[i].y) - half);
    const int shape = class_shape(classes[i]), row = classes[i] < 0 ? kShapes : classes[i] % kShapes;
    const float left = static_cast<float>(shape) / kShapes, right = static_cast<float>(shape + 1) / kShapes;
    const float top = static_cast<float>(row) / kRows, bottom = static_cast<float>(row + 1) / kRows;
    list->PrimRectUV(corner, {corner.x + cell, corner.y + cell}, {left, top}, {right, bottom}, tint);
  }
  list->PopTextureID();
}

}  // namespace unveil
