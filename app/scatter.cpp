#include "app/scatter.h"

#include <algorithm>
#include <cmath>

#include "app/canvas.h"
#include "app/widgets/theme.h"
#include "engine/data/text.h"

namespace unveil {
namespace {

constexpr int kSize = 960, kMargin = 28, kTop = 64, kLegend = 150;
constexpr int kLegendRows = 20;

Canvas::Colour colour_of(ImU32 colour) {
  const auto part = [&](int shift) { return static_cast<int>(colour >> shift & 0xff); };
  return {part(IM_COL32_R_SHIFT), part(IM_COL32_G_SHIFT), part(IM_COL32_B_SHIFT)};
}

// As much of a class's name as the legend has room for.
std::string legend_name(const std::string& name) {
  constexpr std::size_t kLongest = 13;
  const auto codes = utf8_codes(name);
  if (codes.size() <= kLongest) return name;
  std::string text;
  for (const auto code : codes.substr(0, kLongest - 1)) append_utf8(text, code);
  return text + "…";
}

}  // namespace

void save_scatter(const std::filesystem::path& path, const std::string& title, const std::vector<LayoutPoint>& points,
                  const PointClasses& classes) {
  const Theme theme = dark_theme();
  const bool labelled = !classes.values.empty();
  const int right = labelled ? kLegend : kMargin;
  LayoutPoint low{INFINITY, INFINITY}, high{-INFINITY, -INFINITY};
  for (const auto& p : points) {
    low = {std::min(low.x, p.x), std::min(low.y, p.y)};
    high = {std::max(high.x, p.x), std::max(high.y, p.y)};
  }
  const double across = kSize - kMargin - right, down = kSize - kMargin - kTop;
  const double scale = std::min(across / std::max(high.x - low.x, 1e-9f), down / std::max(high.y - low.y, 1e-9f));
  const double middle_x = (low.x + high.x) / 2, middle_y = (low.y + high.y) / 2;
  const double radius = std::clamp(140 / std::sqrt(static_cast<double>(points.size())), 2.0, 6.0);

  Canvas canvas(kSize, kSize);
  canvas.text(kMargin, 38, title, 22, 0, Canvas::kText);
  const auto colour = [&](int value) {
    return colour_of(theme.classes[static_cast<std::size_t>(value) % theme.classes.size()]);
  };
  for (std::size_t i = 0; i < points.size(); ++i) {
    const int value = labelled ? classes.values[i] : 0;
    canvas.marker(value, kMargin + across / 2 + (points[i].x - middle_x) * scale,
                  kTop + down / 2 + (points[i].y - middle_y) * scale, radius, colour(value), 0.85);
  }
  if (labelled) {
    const int x = kSize - kLegend + 24;
    canvas.text(x - 8, kTop + 6, legend_name(classes.name), 16, 0, Canvas::kText);
    const int shown = std::min<int>(static_cast<int>(classes.classes.size()), kLegendRows);
    for (int value = 0; value < shown; ++value) {
      const int y = kTop + 32 + 24 * value;
      canvas.marker(value, x, y, 6, colour(value), 1);
      canvas.text(x + 16, y + 5, legend_name(classes.classes[static_cast<std::size_t>(value)]), 16, 0, Canvas::kText);
    }
    if (shown < static_cast<int>(classes.classes.size()))
      canvas.text(x - 8, kTop + 38 + 24 * shown, "and others", 16, 0, Canvas::kText);
  }
  canvas.save(path);
}

}  // namespace unveil
