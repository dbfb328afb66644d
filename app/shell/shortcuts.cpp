#include "app/shell/shortcuts.h"

#include "app/shell/transport_bar.h"
#include "app/widgets/input_version.h"

namespace unveil {

KeyRequests poll_shortcuts(RunView* run, bool covered) {
  KeyRequests out;
  const bool ctrl = ctrl_held();
  out.full_screen = key_pressed(Key::f11);
  out.keys = key_pressed(Key::f1);
  if (ctrl) {
    out.open = key_pressed(Key::o);
    out.save = key_pressed(Key::s);
    out.export_view = key_pressed(Key::e);
    out.zoom = (key_pressed(Key::plus, true) ? 1 : 0) - (key_pressed(Key::minus, true) ? 1 : 0);
    out.reset_zoom = key_pressed(Key::zero);
  }
  if (covered || ctrl || ImGui::GetIO().WantTextInput) return out;
  out.presentation = key_pressed(Key::tab);
  if (!run || !run->status().ready) return out;
  if (key_pressed(Key::space)) toggle_play(*run);
  if (key_pressed(Key::period, true)) run->step_once();
  if (key_pressed(Key::s)) run->set_slow(!run->status().slow);
  if (key_pressed(Key::r)) run->reset(std::nullopt);
  return out;
}

}  // namespace unveil
