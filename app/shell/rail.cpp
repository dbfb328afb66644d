#include "app/shell/rail.h"

#include <algorithm>
#include <array>
#include <vector>

#include "app/shell/chapter_icons.h"
#include "app/shell/panel.h"
#include "app/widgets/controls.h"

namespace unveil {
namespace {

// The chapters' names in the width of the rail: two lines at most.
constexpr std::array<std::array<const char*, 2>, kChapterNames.size()> kShort = {{{"Auto-", "regressive"},
                                                                                  {"Latent", "variables"},
                                                                                  {"Sparse and", "energy"},
                                                                                  {"Adversarial,", "flows"},
                                                                                  {"Self-", "supervised"},
                                                                                  {"Sequences", ""},
                                                                                  {"Video and", "agents"},
                                                                                  {"Uses", ""}}};

struct Part {
  Chapter chapter;
  std::vector<int> rooms;  // of the gallery
};

std::vector<Part> parts_of(Gallery& gallery) {
  std::vector<Part> parts;
  for (int i = 0; i < static_cast<int>(gallery.rooms().size()); ++i) {
    const Chapter chapter = gallery.rooms()[static_cast<std::size_t>(i)].exhibit->chapter();
    if (parts.empty() || parts.back().chapter != chapter) parts.push_back({chapter, {}});
    parts.back().rooms.push_back(i);
  }
  return parts;
}

}  // namespace

RailResult draw_rail(ShellContext& context, Gallery& gallery, const Rect& rect, RailState& state) {
  RailResult result;
  if (rect.width() <= 0) return result;
  Ui& ui = context.ui;
  begin_panel("rail", rect, ui.theme.panel, {0, 0});
  ImDrawList* list = ImGui::GetWindowDrawList();
  ImFont* small = ui.fonts.small;
  const float width = rect.width(), pad = ui.px(6), words = small->FontSize, icon = ui.px(22);
  const auto centred = [&](const std::string& what, float y, ImU32 ink) {
    const std::string shown = fit(small, what, width - ui.px(6));
    list->AddText(small, words, {rect.min.x + std::round((width - measure(small, shown).x) * 0.5f), y}, ink,
                  shown.c_str());
  };

  // Below: the tools, closer together where the window is low.
  constexpr int kTools = 3;
  const bool low = rect.height() < ui.px(560);
  const float side = ui.px(low ? 28 : 34), tools_top = rect.max.y - kTools * (side + ui.px(2)) - pad;

  // Above them what there is to visit.
  const auto parts = parts_of(gallery);
  const auto current = gallery.current() ? gallery.current()->exhibit->chapter() : Chapter{};
  const float home_height = ui.px(8) + icon + ui.px(3) + words + ui.px(8), row = words + ui.px(low ? 9 : 12);
  const auto name_height = [&](Chapter chapter) {
    return (kShort[static_cast<std::size_t>(chapter)][1][0] ? 2 : 1) * (words + ui.px(1));
  };
  const float icon_gap = ui.px(low ? 7 : 10);
  const auto height_of = [&](const Part& part, bool unfolded) {
    return icon_gap + icon + ui.px(3) + name_height(part.chapter) + ui.px(4) +
           (unfolded ? static_cast<float>(part.rooms.size()) * row : 0.0f);
  };
  const float room = tools_top - rect.min.y - pad;
  float whole = home_height;
  for (const auto& part : parts) whole += height_of(part, true);
  const bool all = whole <= room;
  float top_of_current = 0;
  if (!all) {
    whole = home_height;
    for (const auto& part : parts) {
      if (part.chapter == current) top_of_current = whole;
      whole += height_of(part, part.chapter == current);
    }
  }
  const float most = std::max(0.0f, whole - room);
  if (ImGui::IsWindowHovered()) state.scroll -= ImGui::GetIO().MouseWheel * ui.px(40);
  if (state.followed != gallery.current_index()) {
    state.followed = gallery.current_index();
    if (top_of_current < state.scroll || top_of_current + room * 0.5f > state.scroll + room)
      state.scroll = top_of_current - room * 0.25f;
  }
  state.scroll = std::clamp(state.scroll, 0.0f, most);

  ImGui::PushClipRect(rect.min, {rect.max.x, tools_top}, true);
  float y = rect.min.y - std::round(state.scroll);
  const auto entry = [&](const std::string& id, float height) {
    ImGui::SetCursorScreenPos({rect.min.x, y});
    const bool pressed = ImGui::InvisibleButton(id.c_str(), {width, height});
    ui.marks.item(id);
    return pressed;
  };
  {
    result.home = entry("rail.home", home_height);
    const bool on = gallery.at_home(), hovered = ImGui::IsItemHovered();
    if (!result.home) tooltip(ui, "The course: every exhibit on one page  (Home)");
    const ImU32 ink = on ? ui.theme.accent : hovered ? ui.theme.text : ui.theme.text_dim;
    const ImVec2 centre(rect.min.x + width * 0.5f, y + ui.px(8) + icon * 0.5f);
    const float cell = icon * 0.36f;
    for (int i = 0; i < 4; ++i) {
      const ImVec2 at(centre.x + (i % 2 ? 0.1f : -0.46f) * icon, centre.y + (i / 2 ? 0.1f : -0.46f) * icon);
      list->AddRect(at, {at.x + cell, at.y + cell}, ink, ui.px(2), 0, std::max(1.4f, icon * 0.075f));
    }
    centred("Course", y + ui.px(8) + icon + ui.px(3), on ? ui.theme.text : ink);
    y += home_height;
    list->AddRectFilled({rect.min.x + ui.px(16), y - 1}, {rect.max.x - ui.px(16), y}, ui.theme.hairline);
  }
  for (const auto& part : parts) {
    const auto& name = kShort[static_cast<std::size_t>(part.chapter)];
    const bool here = part.chapter == current && !gallery.at_home(), unfolded = all || part.chapter == current;
    const std::string mark = "rail.chapter." + std::to_string(static_cast<int>(part.chapter) + 1);
    if (entry(mark, height_of(part, false))) {
      // The exhibit of a chapter that was last in front, else its first.
      result.visit = *std::ranges::max_element(
          part.rooms, {}, [&](int i) { return gallery.rooms()[static_cast<std::size_t>(i)].visited; });
    }
    const bool hovered = ImGui::IsItemHovered();
    std::string told = chapter_name(part.chapter);
    for (const int i : part.rooms) {
      const auto& exhibit = *gallery.rooms()[static_cast<std::size_t>(i)].exhibit;
      told += "\n" + exhibit.title() + ": " + exhibit.description();
    }
    if (result.visit < 0) tooltip(ui, told);
    const ImU32 ink = here || hovered ? ui.theme.text : ui.theme.text_dim;
    float line = y + icon_gap;
    draw_chapter_icon(list, part.chapter, {rect.min.x + width * 0.5f, line + icon * 0.5f}, icon,
                      here ? ui.theme.accent : ink);
    line += icon + ui.px(3);
    for (const char* words_of : name)
      if (words_of[0]) centred(words_of, line, ui.theme.text_faint), line += words + ui.px(1);
    y += height_of(part, false);
    if (!unfolded) continue;
    for (const int i : part.rooms) {
      const auto& shown = gallery.rooms()[static_cast<std::size_t>(i)];
      if (entry("rail." + shown.name, row)) result.visit = i;
      const bool on = i == gallery.current_index() && !gallery.at_home(), under = ImGui::IsItemHovered();
      if (result.visit < 0) tooltip(ui, shown.exhibit->title() + ": " + shown.exhibit->description());
      if (on || under)
        list->AddRectFilled({rect.min.x + ui.px(4), y}, {rect.max.x - ui.px(5), y + row},
                            on ? with_alpha(ui.theme.accent, 0.2f) : ui.theme.raised, ui.px(5));
      centred(shown.exhibit->title(), y + std::round((row - words) * 0.5f) - ui.px(1),
              on || under ? ui.theme.text : ui.theme.text_dim);
      y += row;
    }
  }
  ImGui::PopClipRect();

  const float x = rect.min.x + std::round((width - side) * 0.5f);
  y = tools_top;
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
    if (icon_button(ui, tool.id, tool.icon, tool.hint, false, low ? 28.0f : 34.0f)) *tool.flag = true;
    y += side + ui.px(2);
  }
  end_panel();
  return result;
}

}  // namespace unveil
