#include "app/exhibit/knobs_panel.h"

#include <fmt/format.h>
#include <imgui_stdlib.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "app/widgets/choice.h"
#include "app/widgets/controls.h"
#include "app/widgets/format.h"
#include "engine/error.h"

namespace unveil {
namespace {

constexpr double kFollowed = 0.3;  // seconds that a knob that is to be shown is scrolled to

void apply(ShellContext& context, RunView& run, const std::map<std::string, double>& values) {
  try {
    run.set_knobs(values);
  } catch (const Error& error) {
    context.notices.error(error.what());
  }
}

// The number itself is a field when clicked; returns a value when one was entered.
std::optional<double> editable_number(ShellContext& context, const KnobView& knob, const std::string& name,
                                      double value, KnobsState& state, float right, float y) {
  Ui& ui = context.ui;
  const std::string shown = knob_text(knob, value) + (knob.unit.empty() ? "" : " " + knob.unit);
  const ImVec2 words = measure(ui.fonts.body, shown);
  if (state.editing != name) {
    ImGui::SetCursorScreenPos({right - words.x - ui.px(4), y});
    if (ImGui::InvisibleButton(("number." + name).c_str(), {words.x + ui.px(4), words.y + ui.px(4)})) {
      state.editing = name;
      state.typed = fmt::format("{}", value);
    }
    ui.marks.item("number." + name);
    const ImU32 ink = ImGui::IsItemHovered() ? ui.theme.accent : ui.theme.text;
    ImGui::GetWindowDrawList()->AddText(ui.fonts.body, ui.fonts.body->FontSize, {right - words.x, y}, ink,
                                        shown.c_str());
    return std::nullopt;
  }
  ImGui::SetCursorScreenPos({right - ui.px(110), y - ui.px(5)});
  ImGui::SetNextItemWidth(ui.px(110));
  ImGui::SetKeyboardFocusHere();
  ImGui::PushStyleVar(ImGuiStyleVar_FramePadding, {ui.px(6), ui.px(3)});
  const bool entered = ImGui::InputText("##number", &state.typed,
                                        ImGuiInputTextFlags_EnterReturnsTrue | ImGuiInputTextFlags_AutoSelectAll);
  ImGui::PopStyleVar();
  const bool left = ImGui::IsItemDeactivated() || (ImGui::IsMouseClicked(0) && !ImGui::IsItemHovered());
  if (!entered && !left) return std::nullopt;
  state.editing.clear();
  if (!entered) return std::nullopt;
  double typed = 0;
  const char* end = state.typed.data() + state.typed.size();
  const auto [stop, failed] = std::from_chars(state.typed.data(), end, typed);
  if (failed != std::errc() || stop != end || !(typed >= knob.minimum && typed <= knob.maximum)) {
    context.notices.error(fmt::format("{} '{}': a number from {:g} to {:g} is accepted", knob.name, state.typed,
                                      knob.minimum, knob.maximum));
    return std::nullopt;
  }
  return knob.kind == Knob::Kind::integer ? std::round(typed) : typed;
}

}  // namespace

void KnobsState::meant_for(const std::string& of, std::uint64_t model) {
  if (of == exhibit && model == build) return;
  pending.clear();
  editing.clear();
  exhibit = of, build = model;
}

double knob_position(const KnobView& k, double value) {
  value = std::clamp(value, k.minimum, k.maximum);
  if (k.maximum <= k.minimum) return 0;
  if (k.scale == Knob::Scale::log && k.minimum > 0)
    return std::log(value / k.minimum) / std::log(k.maximum / k.minimum);
  return (value - k.minimum) / (k.maximum - k.minimum);
}

double knob_value(const KnobView& k, double position) {
  position = std::clamp(position, 0.0, 1.0);
  if (position == 0) return k.minimum;
  if (position == 1) return k.maximum;
  double value = k.minimum + position * (k.maximum - k.minimum), grain = (k.maximum - k.minimum) / 100;
  if (k.scale == Knob::Scale::log && k.minimum > 0) {
    value = k.minimum * std::pow(k.maximum / k.minimum, position);
    grain = value / 50;
  }
  if (k.kind == Knob::Kind::integer) return std::clamp(std::round(value), k.minimum, k.maximum);
  const double unit = std::pow(10.0, std::floor(std::log10(grain)));
  // Division by a power of ten rounds to the decimal that a person would write; multiplication by 0.001 does not.
  const double rounded = unit < 1 ? std::round(value / unit) / std::round(1 / unit) : std::round(value / unit) * unit;
  return std::clamp(rounded, k.minimum, k.maximum);
}

std::string knob_text(const KnobView& k, double value) {
  if (k.kind == Knob::Kind::boolean) return value != 0 ? "on" : "off";
  if (k.kind == Knob::Kind::choice) {
    const auto i = static_cast<std::size_t>(std::max(0.0, value));
    return i < k.choices.size() ? k.choices[i] : "?";
  }
  if (k.kind == Knob::Kind::integer)
    return (value < 0 ? "−" : "") + format_count(static_cast<std::uint64_t>(std::abs(value) + 0.5));
  if (value != 0 && std::abs(value) < 1e-3) return fmt::format("{:.2g}", value);
  return fmt::format("{:.4g}", value);
}

std::optional<double> knob_row(ShellContext& context, const KnobView& knob, double value, KnobsState& state,
                               bool changed, const std::string& group) {
  Ui& ui = context.ui;
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const float width = ImGui::GetContentRegionAvail().x, right = at.x + width,
              line = ui.fonts.body->FontSize + ui.px(4);
  ImDrawList* list = ImGui::GetWindowDrawList();
  const std::string label = fit(ui.fonts.body, words(knob.name), width * 0.62f), id = group + "." + knob.name;
  // The program's own knobs are named alone: "label.beta".
  const std::string tail = group == "knob" ? knob.name : id;
  std::optional<double> out;
  ui.marks.state(id, value);
  if (group == "knob" && knob.name == state.lit) {
    const auto left = static_cast<float>(state.lit_until - ui.now);
    // Where it stands is known once what is above it is unfolded; then the hand has the wheel again.
    if (left > kLit - kFollowed) ImGui::SetScrollHereY(0.35f);
    list->AddRectFilled({at.x - ui.px(8), at.y - ui.px(5)}, {right + ui.px(8), at.y + line + ui.px(20)},
                        with_alpha(ui.theme.accent, 0.3f * std::clamp(left, 0.0f, 1.0f)), ui.px(6));
    ui.animate(0.1);
  }

  // The label explains the knob; a click on it puts the default back.
  ImGui::SetCursorScreenPos(at);
  const float label_width = measure(ui.fonts.body, label).x;
  if (ImGui::InvisibleButton(("label." + tail).c_str(), {std::max(1.0f, label_width), line}) &&
      value != knob.default_value) {
    out = knob.default_value;
  }
  ui.marks.item("label." + tail);
  tooltip(ui, knob.meaning +
                  (value != knob.default_value ? "\nClick: back to " + knob_text(knob, knob.default_value) : ""));
  list->AddText(ui.fonts.body, ui.fonts.body->FontSize, at, ui.theme.text_dim, label.c_str());
  if (changed)
    list->AddCircleFilled({at.x + label_width + ui.px(9), at.y + ui.fonts.body->FontSize * 0.55f}, ui.px(3),
                          ui.theme.prediction, 12);

  switch (knob.kind) {
    case Knob::Kind::boolean: {
      ImGui::SetCursorScreenPos({right - ui.px(36), at.y});
      bool on = value != 0;
      if (toggle(ui, id.c_str(), on)) out = on ? 1.0 : 0.0;
      ImGui::SetCursorScreenPos({at.x, at.y + line + ui.px(10)});
      break;
    }
    case Knob::Kind::choice: {
      int chosen = static_cast<int>(value);
      float needed = 0;
      for (const auto& choice : knob.choices) needed += measure(ui.fonts.small, choice).x + ui.px(18);
      const bool beside = needed + label_width + ui.px(16) <= width;
      ImGui::SetCursorScreenPos({beside ? right - needed : at.x, beside ? at.y - ui.px(4) : at.y + line});
      if (needed <= width) {
        if (segmented(ui, id.c_str(), knob.choices, chosen, true)) out = chosen;
      } else {
        if (unfolding_list(ui, id.c_str(), knob.choices, chosen, width)) out = chosen;
      }
      ImGui::SetCursorScreenPos({at.x, at.y + line + ui.px(beside ? 10 : 40)});
      break;
    }
    default: {
      if (const auto typed = editable_number(context, knob, tail, value, state, right, at.y)) out = typed;
      ImGui::SetCursorScreenPos({at.x, at.y + line - ui.px(2)});
      auto position = static_cast<float>(knob_position(knob, value));
      if (slider(ui, id.c_str(), position, width, ui.theme.accent).changed) out = knob_value(knob, position);
      ImGui::SetCursorScreenPos({at.x, at.y + line + ui.px(28)});
    }
  }
  ImGui::Dummy({0, 0});
  return out;
}

void draw_knobs(ShellContext& context, RunView& run, KnobsState& state) {
  Ui& ui = context.ui;
  const auto& knobs = run.knobs();
  const bool live = std::any_of(knobs.begin(), knobs.end(), [](const KnobView& k) { return !k.rebuilds; });
  const bool structure = std::any_of(knobs.begin(), knobs.end(), [](const KnobView& k) { return k.rebuilds; });
  ui.marks.state("knobs.lit", state.lit);
  if (ui.now > state.lit_until) state.lit.clear();
  for (const auto& knob : knobs)
    if (knob.name == state.lit && state.lit_until - ui.now > kLit - kFollowed)
      unfold_section(knob.rebuilds ? "section.structure" : "section.knobs");
  if (live && section(ui, "section.knobs", "Live knobs")) {
    ImGui::Dummy({1, ui.px(2)});
    for (const auto& knob : knobs) {
      if (knob.rebuilds) continue;
      if (const auto value = knob_row(context, knob, knob.value, state, knob.value != knob.default_value)) {
        apply(context, run, {{knob.name, *value}});
      }
    }
  }
  if (!structure || !section(ui, "section.structure", "Structure", false)) return;
  paragraph(ui, ui.theme.text_faint, "A change builds the model anew, from new initial weights.");
  ImGui::Dummy({1, ui.px(2)});
  for (const auto& knob : knobs) {
    if (!knob.rebuilds) continue;
    const auto waiting = state.pending.find(knob.name);
    const double shown = waiting == state.pending.end() ? knob.value : waiting->second;
    if (const auto value = knob_row(context, knob, shown, state, shown != knob.value)) {
      if (*value == knob.value)
        state.pending.erase(knob.name);
      else
        state.pending[knob.name] = *value;
    }
    ui.marks.state("running." + knob.name, knob.value);
    if (shown == knob.value) continue;
    text(ui.fonts.small, ui.theme.text_faint,
         "the model has " + knob_text(knob, knob.value) + (knob.unit.empty() ? "" : " " + knob.unit));
    ImGui::Dummy({1, ui.px(4)});
  }
  if (state.pending.empty()) return;
  if (button(ui, "structure.rebuild", std::nullopt, "Rebuild the model", ButtonKind::primary)) {
    apply(context, run, state.pending);
    state.pending.clear();
  }
  ImGui::SameLine();
  if (button(ui, "structure.discard", std::nullopt, "Discard", ButtonKind::quiet)) state.pending.clear();
  ImGui::Dummy({1, ui.px(8)});
}

}  // namespace unveil
