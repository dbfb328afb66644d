#include "app/shell/shortcuts.h"

#include "app/shell/transport_bar.h"
#include "app/widgets/input_version.h"

namespace unveil {

std::span<const CommandRow> command_rows() {
  static constexpr CommandRow kRows[] = {
      {"Space", "Play and pause", [](KeyRequests& r) { r.play = true; }},
      {".", "One step, then pause", [](KeyRequests& r) { r.step = true; }},
      {"S", "Slow motion", [](KeyRequests& r) { r.slow = true; }},
      {"R", "Reset to the same initial weights", [](KeyRequests& r) { r.reset = true; }},
      {"", ""},
      {"Home", "The course: every exhibit on one page", [](KeyRequests& r) { r.home = true; }},
      {"Ctrl K", "Find anything by a few letters"},
      {"", ""},
      {"Tab", "Presentation: no side panels, all larger", [](KeyRequests& r) { r.presentation = true; }},
      {"L", "Fold the loss away, and back", [](KeyRequests& r) { r.fold = true; }},
      {"F11", "Full screen", [](KeyRequests& r) { r.full_screen = true; }},
      {"Ctrl +  Ctrl −  Ctrl 0", "Larger, smaller, as the display asks"},
      {"Ctrl +", "Everything larger", [](KeyRequests& r) { r.zoom = 1; }, false},
      {"Ctrl −", "Everything smaller", [](KeyRequests& r) { r.zoom = -1; }, false},
      {"Ctrl 0", "As large as the display asks", [](KeyRequests& r) { r.reset_zoom = true; }, false},
      {"", "Back to the trained model", [](KeyRequests& r) { r.trained = true; }, false},
      {"", "Dark or light theme", [](KeyRequests& r) { r.theme = true; }, false},
      {"", ""},
      {"Ctrl O", "Open data or a checkpoint", [](KeyRequests& r) { r.open = true; }},
      {"Ctrl S", "Save a checkpoint", [](KeyRequests& r) { r.save = true; }},
      {"Ctrl E", "Export the view under the mouse"},
      {"F1", "These keys", [](KeyRequests& r) { r.keys = true; }}};
  return kRows;
}

KeyRequests poll_shortcuts(bool covered) {
  KeyRequests out;
  const bool ctrl = ctrl_held();
  out.full_screen = key_pressed(Key::f11);
  out.keys = key_pressed(Key::f1);
  if (ctrl) {
    out.find = key_pressed(Key::k);
    out.open = key_pressed(Key::o);
    out.save = key_pressed(Key::s);
    out.export_view = key_pressed(Key::e);
    out.zoom = (key_pressed(Key::plus, true) ? 1 : 0) - (key_pressed(Key::minus, true) ? 1 : 0);
    out.reset_zoom = key_pressed(Key::zero);
  }
  if (covered || ctrl || ImGui::GetIO().WantTextInput) return out;
  out.home = key_pressed(Key::home);
  out.presentation = key_pressed(Key::tab);
  out.fold = key_pressed(Key::l);
  out.play = key_pressed(Key::space);
  out.step = key_pressed(Key::period, true);
  out.slow = key_pressed(Key::s);
  out.reset = key_pressed(Key::r);
  return out;
}

void ask_run(RunView* run, const KeyRequests& requests) {
  if (!run || !run->status().ready) return;
  if (requests.play) toggle_play(*run);
  if (requests.step) run->step_once();
  if (requests.slow) run->set_slow(!run->status().slow);
  if (requests.reset) run->reset(std::nullopt);
  if (requests.trained) run->back_to_trained_model();
}

}  // namespace unveil
