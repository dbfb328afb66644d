#include "app/shell/transport_bar.h"

#include <fmt/format.h>
#include <imgui_stdlib.h>

#include <charconv>

#include "app/shell/panel.h"
#include "app/widgets/controls.h"
#include "app/widgets/format.h"
#include "app/widgets/input_version.h"

namespace unveil {
namespace {

// Three by three pixels being filled from the top: what the first exhibit does, and the program with it.
void draw_brand(const Ui& ui, const Rect& rect) {
  ImDrawList* list = ImGui::GetWindowDrawList();
  const float cell = ui.px(6), gap = std::max(1.0f, ui.px(1.5f));
  const float x0 = rect.min.x + ui.px(24), y0 = rect.min.y + std::round((rect.height() - 3 * cell - 2 * gap) * 0.5f);
  const ImU32 on = ui.theme.accent, now = ui.theme.prediction, off = ui.theme.raised_active;
  for (int i = 0; i < 9; ++i) {
    const float x = x0 + static_cast<float>(i % 3) * (cell + gap), y = y0 + static_cast<float>(i / 3) * (cell + gap);
    list->AddRectFilled({x, y}, {x + cell, y + cell}, i < 5 ? on : i == 5 ? now : off);
  }
  const float size = ui.fonts.large->FontSize;
  list->AddText(ui.fonts.large, size,
                {x0 + 3 * (cell + gap) + ui.px(10), rect.min.y + std::round((rect.height() - size) * 0.5f)},
                ui.theme.text, "Unveil");
}

// Below its button. A window and no popup of ImGui's: that would swallow the click beside it, which closes it.
void seed_box(ShellContext& context, RunView& run, TransportState& state, ImVec2 button_min, ImVec2 button_max) {
  Ui& ui = context.ui;
  ui.marks.state("seed.shown", state.seed_shown);
  if (!state.seed_shown) return;
  ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, {ui.px(16), ui.px(14)});
  ImGui::PushStyleVar(ImGuiStyleVar_WindowRounding, ui.px(8));
  ImGui::PushStyleColor(ImGuiCol_WindowBg, ui.theme.raised);
  ImGui::SetNextWindowPos({button_max.x, button_max.y + ui.px(4)}, ImGuiCond_Always, {1, 0});
  ImGui::Begin("seed.box", nullptr,
               ImGuiWindowFlags_NoDecoration | ImGuiWindowFlags_NoMove | ImGuiWindowFlags_NoSavedSettings |
                   ImGuiWindowFlags_NoNav | ImGuiWindowFlags_AlwaysAutoResize);
  {
    if (ImGui::IsWindowAppearing()) {
      ImGui::SetWindowFocus();
      state.seed_text = std::to_string(run.status().seed);
      ImGui::SetKeyboardFocusHere();
    }
    text(ui.fonts.small, ui.theme.text_dim, "Seed of the initial weights and of every draw");
    ImGui::SetNextItemWidth(ui.px(120));
    bool go = ImGui::InputText(
        "##seed", &state.seed_text,
        ImGuiInputTextFlags_CharsDecimal | ImGuiInputTextFlags_EnterReturnsTrue | ImGuiInputTextFlags_AutoSelectAll);
    ui.marks.item("seed.field");
    ImGui::SameLine();
    go |= button(ui, "seed.start", std::nullopt, "Start over", ButtonKind::primary);
    std::uint64_t seed = 0;
    const char* end = state.seed_text.data() + state.seed_text.size();
    const auto [stop, failed] = std::from_chars(state.seed_text.data(), end, seed);
    if (go) {
      if (failed == std::errc() && stop == end) {
        run.reset(seed);
        state.seed_shown = false;
      } else {
        context.notices.error("seed '" + state.seed_text + "': a whole number from 0 is accepted");
      }
    }
  }
  const ImVec2 min = ImGui::GetWindowPos(), size = ImGui::GetWindowSize();
  ImGui::End();
  ImGui::PopStyleColor();
  ImGui::PopStyleVar(2);
  const bool elsewhere = ImGui::IsMouseClicked(0) &&
                         !ImGui::IsMouseHoveringRect(min, {min.x + size.x, min.y + size.y}, false) &&
                         !ImGui::IsMouseHoveringRect(button_min, button_max, false);
  if (elsewhere || key_pressed(Key::escape)) state.seed_shown = false;
  if (!state.seed_shown) ui.animate(0.1);
}

void publish(Marks& marks, const RunStatus& s) {
  marks.state("run.ready", s.ready);
  marks.state("run.step", static_cast<double>(s.step));
  marks.state("run.epoch", s.epoch);
  marks.state("run.seed", static_cast<double>(s.seed));
  marks.state("run.device", s.device);
  marks.state("run.preset", s.preset);
  marks.state("run.data", s.data.spec);
  marks.state("run.progress", s.progress);
  marks.state("transport.playing", s.playing);
  marks.state("transport.slow", s.slow);
  marks.state("transport.speed", s.speed);
}

// Numbers that change keep their place: right-aligned in a field as wide as the widest they may become.
float number_field(const Ui& ui, float x, float middle, const std::string& label, const std::string& value,
                   const char* widest) {
  ImDrawList* list = ImGui::GetWindowDrawList();
  ImFont* font = ui.fonts.body;
  const float y = middle - std::round(font->FontSize * 0.5f);
  list->AddText(font, font->FontSize, {x, y}, ui.theme.text_dim, label.c_str());
  x += measure(font, label).x + ui.px(6);
  list->AddText(font, font->FontSize, {x, y}, ui.theme.text, value.c_str());
  return x + std::max(measure(font, value).x, measure(font, widest).x);
}

}  // namespace

