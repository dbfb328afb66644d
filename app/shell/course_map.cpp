#include "app/shell/course_map.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "app/shell/panel.h"
#include "app/shell/timeline.h"
#include "app/widgets/controls.h"
#include "app/widgets/format.h"
#include "app/widgets/input_version.h"

namespace unveil {
namespace {

constexpr float kLeastCard = 250, kMostCard = 400, kShape = 0.56f;  // widths, design units; height by width

// "open: paused at step 12,480 · 101 nats per image"
std::string standing(const Gallery::Room& room, bool& open) {
  const RunView& run = room.exhibit->run();
  const RunStatus& s = run.status();
  open = room.started && s.ready;
  if (!room.started) return room.exhibit->pretrained() ? "pretrained" : "learns when it is opened";
  if (!s.ready) return "is being built";
  std::string line = s.step == 0 ? std::string("open, untrained")
                     : s.origin == "pretrained" && s.step == s.origin_step
                         ? "open, pretrained"
                         : "open, paused at step " + format_count(s.step);
  for (const auto& curve : run.curves()) {
    if (curve.values.empty() || !std::isfinite(curve.values.back())) continue;
    return fmt::format("{} · {} {}", line, format_value(newest(curve)), curve.unit);
  }
  return line;
}

void draw_card(ShellContext& context, Gallery& gallery, CardPictures& pictures, int index, ImVec2 at, float width,
               float height, int lines, bool selected) {
  Ui& ui = context.ui;
  const auto& room = gallery.rooms()[static_cast<std::size_t>(index)];
  ImDrawList* list = ImGui::GetWindowDrawList();
  const ImVec2 end(at.x + width, at.y + height);
  const float round = ui.px(8), shown = std::round(width * kShape), pad = ui.px(14);
  const bool hovered = ImGui::IsItemHovered();
  list->AddRectFilled(at, end, hovered ? ui.theme.raised : ui.theme.panel, round);
  if (const Texture* picture = pictures.texture(room.name, static_cast<int>(width), static_cast<int>(shown)))
    list->AddImageRounded(picture->id(), at, {end.x, at.y + shown}, {0, 0}, {1, 1}, IM_COL32_WHITE, round,
                          ImDrawFlags_RoundCornersTop);
  else
    list->AddText(ui.fonts.small, ui.fonts.small->FontSize, {at.x + pad, at.y + pad}, ui.theme.text_faint,
                  "its picture comes when you have been there");
  list->AddRect(at, end, selected ? ui.theme.accent : ui.theme.hairline, round, 0,
                std::max(1.0f, selected ? ui.px(2) : std::floor(ui.scale)));

  float y = at.y + shown + ui.px(12);
  const float inner = width - 2 * pad;
  const auto line = [&](ImFont* font, ImU32 ink, const std::string& what, float gap) {
    list->AddText(font, font->FontSize, {at.x + pad, y}, ink, fit(font, what, inner).c_str());
    y += font->FontSize + ui.px(gap);
  };
  line(ui.fonts.small, ui.theme.accent, chapter_name(room.exhibit->chapter()), 3);
  const float titled = y;
  line(ui.fonts.large, ui.theme.text, room.exhibit->title(), 4);
  const std::string reference = room.exhibit->reference();
  const float before = measure(ui.fonts.large, room.exhibit->title()).x + ui.px(12),
              wide = measure(ui.fonts.small, reference).x;
  if (before + wide <= inner)
    list->AddText(ui.fonts.small, ui.fonts.small->FontSize,
                  {end.x - pad - wide, titled + ui.fonts.large->Ascent - ui.fonts.small->Ascent}, ui.theme.text_faint,
                  reference.c_str());
  ImGui::PushFont(ui.fonts.body);
  list->AddText(ui.fonts.body, ui.fonts.body->FontSize, {at.x + pad, y}, ui.theme.text_dim,
                room.exhibit->description().c_str(), nullptr, inner);
  ImGui::PopFont();
  y += static_cast<float>(lines) * ui.fonts.body->FontSize + ui.px(6);
  bool open = false;
  const std::string how = standing(room, open);
  list->AddCircleFilled({at.x + pad + ui.px(4), y + ui.fonts.small->FontSize * 0.55f}, ui.px(4),
                        open                         ? ui.theme.model
                        : room.exhibit->pretrained() ? ui.theme.data
                                                     : ui.theme.text_faint,
                        12);
  list->AddText(ui.fonts.small, ui.fonts.small->FontSize, {at.x + pad + ui.px(16), y}, ui.theme.text_dim,
                fit(ui.fonts.small, how, inner - ui.px(16)).c_str());
  ui.marks.state("card." + room.name, how);
}

}  // namespace

int draw_course_map(ShellContext& context, Gallery& gallery, CardPictures& pictures, const Rect& rect,
                    CourseMapState& state, bool covered) {
  Ui& ui = context.ui;
  const int count = static_cast<int>(gallery.rooms().size());
  const float margin = ui.px(rect.width() < ui.px(900) ? 20 : 32), gap = ui.px(20);
  begin_panel("course", rect, 0, {margin, 0});
  ui.marks.rect("course", rect.min, rect.max);
  ImDrawList* list = ImGui::GetWindowDrawList();

  // As many columns as cards are readable in, and no more than make them large.
  const float room = rect.width() - 2 * margin;
  const int columns = std::clamp(static_cast<int>((room + gap) / (ui.px(kLeastCard) + gap)), 1, std::max(1, count));
  const auto fits = [&](int n) {
    const float width =
        std::min(ui.px(kMostCard), std::floor((room - gap * static_cast<float>(n - 1)) / static_cast<float>(n)));
    return width;
  };
  // The fewest columns whose rows are all seen at once, else as many as there is room for.
  const float head = ui.px(24) + ui.fonts.large->FontSize + ui.px(20);
  // Every card has room for the longest of their descriptions.
  const auto lines_in = [&](float width) {
    float most = 1;
    for (const auto& one : gallery.rooms()) {
      const ImVec2 size = ui.fonts.body->CalcTextSizeA(ui.fonts.body->FontSize, 1e9f, width - 2 * ui.px(14),
                                                       one.exhibit->description().c_str());
      most = std::max(most, std::round(size.y / ui.fonts.body->FontSize));
    }
    return static_cast<int>(most);
  };
  const auto words_in = [&](float width) {
    return ui.px(12 + 3 + 4 + 6 + 14) + 2 * ui.fonts.small->FontSize + ui.fonts.large->FontSize +
           static_cast<float>(lines_in(width)) * ui.fonts.body->FontSize;
  };
  int chosen = columns;
  for (int n = 1; n <= columns; ++n) {
    const int rows = (count + n - 1) / n;
    if (head + static_cast<float>(rows) * (fits(n) * kShape + words_in(fits(n)) + gap) <= rect.height()) {
      chosen = n;
      break;
    }
  }
  const float width = fits(chosen);
  const int lines = lines_in(width);
  const float height = std::round(width * kShape) + words_in(width);
  const float across = static_cast<float>(chosen) * width + static_cast<float>(chosen - 1) * gap;
  const float left = rect.min.x + std::round((rect.width() - across) * 0.5f);
  const int rows = (count + chosen - 1) / chosen;
  const float whole = head + static_cast<float>(rows) * (height + gap);
  const float most = std::max(0.0f, whole - rect.height());

  if (!covered) {
    const int here = state.selected < 0 ? gallery.current_index() : state.selected;
    int next = here;
    if (key_pressed(Key::right, true)) ++next;
    if (key_pressed(Key::left, true)) --next;
    if (key_pressed(Key::down, true)) next += chosen;
    if (key_pressed(Key::up, true)) next -= chosen;
    if (next != here && next >= 0 && next < count) {
      state.selected = next;
      const float top = head + static_cast<float>(next / chosen) * (height + gap);
      state.wanted_scroll = std::clamp(state.wanted_scroll, top + height + gap - rect.height(), top - gap);
    }
    if (ImGui::IsWindowHovered()) state.wanted_scroll -= ImGui::GetIO().MouseWheel * ui.px(80);
  }
  state.wanted_scroll = std::clamp(state.wanted_scroll, 0.0f, most);
  ui.ease(state.scroll, state.wanted_scroll);
  const int selected = state.selected < 0 ? gallery.current_index() : state.selected;

  const float y0 = rect.min.y - std::round(state.scroll);
  list->AddText(ui.fonts.large, ui.fonts.large->FontSize, {left, y0 + ui.px(24)}, ui.theme.text, "The course");
  const float after = left + measure(ui.fonts.large, "The course").x + ui.px(14);
  list->AddText(
      ui.fonts.body, ui.fonts.body->FontSize,
      {after, y0 + ui.px(24) + ui.fonts.large->Ascent - ui.fonts.body->Ascent}, ui.theme.text_dim,
      fit(ui.fonts.body, "every system learns before your eyes; open one, poke it, break it", left + across - after)
          .c_str());
  const std::string hint = "arrows and Enter choose · Ctrl K finds anything";
  const float hint_width = measure(ui.fonts.small, hint).x;
  if (left + across - hint_width > after + ui.px(430))
    list->AddText(ui.fonts.small, ui.fonts.small->FontSize,
                  {left + across - hint_width, y0 + ui.px(24) + ui.fonts.large->Ascent - ui.fonts.small->Ascent},
                  ui.theme.text_faint, hint.c_str());
  int visit = -1;
  for (int i = 0; i < count; ++i) {
    const ImVec2 at(left + static_cast<float>(i % chosen) * (width + gap),
                    y0 + head + static_cast<float>(i / chosen) * (height + gap));
    if (at.y > rect.max.y || at.y + height < rect.min.y) continue;
    ImGui::SetCursorScreenPos(at);
    const std::string id = "course." + gallery.rooms()[static_cast<std::size_t>(i)].name;
    if (ImGui::InvisibleButton(id.c_str(), {width, height})) visit = i;
    ui.marks.item(id);
    draw_card(context, gallery, pictures, i, at, width, height, lines, i == selected);
  }
  if (!covered && key_pressed(Key::enter)) visit = selected;
  if (!covered && key_pressed(Key::escape)) visit = gallery.current_index();
  ui.marks.state("course.scrolls", most > 0);
  ui.marks.state("course.selected", selected >= 0 ? gallery.rooms()[static_cast<std::size_t>(selected)].name : "");
  end_panel();
  if (visit >= 0) state.selected = -1;
  return visit;
}

}  // namespace unveil
