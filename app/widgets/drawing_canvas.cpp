#include "app/widgets/drawing_canvas.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>

#include "app/widgets/controls.h"

namespace unveil {

DrawingCanvas::DrawingCanvas(int width, int height, int channels)
    : width_(width),
      height_(height),
      channels_(channels),
      pixels_(static_cast<std::size_t>(width) * static_cast<std::size_t>(height * channels)) {}

bool DrawingCanvas::empty() const {
  return std::all_of(pixels_.begin(), pixels_.end(), [](std::uint8_t v) { return v == 0; });
}

void DrawingCanvas::clear() {
  std::fill(pixels_.begin(), pixels_.end(), std::uint8_t{0});
  dirty_ = true;
}

void DrawingCanvas::set(const std::vector<std::uint8_t>& pixels) {
  if (pixels.size() != pixels_.size())
    throw std::logic_error("drawing canvas: pixels must be [height, width, channels]");
  pixels_ = pixels;
  dirty_ = true;
}

void DrawingCanvas::stroke(float x0, float y0, float x1, float y1, bool inking) {
  const float reach = radius + 1, dx = x1 - x0, dy = y1 - y0, length2 = dx * dx + dy * dy;
  const int left = std::max(0, static_cast<int>(std::floor(std::min(x0, x1) - reach)));
  const int right = std::min(width_ - 1, static_cast<int>(std::ceil(std::max(x0, x1) + reach)));
  const int top = std::max(0, static_cast<int>(std::floor(std::min(y0, y1) - reach)));
  const int bottom = std::min(height_ - 1, static_cast<int>(std::ceil(std::max(y0, y1) + reach)));
  for (int y = top; y <= bottom; ++y) {
    for (int x = left; x <= right; ++x) {
      const float px = static_cast<float>(x) + 0.5f - x0, py = static_cast<float>(y) + 0.5f - y0;
      const float t = length2 > 0 ? std::clamp((px * dx + py * dy) / length2, 0.0f, 1.0f) : 0.0f;
      const float away = std::hypot(px - t * dx, py - t * dy);
      const float cover = std::clamp(radius + 0.5f - away, 0.0f, 1.0f);
      auto* pixel = &pixels_[static_cast<std::size_t>((y * width_ + x) * channels_)];
      const auto value = static_cast<std::uint8_t>(std::lround(255 * cover));
      if (channels_ == 1)
        *pixel =
            inking ? std::max(*pixel, value) : std::min<std::uint8_t>(*pixel, static_cast<std::uint8_t>(255 - value));
      for (std::size_t c = 0; channels_ == 3 && c < 3; ++c) {
        const auto target = static_cast<float>(inking ? ink[c] : 0), before = static_cast<float>(pixel[c]);
        pixel[c] = static_cast<std::uint8_t>(std::lround(before + cover * (target - before)));
      }
    }
  }
  dirty_ = true;
}

bool DrawingCanvas::draw(Ui& ui, const char* id, ImVec2 size) {
  const float bar = tools_height(ui);
  const float room =
      std::min((size.x - 2) / static_cast<float>(width_), (size.y - bar - 2) / static_cast<float>(height_));
  const float cell = std::max(1.0f, std::floor(room));
  const ImVec2 extent(cell * static_cast<float>(width_), cell * static_cast<float>(height_));
  const ImVec2 corner = ImGui::GetCursorScreenPos(), at(corner.x + 1, corner.y + 1);  // room for the frame
  ImGui::SetCursorScreenPos(at);
  ImGui::InvisibleButton(id, extent, ImGuiButtonFlags_MouseButtonLeft | ImGuiButtonFlags_MouseButtonRight);
  ui.marks.item(id);
  const bool hovered = ImGui::IsItemHovered();
  bool changed = false;
  const ImVec2 mouse = ImGui::GetIO().MousePos;
  const float x = (mouse.x - at.x) / cell, y = (mouse.y - at.y) / cell;
  if (ImGui::IsItemActive()) {
    const bool inking = !erasing && !ImGui::IsMouseDown(ImGuiMouseButton_Right);
    const auto before = pixels_;
    stroke(drawing_ ? last_x_ : x, drawing_ ? last_y_ : y, x, y, inking);
    changed = before != pixels_;
    drawing_ = true, last_x_ = x, last_y_ = y;
  } else {
    drawing_ = false;
  }
  if (dirty_) {
    std::vector<ImU32> colours;
    const std::size_t green = channels_ == 3 ? 1 : 0;
    for (std::size_t i = 0; i < pixels_.size(); i += static_cast<std::size_t>(channels_))
      colours.push_back(IM_COL32(pixels_[i], pixels_[i + green], pixels_[i + 2 * green], 255));
    texture_.upload(width_, height_, colours);
    dirty_ = false;
  }
  ImDrawList* list = ImGui::GetWindowDrawList();
  list->AddImage(texture_.id(), at, {at.x + extent.x, at.y + extent.y});
  list->AddRect({at.x - 1, at.y - 1}, {at.x + extent.x + 1, at.y + extent.y + 1},
                hovered ? ui.theme.accent : ui.theme.raised_active);
  if (empty() && !ImGui::IsItemActive()) {
    const char* hint = "draw here";
    const ImVec2 words = measure(ui.fonts.small, hint);
    list->AddText(ui.fonts.small, ui.fonts.small->FontSize,
                  {at.x + (extent.x - words.x) * 0.5f, at.y + (extent.y - words.y) * 0.5f},
                  IM_COL32(150, 160, 172, 255), hint);
  }
  if (hovered) list->AddCircle(mouse, (radius + 0.5f) * cell, ui.theme.accent, 24);
  const std::string name = id;
  ImGui::SetCursorScreenPos({at.x, at.y + extent.y + ui.px(6)});
  if (icon_button(ui, (name + ".pen").c_str(), Icon::pen, "Pen", !erasing)) erasing = false;
  ImGui::SameLine(0, ui.px(4));
  if (icon_button(ui, (name + ".eraser").c_str(), Icon::eraser, "Eraser (or the right mouse button)", erasing))
    erasing = true;
  ImGui::SameLine(0, ui.px(4));
  if (button(ui, (name + ".clear").c_str(), std::nullopt, "Clear", ButtonKind::quiet, true, true)) {
    changed = changed || !empty();
    clear();
  }
  if (channels_ == 3) draw_inks(ui, name, {at.x, at.y + extent.y + ui.px(44)});
  return changed;
}

// What the pen may draw with, in a row.
void DrawingCanvas::draw_inks(Ui& ui, const std::string& id, ImVec2 at) {
  static constexpr std::array<std::uint8_t, 3> kInks[] = {{255, 255, 255}, {214, 60, 52}, {240, 150, 60},
                                                          {246, 214, 84},  {78, 160, 76}, {110, 180, 236},
                                                          {48, 84, 176},   {122, 84, 52}};
  const float pitch = ui.px(21), side = ui.px(17);
  ImDrawList* list = ImGui::GetWindowDrawList();
  for (std::size_t i = 0; i < std::size(kInks); ++i) {
    const ImVec2 corner(at.x + pitch * static_cast<float>(i), at.y), end(corner.x + side, corner.y + side);
    const auto mark = id + ".ink." + std::to_string(i);
    ImGui::SetCursorScreenPos(corner);
    if (ImGui::InvisibleButton(mark.c_str(), {side, side})) ink = kInks[i], erasing = false;
    ui.marks.item(mark);
    const auto [red, green, blue] = kInks[i];
    list->AddRectFilled(corner, end, IM_COL32(red, green, blue, 255), ui.px(4));
    if (kInks[i] == ink && !erasing)
      list->AddRect({corner.x - 1, corner.y - 1}, {end.x + 1, end.y + 1}, ui.theme.accent, ui.px(4), 0, ui.px(2));
  }
}

}  // namespace unveil
