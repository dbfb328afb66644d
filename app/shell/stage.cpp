#include "app/shell/stage.h"

#include <algorithm>

#include "app/shell/panel.h"
#include "app/widgets/controls.h"

namespace unveil {
namespace {

// What every tab can be drawn in without its parts covering each other, design units.
constexpr float kViewWidth = 560, kViewHeight = 340;

}  // namespace

Rect draw_stage(ShellContext& context, Gallery& gallery, const Rect& rect) {
  Ui& ui = context.ui;
  // In a low window the title, which the rail names too, gives its line to the view.
  const bool low = rect.height() < ui.px(480);
  const float margin = ui.px(rect.width() < ui.px(640) ? 16 : rect.width() < ui.px(900) ? 24 : 32);
  begin_panel("stage", rect, 0, {margin, ui.px(low ? 8 : 20)});
  ui.marks.rect("stage", rect.min, rect.max);
  auto* room = gallery.current();
  if (!room || !room->started) {
    empty_state(
        ui, "Nothing to show yet",
        room ? "This exhibit could not start." : "This build has no exhibits: each is a folder below app/exhibits.");
    end_panel();
    return {};
  }
  const auto names = room->exhibit->tabs();
  room->tab = std::clamp(room->tab, 0, std::max(0, static_cast<int>(names.size()) - 1));

  // What is seen here and what to try: beside the title, in a low window beside the tabs.
  std::string hint = names.empty() ? "" : room->exhibit->hint(room->tab);
  if (hint.empty()) hint = room->exhibit->description();
  ui.marks.state("stage.hint", hint);
  const auto write_hint = [&](float x, float baseline) {
    const float space = rect.max.x - margin - x;
    if (space < ui.px(160)) return;
    ImFont* font = measure(ui.fonts.body, hint).x <= space ? ui.fonts.body : ui.fonts.small;
    const ImVec2 corner(x, baseline - font->Ascent);
    const std::string shown = fit(font, hint, space);
    ImGui::GetWindowDrawList()->AddText(font, font->FontSize, corner, ui.theme.text_dim, shown.c_str());
    if (shown == hint) return;
    ImGui::SetCursorScreenPos(corner);
    ImGui::InvisibleButton("hint", {space, font->FontSize});
    tooltip(ui, hint);
  };
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const float head = low ? 0 : ui.fonts.large->FontSize + ui.px(8);
  ImDrawList* list = ImGui::GetWindowDrawList();
  if (!low) {
    const std::string title = room->exhibit->title();
    list->AddText(ui.fonts.large, ui.fonts.large->FontSize, at, ui.theme.text, title.c_str());
    write_hint(at.x + measure(ui.fonts.large, title).x + ui.px(14), at.y + ui.fonts.large->Ascent);
  }
  ImGui::SetCursorScreenPos({at.x, at.y + head});
  if (names.size() > 1) {
    tabs(ui, "tab", names, room->tab);
    if (low) write_hint(ImGui::GetItemRectMax().x + ui.px(28), at.y + head + ui.px(6) + ui.fonts.body->Ascent);
  }
  ui.marks.state("stage.tab", names.empty() ? "" : names[static_cast<std::size_t>(room->tab)]);
  const float y = at.y + head + ui.px(36);
  list->AddRectFilled({at.x, y}, {rect.max.x - margin, y + std::max(1.0f, std::floor(ui.scale))}, ui.theme.hairline);

  ImGui::SetCursorScreenPos({at.x, y + ui.px(low ? 10 : 16)});
  const ImVec2 room_left = ImGui::GetContentRegionAvail(), corner = ImGui::GetCursorScreenPos();
  if (room_left.x > 8 && room_left.y > 8) {
    // Where there is less than a view can be drawn in, it is scrolled; the wheel stays the view's own.
    const ImVec2 least(ui.px(kViewWidth), ui.px(kViewHeight));
    const bool scrolls = room_left.y < least.y || room_left.x < least.x;
    if (scrolls) {
      const float bar = ImGui::GetStyle().ScrollbarSize;
      ImGui::SetNextWindowContentSize(
          {std::max(least.x, room_left.x - bar), std::max(least.y, room_left.y - (room_left.x < least.x ? bar : 0))});
    }
    ImGui::BeginChild("view", room_left, false,
                      ImGuiWindowFlags_NoNav | ImGuiWindowFlags_NoScrollWithMouse |
                          (scrolls ? ImGuiWindowFlags_HorizontalScrollbar : 0));
    room->exhibit->draw_stage(context, room->tab);
    // Whether items lie beyond what is seen of the view.
    ui.marks.state("stage.cut", ImGui::GetScrollMaxX() > 1 || ImGui::GetScrollMaxY() > 1);
    ImGui::EndChild();
  }
  end_panel();
  return {corner, {corner.x + room_left.x, corner.y + room_left.y}};
}

}  // namespace unveil
