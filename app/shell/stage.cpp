#include "app/shell/stage.h"

#include <algorithm>

#include "app/shell/panel.h"
#include "app/widgets/controls.h"

namespace unveil {

void draw_stage(ShellContext& context, Gallery& gallery, const Rect& rect) {
  Ui& ui = context.ui;
  const float margin = ui.px(rect.width() < ui.px(900) ? 24 : 32);
  begin_panel("stage", rect, 0, {margin, ui.px(20)});
  ui.marks.rect("stage", rect.min, rect.max);
  auto* room = gallery.current();
  if (!room || !room->started) {
    empty_state(
        ui, "Nothing to show yet",
        room ? "This exhibit could not start." : "This build has no exhibits: each is a folder below app/exhibits.");
    end_panel();
    return;
  }
  const auto names = room->exhibit->tabs();
  room->tab = std::clamp(room->tab, 0, std::max(0, static_cast<int>(names.size()) - 1));

  const std::string title = room->exhibit->title();
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const float size = ui.fonts.large->FontSize;
  ImDrawList* list = ImGui::GetWindowDrawList();
  list->AddText(ui.fonts.large, size, at, ui.theme.text, title.c_str());
  const float after = at.x + measure(ui.fonts.large, title).x + ui.px(14);
  const std::string line = fit(ui.fonts.body, room->exhibit->description(), rect.max.x - margin - after);
  list->AddText(ui.fonts.body, ui.fonts.body->FontSize,
                {after, at.y + ui.fonts.large->Ascent - ui.fonts.body->Ascent}, ui.theme.text_dim, line.c_str());
  ImGui::SetCursorScreenPos({at.x, at.y + size + ui.px(8)});
  if (names.size() > 1) tabs(ui, "tab", names, room->tab);
  ui.marks.state("stage.tab", names.empty() ? "" : names[static_cast<std::size_t>(room->tab)]);
  const float y = at.y + size + ui.px(8 + 36);
  list->AddRectFilled({at.x, y}, {rect.max.x - margin, y + std::max(1.0f, std::floor(ui.scale))}, ui.theme.hairline);

  ImGui::SetCursorScreenPos({at.x, y + ui.px(16)});
  const ImVec2 room_left = ImGui::GetContentRegionAvail();
  if (room_left.x > 8 && room_left.y > 8) {
    ImGui::BeginChild("view", room_left, false, ImGuiWindowFlags_NoNav);
    room->exhibit->draw_stage(context, room->tab);
    ImGui::EndChild();
  }
  end_panel();
}

}  // namespace unveil