void toggle_play(RunView& run) {
  run.status().playing ? run.pause() : run.play();
}

void draw_transport_bar(ShellContext& context, RunView* run, const Rect& rect, TransportState& state) {
  Ui& ui = context.ui;
  begin_panel("transport", rect, ui.theme.panel, {0, 0});
  draw_brand(ui, rect);
  if (!run) {
    end_panel();
    return;
  }
  const RunStatus& s = run->status();
  publish(ui.marks, s);
  const bool roomy = rect.width() >= ui.px(1240), ready = s.ready;
  const float gap = ui.px(8), top = rect.min.y + std::round((rect.height() - ui.px(36)) * 0.5f);
  ImGui::SetCursorScreenPos({rect.min.x + ui.px(roomy ? 168 : 148), top});
  if (button(ui, "transport.reset", Icon::reset, roomy ? "Reset" : "", ButtonKind::quiet, ready))
    run->reset(std::nullopt);
  tooltip(ui, "Start over from the same initial weights  (R)");
  ImGui::SameLine(0, gap);
  // Its place is kept, so that Play stays where it is; narrow bars leave it to the inspector and Ctrl+K.
  if (run->has_trained_model() && rect.width() >= ui.px(1100)) {
    const bool away = run->away_from_trained_model();
    if (button(ui, "transport.trained", Icon::trained, "", ButtonKind::quiet, ready && away))
      run->back_to_trained_model();
    tooltip(ui, away ? "Back to the trained model" : "This is the trained model that the exhibit opens on");
    ImGui::SameLine(0, gap);
  }
  if (button(ui, "transport.play", s.playing ? Icon::pause : Icon::play, s.playing ? "Pause" : "Play",
             ButtonKind::primary, ready, false, ui.px(108))) {
    toggle_play(*run);
  }
  tooltip(ui, s.playing ? "Pause the training  (Space)" : "Train  (Space)");
  ImGui::SameLine(0, gap);
  if (button(ui, "transport.step", Icon::step, "Step", ButtonKind::normal, ready)) run->step_once();
  tooltip(ui, "One training step, then pause  ( . )");
  ImGui::SameLine(0, gap);
  if (button(ui, "transport.slow", Icon::slow, "Slow", s.slow ? ButtonKind::on : ButtonKind::normal, ready))
    run->set_slow(!s.slow);
  tooltip(ui, "Slow motion  (S)");

  const float middle = rect.min.y + rect.height() * 0.5f;
  ImGui::SameLine(0, ui.px(roomy ? 28 : 16));
  const ImVec2 at = ImGui::GetCursorScreenPos();
  ImDrawList* list = ImGui::GetWindowDrawList();
  ImFont* font = ui.fonts.body;
  list->AddText(font, font->FontSize, {at.x, middle - std::round(font->FontSize * 0.5f)}, ui.theme.text_dim, "speed");
  ImGui::SetCursorScreenPos({at.x + measure(font, "speed").x + ui.px(10), middle - ui.px(12)});
  auto speed = static_cast<float>(s.speed);
  if (slider(ui, "transport.speed", speed, ui.px(roomy ? 120 : 88), ready ? ui.theme.accent : ui.theme.text_faint)
          .changed &&
      ready) {
    run->set_speed(speed);
  }
  tooltip(ui, s.speed >= 0.999 ? "As fast as the device goes"
                               : "Fewer steps a second; to the right: as fast as the device goes");

  float x = ImGui::GetItemRectMax().x + ui.px(roomy ? 32 : 18);
  x = number_field(ui, x, middle, "step", format_count(s.step), "000,000") + ui.px(roomy ? 18 : 10);
  x = number_field(ui, x, middle, "epoch", fmt::format("{:.1f}", s.epoch), "000.0");

  const std::string seed = "seed " + std::to_string(s.seed);
  const float width = measure(font, seed).x + ui.px(28);
  ImGui::SetCursorScreenPos({std::max(x + ui.px(8), rect.max.x - width - ui.px(16)), top});
  if (button(ui, "transport.seed", std::nullopt, seed, ButtonKind::quiet, ready))
    state.seed_shown = !state.seed_shown, ui.animate(0.1);
  const ImVec2 button_min = ImGui::GetItemRectMin(), button_max = ImGui::GetItemRectMax();
  if (!state.seed_shown) tooltip(ui, "Start over with another seed");
  end_panel();
  seed_box(context, *run, state, button_min, button_max);
}

}  // namespace unveil
