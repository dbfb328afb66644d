#include "app/shell/panel.h"

#include "app/widgets/input_version.h"

namespace unveil {

void begin_panel(const char* id, const Rect& rect, ImU32 background, ImVec2 padding, bool scrolls) {
  ImGui::SetNextWindowPos(rect.min);
  ImGui::SetNextWindowSize({rect.width(), rect.height()});
  ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, padding);
  ImGui::PushStyleVar(ImGuiStyleVar_WindowMinSize, {1, 1});
  ImGui::PushStyleColor(ImGuiCol_WindowBg, background);
  ImGuiWindowFlags flags = ImGuiWindowFlags_NoTitleBar | ImGuiWindowFlags_NoResize | ImGuiWindowFlags_NoMove |
                           ImGuiWindowFlags_NoCollapse | ImGuiWindowFlags_NoSavedSettings | ImGuiWindowFlags_NoNav |
                           ImGuiWindowFlags_NoBringToFrontOnFocus;
  if (!background) flags |= ImGuiWindowFlags_NoBackground;
  if (!scrolls) flags |= ImGuiWindowFlags_NoScrollbar | ImGuiWindowFlags_NoScrollWithMouse;
  ImGui::Begin(id, nullptr, flags);
  ImGui::PopStyleColor();
  ImGui::PopStyleVar(2);
}

void end_panel() {
  ImGui::End();
}

void draw_separators(const Ui& ui, const WindowLayout& l) {
  // A window of its own, made before the panels: of those that never come to the front the first is the foremost.
  ImGui::SetNextWindowPos({0, 0});
  ImGui::SetNextWindowSize(ImGui::GetIO().DisplaySize);
  ImGui::Begin("separators", nullptr,
               ImGuiWindowFlags_NoDecoration | ImGuiWindowFlags_NoInputs | ImGuiWindowFlags_NoBackground |
                   ImGuiWindowFlags_NoSavedSettings | ImGuiWindowFlags_NoBringToFrontOnFocus);
  ImDrawList* list = ImGui::GetWindowDrawList();
  const float t = std::max(1.0f, std::floor(ui.scale));
  auto across = [&](float y, float x0, float x1) { list->AddRectFilled({x0, y}, {x1, y + t}, ui.theme.hairline); };
  auto down = [&](float x, float y0, float y1) { list->AddRectFilled({x, y0}, {x + t, y1}, ui.theme.hairline); };
  across(l.transport.max.y - t, 0, l.transport.max.x);
  if (l.timeline.height() > 0) across(l.timeline.min.y, 0, l.timeline.max.x);
  across(l.status.min.y, 0, l.status.max.x);
  if (l.rail.width() > 0) down(l.rail.max.x - t, l.rail.min.y, l.rail.max.y);
  if (l.inspector.width() > 0) down(l.inspector.min.x, l.inspector.min.y, l.inspector.max.y);
  ImGui::End();
}

float drag_inspector_edge(Ui& ui, const WindowLayout& l) {
  if (l.inspector.width() <= 0) return 0;
  const float reach = ui.px(4);
  ImGui::SetNextWindowPos({l.inspector.min.x - reach, l.inspector.min.y});
  ImGui::SetNextWindowSize({2 * reach, l.inspector.height()});
  ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, {0, 0});
  ImGui::PushStyleVar(ImGuiStyleVar_WindowMinSize, {1, 1});
  ImGui::Begin("inspector.edge", nullptr,
               ImGuiWindowFlags_NoDecoration | ImGuiWindowFlags_NoMove | ImGuiWindowFlags_NoBackground |
                   ImGuiWindowFlags_NoSavedSettings | ImGuiWindowFlags_NoNav |
                   ImGuiWindowFlags_NoBringToFrontOnFocus);
  ImGui::InvisibleButton("edge", {2 * reach, std::max(1.0f, l.inspector.height())});
  ui.marks.item("inspector.edge");
  float width = 0;
  if (ImGui::IsItemHovered() || ImGui::IsItemActive()) {
    ImGui::SetMouseCursor(ImGuiMouseCursor_ResizeEW);
    const float x = l.inspector.min.x;
    ImGui::GetWindowDrawList()->AddRectFilled({x, l.inspector.min.y}, {x + ui.px(2), l.inspector.max.y},
                                              with_alpha(ui.theme.accent, 0.7f));
  }
  if (ImGui::IsItemActive() && ImGui::IsMouseDragging(0, 2)) width = l.inspector.max.x - ImGui::GetIO().MousePos.x;
  if (ImGui::IsItemHovered() && ImGui::IsMouseDoubleClicked(0)) width = -1;
  ImGui::End();
  ImGui::PopStyleVar(2);
  return width;
}

bool begin_overlay(Ui& ui, const char* id, float width, float top) {
  const ImVec2 screen = ImGui::GetIO().DisplaySize;
  width = std::min(width, screen.x - ui.px(64));
  ImGui::SetNextWindowPos({0, 0});
  ImGui::SetNextWindowSize(screen);
  ImGui::PushStyleColor(ImGuiCol_WindowBg, IM_COL32(0, 0, 0, ui.theme.dark ? 130 : 70));
  ImGui::PushStyleVar(ImGuiStyleVar_WindowRounding, 0);
  const std::string veil = std::string(id) + ".veil";
  constexpr ImGuiWindowFlags kBare = ImGuiWindowFlags_NoDecoration | ImGuiWindowFlags_NoMove |
                                     ImGuiWindowFlags_NoSavedSettings | ImGuiWindowFlags_NoNav;
  ImGui::Begin(veil.c_str(), nullptr, kBare);
  ImGui::SetCursorPos({0, 0});
  bool keep = !ImGui::InvisibleButton("outside", screen);
  ImGui::End();
  ImGui::PopStyleVar();
  ImGui::PopStyleColor();
  if (key_pressed(Key::escape)) keep = false;

  ImGui::SetNextWindowPos({std::round((screen.x - width) * 0.5f), top});
  ImGui::SetNextWindowSize({width, 0});
  ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, {ui.px(24), ui.px(20)});
  ImGui::PushStyleVar(ImGuiStyleVar_WindowRounding, ui.px(10));
  ImGui::PushStyleVar(ImGuiStyleVar_WindowBorderSize, 1);
  ImGui::PushStyleColor(ImGuiCol_Border, ui.theme.raised_active);
  ImGui::Begin(id, nullptr, kBare | ImGuiWindowFlags_AlwaysAutoResize);
  ImGui::PopStyleColor();
  ImGui::PopStyleVar(3);
  return keep;
}

void end_overlay() {
  ImGui::End();
}

}  // namespace unveil
