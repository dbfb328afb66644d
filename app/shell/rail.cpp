#include "app/shell/rail.h"

#include "app/shell/panel.h"
#include "app/widgets/controls.h"

namespace unveil {

RailResult draw_rail(ShellContext& context, Gallery& gallery, const Rect& rect) {
  RailResult result;
  if (rect.width() <= 0) return result;
  Ui& ui = context.ui;
  begin_panel("rail", rect, ui.theme.panel, {0, 0});
  ImDrawList* list = ImGui::GetWindowDrawList();
  const float height = ui.px(76), width = rect.width();
  float y = rect.min.y + ui.px(8);
  for (int i = 0; i < static_cast<int>(gallery.rooms().size()); ++i) {
    const auto& room = gallery.rooms()[static_cast<std::size_t>(i)];
    const std::string id = "rail." + room.name;
    ImGui::SetCursorScreenPos({rect.min.x, y});
    if (ImGui::InvisibleButton(id.c_str(), {width, height})) result.visit = i;
    ui.marks.item(id);
    const bool on = i == gallery.current_index(), hovered = ImGui::IsItemHovered();
    tooltip(ui, room.exhibit->title() + ": " + room.exhibit->description());
    if (on)
      list->AddRectFilled({rect.min.x, y + ui.px(14)}, {rect.min.x + ui.px(3), y + height - ui.px(14)},
                          ui.theme.accent, ui.px(2));
    const ImU32 ink = on ? ui.theme.text : hovered ? ui.theme.text : ui.theme.text_dim;
    const std::string icon = room.exhibit->icon(),
                      title = fit(ui.fonts.small, room.exhibit->title(), width - ui.px(8));
    const float size = ui.px(26);
    const ImVec2 sign = ui.fonts.large->CalcTextSizeA(size, FLT_MAX, 0, icon.c_str());
    list->AddText(ui.fonts.large, size, {rect.min.x + std::round((width - sign.x) * 0.5f), y + ui.px(10)},
                  on ? ui.theme.accent : ink, icon.c_str());
    const ImVec2 words = measure(ui.fonts.small, title);
    list->AddText(ui.fonts.small, ui.fonts.small->FontSize,
                  {rect.min.x + std::round((width - words.x) * 0.5f), y + ui.px(46)}, ink, title.c_str());
    y += height;
  }
  const float side = ui.px(36), x = rect.min.x + std::round((width - side) * 0.5f);
  y = rect.max.y - 3 * (side + ui.px(4)) - ui.px(8);
  struct Tool {
    const char* id;
    Icon icon;
    const char* hint;
    bool* flag;
  };
  const Tool tools[] = {{"rail.open", Icon::folder, "Open data or a checkpoint  (Ctrl+O)", &result.open},
                        {"rail.theme", Icon::half_moon, ui.theme.dark ? "Light theme" : "Dark theme", &result.theme},
                        {"rail.keys", Icon::question, "Keys  (F1)", &result.keys}};
  for (const auto& tool : tools) {
    ImGui::SetCursorScreenPos({x, y});
    if (icon_button(ui, tool.id, tool.icon, tool.hint, false, 36)) *tool.flag = true;
    y += side + ui.px(4);
  }
  end_panel();
  return result;
}

}  // namespace unveil
