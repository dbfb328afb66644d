#include "app/shell/palette.h"

#include <imgui_stdlib.h>

#include <algorithm>
#include <cctype>
#include <utility>

#include "app/shell/panel.h"
#include "app/widgets/controls.h"
#include "app/widgets/format.h"
#include "app/widgets/input_version.h"
#include "engine/error.h"

namespace unveil {
namespace {

constexpr int kRows = 9;

char lower(char c) {
  return static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
}

std::string value_text(const RunView& run, const Knob& declared) {
  for (const auto& knob : run.knobs())
    if (knob.name == declared.name) return knob_text(knob, knob.value) + (knob.unit.empty() ? "" : " " + knob.unit);
  return {};
}

}  // namespace

std::optional<int> match(std::string_view letters, std::string_view text) {
  int score = 0;
  std::size_t at = 0;
  bool together = false;
  for (const char wanted : letters) {
    if (wanted == ' ') {
      together = false;
      continue;
    }
    // The next beginning of a word is better than a letter within one, where both are there.
    std::size_t next = std::string_view::npos, word = std::string_view::npos;
    for (std::size_t i = at; i < text.size() && word == std::string_view::npos; ++i) {
      if (lower(text[i]) != lower(wanted)) continue;
      if (next == std::string_view::npos) next = i;
      if (i == 0 || text[i - 1] == ' ' || text[i - 1] == '-') word = i;
    }
    if (next == std::string_view::npos) return std::nullopt;
    const bool follows = together && next == at;
    if (!follows && word != std::string_view::npos) next = word;
    score += follows ? 6 : next == word ? 5 : 1;
    at = next + 1;
    together = true;
  }
  // Of equals the shorter, whose letters were more of it.
  return 8 * score - static_cast<int>(std::min<std::size_t>(text.size(), 60));
}

void Palette::show(Gallery& gallery, InspectorState& inspector) {
  shown_ = focus_ = true;
  typed_.clear();
  selected_ = 0;
  chosen_ = nullptr;
  all_.clear();
  for (int i = 0; i < static_cast<int>(gallery.rooms().size()); ++i) {
    Gallery::Room* room = &gallery.rooms()[static_cast<std::size_t>(i)];
    const std::string title = room->exhibit->title();
    const auto go = [&gallery, i](ShellContext& context) { gallery.visit(i, context); };
    const bool here = i == gallery.current_index() && !gallery.at_home();
    all_.push_back({"exhibit", title, {}, here ? "here" : "", [go](auto& context, auto&) { go(context); }});
    const auto tabs = room->exhibit->tabs();
    for (int tab = 0; tab < static_cast<int>(tabs.size()); ++tab)
      all_.push_back({"tab", tabs[static_cast<std::size_t>(tab)], title, {}, [go, room, tab](auto& context, auto&) {
                        go(context);
                        room->tab = tab;
                      }});
    const RunView& run = room->exhibit->run();
    for (const auto& preset : run.status().presets)
      all_.push_back({"preset", words(preset.name), title,
                      room->started && run.status().preset == preset.name ? "on" : "",
                      [go, room, name = preset.name](auto& context, auto&) {
                        go(context);
                        room->exhibit->run().choose_preset(name);
                      }});
    for (const auto& knob : room->exhibit->declared_knobs())
      all_.push_back({"knob", words(knob.name), title, value_text(run, knob),
                      [go, &inspector, room, name = knob.name](auto& context, auto& requests) {
                        go(context);
                        inspector.reveal = name, inspector.reveal_in = room->name;
                        requests.panels = true;
                      }});
    if (!room->exhibit->explanation().empty())
      all_.push_back(
          {"lesson", "What happens here", title, {}, [go, &inspector, room](auto& context, auto& requests) {
             go(context);
             inspector.reveal = InspectorState::kLesson, inspector.reveal_in = room->name;
             requests.panels = true;
           }});
  }
  // Without a run in front what is the run's would do nothing.
  const auto asks_run = [](const CommandRow& row) {
    KeyRequests r;
    row.ask(r);
    return r.play || r.step || r.slow || r.reset || r.trained || r.save || r.fold || r.home;
  };
  for (const auto& row : command_rows())
    if (row.ask && !(gallery.at_home() && asks_run(row)))
      all_.push_back(
          {"command", row.meaning, {}, row.keys, [ask = row.ask](auto&, auto& requests) { ask(requests); }});
}

std::vector<const Findable*> Palette::found() const {
  std::vector<std::pair<int, const Findable*>> scored;
  for (const auto& one : all_) {
    if (typed_.empty()) {
      if (one.kind == "exhibit" || one.kind == "command") scored.push_back({0, &one});
      continue;
    }
    // By its own name, else by its name and where it is: "vae plane".
    const auto own = match(typed_, one.name), whole = match(typed_, one.where + " " + one.name + " " + one.where);
    if (!own && !whole) continue;
    scored.push_back({std::max(own.value_or(-1000), whole.value_or(-1000)) + (one.kind == "exhibit" ? 8 : 0), &one});
  }
  std::ranges::stable_sort(scored, std::greater<>(), [](const auto& one) { return one.first; });
  std::vector<const Findable*> best;
  for (const auto& [score, one] : scored)
    if (best.size() < 60) best.push_back(one);
  return best;
}

void Palette::draw(ShellContext& context, KeyRequests& requests) {
  Ui& ui = context.ui;
  ui.marks.state("palette.shown", shown_);
  if (!shown_) {
    // Done when it no longer covers what is left, of which a picture is kept.
    if (const Findable* chosen = std::exchange(chosen_, nullptr)) {
      try {
        chosen->choose(context, requests);
      } catch (const Error& error) {
        context.notices.error(error.what());
      }
    }
    return;
  }
  shown_ = begin_overlay(ui, "palette", ui.px(620), ui.px(96));
  const auto list = found();
  const int count = static_cast<int>(list.size());
  if (key_pressed(Key::down, true)) ++selected_;
  if (key_pressed(Key::up, true)) --selected_;
  selected_ = std::clamp(selected_, 0, std::max(0, count - 1));
  if (focus_) ImGui::SetKeyboardFocusHere();
  focus_ = false;
  ImGui::SetNextItemWidth(ImGui::GetContentRegionAvail().x);
  ImGui::PushStyleVar(ImGuiStyleVar_FramePadding, {ui.px(14), ui.px(11)});
  const std::string before = typed_;
  const bool entered = ImGui::InputTextWithHint("##find", "an exhibit, a view, a preset, a knob, a command", &typed_,
                                                ImGuiInputTextFlags_EnterReturnsTrue);
  ImGui::PopStyleVar();
  ui.marks.item("palette.field");
  if (typed_ != before) selected_ = 0;
  const Findable* chosen = entered && count > 0 ? list[static_cast<std::size_t>(selected_)] : nullptr;
  if (entered) focus_ = true;

  ImGui::Dummy({1, ui.px(2)});
  ImDrawList* draw = ImGui::GetWindowDrawList();
  const int first = std::clamp(selected_ - kRows + 1, 0, std::max(0, count - kRows));
  for (int i = first; i < std::min(count, first + kRows); ++i) {
    const Findable& one = *list[static_cast<std::size_t>(i)];
    const ImVec2 at = ImGui::GetCursorScreenPos(), size(ImGui::GetContentRegionAvail().x, ui.px(32));
    ImGui::PushID(i);
    if (ImGui::InvisibleButton("row", size)) chosen = &one;
    ImGui::PopID();
    ui.marks.item("palette.row." + std::to_string(i - first));
    if (ImGui::IsItemHovered() || i == selected_)
      draw->AddRectFilled(at, {at.x + size.x, at.y + size.y}, ui.theme.raised, ui.px(6));
    const float y = at.y + std::round((size.y - ui.fonts.body->FontSize) * 0.5f), small = y + ui.px(2);
    const auto write = [&](ImFont* font, float x, float line, ImU32 ink, const std::string& what) {
      draw->AddText(font, font->FontSize, {x, line}, ink, what.c_str());
      return x + measure(font, what).x;
    };
    const float note = measure(ui.fonts.small, one.note).x, right = at.x + size.x - ui.px(12);
    write(ui.fonts.small, at.x + ui.px(12), small, ui.theme.text_faint, one.kind);
    const float left = at.x + ui.px(84), room = right - note - ui.px(20) - left;
    const float end = write(ui.fonts.body, left, y, ui.theme.text, fit(ui.fonts.body, one.name, room));
    write(ui.fonts.small, end + ui.px(10), small, ui.theme.text_dim,
          fit(ui.fonts.small, one.where, right - note - ui.px(20) - end - ui.px(10)));
    write(ui.fonts.small, right - note, small, one.kind == "command" ? ui.theme.accent : ui.theme.text_dim, one.note);
    ImGui::SetCursorScreenPos({at.x, at.y + size.y});
  }
  if (count == 0) text(ui.fonts.small, ui.theme.text_faint, "Nothing has these letters in this order.");
  if (count > kRows)
    text(ui.fonts.small, ui.theme.text_faint, std::to_string(count - kRows) + " more: type on, or go down");
  end_overlay();
  ui.marks.state("palette.found", count);
  ui.marks.state("palette.first", count ? list[static_cast<std::size_t>(selected_)]->name : "");
  if (chosen) chosen_ = chosen, shown_ = false;
  if (!shown_) ui.animate(0.2);
}

}  // namespace unveil
