#include "app/widgets/heat_map.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "app/widgets/controls.h"
#include "app/widgets/format.h"

namespace unveil {

ImU32 map_colour(const Theme& theme, ColourMap map, double value, double low, double high) {
  if (map == ColourMap::diverging) {
    const double most = std::max({std::abs(low), std::abs(high), 1e-30});
    return diverging(theme, value / most);
  }
  const double t = (value - low) / std::max(1e-30, high - low);
  if (map == ColourMap::viridis) return viridis(t);
  if (std::isnan(t)) return theme.text_faint;
  const int grey = static_cast<int>(std::lround(255 * std::clamp(t, 0.0, 1.0)));
  return IM_COL32(grey, grey, grey, 255);
}

void HeatMap::set(int rows, int columns, std::span<const float> values) {
  if (values.size() != static_cast<std::size_t>(rows) * static_cast<std::size_t>(columns)) {
    throw std::logic_error("heat map: values must be [rows, columns]");
  }
  if (rows == rows_ && columns == columns_ && std::equal(values.begin(), values.end(), values_.begin())) return;
  rows_ = rows, columns_ = columns;
  values_.assign(values.begin(), values.end());
  dirty_ = true;
}

HeatMapResult HeatMap::draw(Ui& ui, const char* id, ImVec2 size, const HeatMapOptions& options) {
  HeatMapResult result;
  if (values_.empty()) {
    ImGui::Dummy(size);
    return result;
  }
  double low = options.low, high = options.high;
  if (std::isnan(low) || std::isnan(high)) {
    double least = std::numeric_limits<double>::infinity(), most = -least;
    for (float v : values_) {
      if (!std::isfinite(v)) continue;
      least = std::min<double>(least, v), most = std::max<double>(most, v);
    }
    if (!(least <= most)) least = 0, most = 1;
    if (std::isnan(low)) low = least;
    if (std::isnan(high)) high = most;
  }
  if (options.map == ColourMap::diverging) high = std::max({std::abs(low), std::abs(high), 1e-12}), low = -high;
  if (dirty_ || map_ != options.map || low_ != low || high_ != high || dark_ != ui.theme.dark ||
      missing_ != options.missing) {
    std::vector<ImU32> pixels(values_.size());
    std::transform(values_.begin(), values_.end(), pixels.begin(), [&](float v) {
      return std::isnan(v) && options.missing ? options.missing : map_colour(ui.theme, options.map, v, low, high);
    });
    texture_.upload(columns_, rows_, pixels);
    dirty_ = false, map_ = options.map, low_ = low, high_ = high, dark_ = ui.theme.dark;
    missing_ = options.missing;
  }
  const float bar = options.scale_bar ? ui.px(40) : 0;
  const float room = std::min(size.x / static_cast<float>(columns_), (size.y - bar) / static_cast<float>(rows_));
  result.cell =
      std::clamp(std::floor(room), 1.0f, std::max(1.0f, std::floor(static_cast<float>(options.largest) * ui.scale)));
  const float w = result.cell * static_cast<float>(columns_), h = result.cell * static_cast<float>(rows_);
  const ImVec2 at = ImGui::GetCursorScreenPos();
  result.min = {at.x + std::floor(std::max(0.0f, (size.x - w) * 0.5f)), at.y};
  result.max = {result.min.x + w, result.min.y + h};
  ImGui::SetCursorScreenPos(result.min);
  ImGui::InvisibleButton(id, {w, h});
  ui.marks.item(id);
  result.hovered = ImGui::IsItemHovered();
  result.clicked = ImGui::IsItemClicked();
  ImGui::GetWindowDrawList()->AddImage(texture_.id(), result.min, result.max);
  if (result.hovered) {
    const ImVec2 mouse = ImGui::GetIO().MousePos;
    result.column = std::clamp(static_cast<int>((mouse.x - result.min.x) / result.cell), 0, columns_ - 1);
    result.row = std::clamp(static_cast<int>((mouse.y - result.min.y) / result.cell), 0, rows_ - 1);
    result.value = values_[static_cast<std::size_t>(result.row * columns_ + result.column)];
    const ImVec2 a(result.min.x + result.cell * static_cast<float>(result.column),
                   result.min.y + result.cell * static_cast<float>(result.row));
    ImGui::GetWindowDrawList()->AddRect({a.x - 1, a.y - 1}, {a.x + result.cell + 1, a.y + result.cell + 1},
                                        ui.theme.selection, 0, 0, std::max(2.0f, ui.px(2)));
  }
  if (options.scale_bar) {
    const float width = std::min(std::max(w, ui.px(120)), ui.px(260));
    ImGui::SetCursorScreenPos({at.x + std::floor(std::max(0.0f, (size.x - width) * 0.5f)), result.max.y + ui.px(10)});
    scale_bar(ui, options.map, low, high, options.unit, width);
  }
  return result;
}

void scale_bar(Ui& ui, ColourMap map, double low, double high, const std::string& unit, float width) {
  constexpr int kSteps = 48;
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const float height = ui.px(8);
  ImDrawList* list = ImGui::GetWindowDrawList();
  for (int i = 0; i < kSteps; ++i) {
    const double t = (i + 0.5) / kSteps;
    list->AddRectFilled({std::round(at.x + width * static_cast<float>(i) / kSteps), at.y},
                        {std::round(at.x + width * static_cast<float>(i + 1) / kSteps), at.y + height},
                        map_colour(ui.theme, map, low + t * (high - low), low, high));
  }
  ImFont* font = ui.fonts.small;
  const std::string left = format_value(low), right = format_value(high) + (unit.empty() ? "" : " " + unit);
  const float y = at.y + height + ui.px(4), right_width = measure(font, right).x;
  list->AddText(font, font->FontSize, {at.x, y}, ui.theme.text_dim, left.c_str());
  list->AddText(font, font->FontSize, {at.x + width - right_width, y}, ui.theme.text_dim, right.c_str());
  if (map == ColourMap::diverging) {
    list->AddText(font, font->FontSize, {at.x + (width - measure(font, "0").x) * 0.5f, y}, ui.theme.text_dim, "0");
  }
  ImGui::Dummy({width, height + ui.px(4) + font->FontSize});
}

}  // namespace unveil
