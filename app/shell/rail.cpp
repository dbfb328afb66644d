#include "app/shell/rail.h"

#include <algorithm>

#include "app/shell/panel.h"
#include "app/widgets/controls.h"

namespace unveil {

RailResult draw_rail(ShellContext& context, Gallery& gallery, const Rect& rect) {
  RailResult result;
  if (rect.width() <= 0) return result;
  Ui& ui = context.ui;
  begin_panel("rail", rect, ui.theme.panel, {0, 0});
  ImDrawList* list = ImGui::GetWindowDrawList();
  // Exhibits above, tools below; both move closer together where the window is low.
  constexpr int kTools = 3;
  const int rooms = static_cast<int>(gallery.rooms().size());
  const float width = rect.width(), pad = ui.px(8), icon_size = ui.px(26), words_size = ui.fonts.small->FontSize;
  const float least = icon_size + words_size + ui.px(8);
  const bool low = rect.height() < static_cast<float>(rooms) * ui.px(76) + kTools * ui.px(40) + 2 * pad;
  const float side = ui.px(low ? 28 : 36), tools_height = kTools * (side + ui.px(4));
  const float height =
      std::clamp((rect.height() - tools_height - 2 * pad) / static_cast<float>(std::max(1, rooms)), least, ui.px(76));
  const float inset = std::round((height - icon_size - words_size - ui.px(6)) * 0.5f);
  float y = rect.min.y + pad;
  for (int i = 0; i < rooms; ++i) {
    const auto& room = gallery.rooms()[static_cast<std::size_t>(i)];
    const std::string id = "rail." + room.name;
    ImGui::SetCursorScreenPos({rect.min.x, y});
    if (ImGui::InvisibleButton(id.c_str(), {width, height})) result.visit = i;
    ui.marks.item(id);
    const bool on = i == gallery.current_index(), hovered = ImGui::IsItemHovered();
    tooltip(ui, room.exhibit->title() + ": " + room.exhibit->description());
    if (on)
      list->AddRectFilled({rect.min.x, y + inset}, {rect.min.x + ui.px(3), y + height - inset}, ui.theme.accent,
                          ui.px(2));
    const ImU32 ink = on ? ui.theme.text : hovered ? ui.theme.text : ui.theme.text_dim;
    const std::string icon = room.exhibit->icon(),
                      title = fit(ui.fonts.small, room.exhibit->title(), width - ui.px(2));
    const ImVec2 sign = ui.fonts.large->CalcTextSizeA(icon_size, FLT_MAX, 0, icon.c_str());
    list->AddText(ui.fonts.large, icon_size, {rect.min.x + std::round((width - sign.x) * 0.5f), y + inset},
                  on ? ui.theme.accent : ink, icon.c_str());
    const ImVec2 words = measure(ui.fonts.small, title);
    list->AddText(ui.fonts.small, ui.fonts.small->FontSize,
                  {rect.min.x + std::round((width - words.x) * 0.5f), y + inset + icon_size + ui.px(6)}, ink,
                  title.c_str());
    y += height;
  }
  const float x = rect.min.x + std::round((width - side) * 0.5f);
  y = rect.max.y - tools_height - pad;
  struct Tool {
    const char* id;
    Icon icon;
    const char* hint;
    bool* flag;
  };
  const Tool tools[kTools] = {
      {"rail.open", Icon::folder, "Open data or a checkpoint  (Ctrl+O)", &result.open},
      {"rail.theme", Icon::half_moon, ui.theme.dark ? "Light theme" : "Dark theme", &result.theme},
      {"rail.keys", Icon::question, "Keys  (F1)", &result.keys}};
  for (const auto& tool : tools) {
    ImGui::SetCursorScreenPos({x, y});
    if (icon_button(ui, tool.id, tool.icon, tool.hint, false, low ? 28.0f : 36.0f)) *tool.flag = true;
    y += side + ui.px(4);
  }
  end_panel();
  return result;
}

}  // namespace unveil
