#include "app/shell/inspector.h"

#include <utility>

#include "app/shell/panel.h"
#include "app/widgets/choice.h"
#include "app/widgets/controls.h"
#include "app/widgets/format.h"
#include "engine/error.h"

namespace unveil {
namespace {

void gap(const Ui& ui) {
  ImGui::Dummy({1, ui.px(4)});
  const ImVec2 at = ImGui::GetCursorScreenPos();
  ImGui::GetWindowDrawList()->AddRectFilled(
      at, {at.x + ImGui::GetContentRegionAvail().x, at.y + std::max(1.0f, std::floor(ui.scale))}, ui.theme.hairline);
  ImGui::Dummy({1, ui.px(4)});
}

// The preset whose knobs are most like these, and what differs from it: "as classroom, but channels 8 (64)".
std::string nearest_preset(const RunView& run) {
  const RunStatus& s = run.status();
  std::string least;
  int fewest = 1 << 20;
  if (run.knobs().empty()) return least;  // being built
  for (const auto& preset : s.presets) {
    std::string line;
    int count = 0;
    for (const auto& knob : run.knobs()) {
      const auto found = preset.values.find(knob.name);
      const double meant = found == preset.values.end() ? knob.default_value : found->second;
      if (meant == knob.value) continue;
      ++count;
      line += (line.empty() ? "" : ", ") + words(knob.name) + " " + knob_text(knob, knob.value) + " (" +
              knob_text(knob, meant) + ")";
    }
    if (count < fewest) fewest = count, least = "As " + words(preset.name) + ", but " + line + ".";
  }
  return least;
}

// What the model is: "pretrained · gated · 40,000 steps".
std::string identity(const RunView& run) {
  const RunStatus& s = run.status();
  std::string line = s.origin, kind = words(s.preset);
  // Without a preset's name, the first choice that its structure was built by.
  for (const auto& knob : run.knobs())
    if (kind.empty() && knob.rebuilds && knob.kind == Knob::Kind::choice) kind = words(knob_text(knob, knob.value));
  if (!kind.empty()) line += " · " + kind;
  line += " · " + format_count(s.origin_step) + (s.origin_step == 1 ? " step" : " steps");
  if (s.step > s.origin_step) line += ", trained on to " + format_count(s.step);
  return line;
}

void draw_presets(ShellContext& context, RunView& run) {
  Ui& ui = context.ui;
  const RunStatus& s = run.status();
  std::vector<std::string> names;
  int chosen = -1;
  for (const auto& preset : s.presets) {
    if (preset.name == s.preset) chosen = static_cast<int>(names.size());
    names.push_back(preset.name);
  }
  if (!s.origin.empty() && s.ready) {
    const std::string line = identity(run);
    paragraph(ui, ui.theme.model, line);
    ui.marks.state("model.identity", line);
    ImGui::Dummy({1, ui.px(2)});
  } else {
    ui.marks.state("model.identity", "");
  }
  if (run.away_from_trained_model()) {
    if (button(ui, "model.trained", Icon::trained, "Back to the trained model", ButtonKind::normal, true, true))
      run.back_to_trained_model();
    ImGui::Dummy({1, ui.px(4)});
  }
  const char* none = run.knobs().empty() ? "…" : s.origin == "pretrained" ? "as pretrained" : "own knobs";
  if (choice(ui, "preset", names, chosen, false, none)) {
    try {
      run.choose_preset(names[static_cast<std::size_t>(chosen)]);
    } catch (const Error& error) {
      context.notices.error(error.what());
    }
  }
  const std::string line = chosen < 0 ? nearest_preset(run) : s.presets[static_cast<std::size_t>(chosen)].description;
  ui.marks.state("model.preset", line);
  if (!line.empty()) paragraph(ui, ui.theme.text_dim, line);
}

}  // namespace

bool draw_inspector(ShellContext& context, Gallery& gallery, const Rect& rect, InspectorState& state) {
  bool open = false;
  if (rect.width() <= 0) return open;
  Ui& ui = context.ui;
  begin_panel("inspector", rect, ui.theme.panel, {ui.px(20), ui.px(12)}, true);
  RunView* run = gallery.run();
  if (run) {
    const RunStatus& s = run->status();
    state.knobs.meant_for(gallery.current()->name, s.build);
    // Once the model that has it is there.
    if (state.reveal_in != gallery.current()->name) state.reveal.clear();
    const bool there = s.ready && !run->knobs().empty();
    const bool lesson_wanted = there && state.reveal == InspectorState::kLesson;
    if (there && !state.reveal.empty() && !lesson_wanted) {
      state.knobs.lit = std::exchange(state.reveal, {});
      state.knobs.lit_until = ui.now + kLit;
    }
    if (section(ui, "section.data", "Data")) {
      text(ui.fonts.body, ui.theme.data, s.data.title.empty() ? "none yet" : s.data.title);
      if (!s.data.description.empty()) paragraph(ui, ui.theme.text_dim, s.data.description);
      open = button(ui, "data.open", Icon::folder, "Open…", ButtonKind::normal, true, true);
      tooltip(ui, "Or drop a file or a folder anywhere on the window  (Ctrl+O)");
    }
    gap(ui);
    if (!s.presets.empty()) {
      if (section(ui, "section.model", "Model")) draw_presets(context, *run);
      gap(ui);
    }
    const float before = ImGui::GetCursorPosY();
    gallery.exhibit()->draw_inspector(context, gallery.current()->tab);
    if (ImGui::GetCursorPosY() > before) gap(ui);
    if (!run->knobs().empty()) {
      draw_knobs(context, *run, state.knobs);
      gap(ui);
    }
    const std::string lesson = gallery.exhibit()->explanation();
    if (lesson_wanted) {
      unfold_section("section.lesson");
      ImGui::SetScrollHereY(0);
      state.reveal.clear();
    }
    if (!lesson.empty() && section(ui, "section.lesson", "What happens here")) {
      if (lesson != state.lesson_source) state.lesson_source = lesson, state.lesson = parse_rich_text(lesson);
      rich_text(ui, state.lesson);
    }
    ImGui::Dummy({1, ui.px(16)});
  }
  end_panel();
  return open;
}

}  // namespace unveil
