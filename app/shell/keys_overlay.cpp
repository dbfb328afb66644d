#include "app/shell/keys_overlay.h"

#include "app/shell/panel.h"
#include "app/shell/shortcuts.h"
#include "app/widgets/controls.h"

namespace unveil {
bool draw_keys_overlay(ShellContext& context) {
  Ui& ui = context.ui;
  const bool keep =
      begin_overlay(ui, "keys", ui.px(560), ImGui::GetIO().DisplaySize.y < ui.px(660) ? ui.px(8) : ui.px(96));
  text(ui.fonts.large, ui.theme.text, "Keys");
  ImGui::Dummy({1, ui.px(4)});
  for (const auto& row : command_rows()) {
    if (!row.listed) continue;
    if (!row.keys[0]) {
      ImGui::Dummy({1, ui.px(6)});
      continue;
    }
    const float left = ImGui::GetCursorPosX();
    text(ui.fonts.body, ui.theme.accent, row.keys);
    ImGui::SameLine(left + ui.px(196));
    text(ui.fonts.body, ui.theme.text, row.meaning);
  }
  ImGui::Dummy({1, ui.px(4)});
  paragraph(ui, ui.theme.text_dim,
            "Files and folders can be dropped anywhere on the window. A click on a knob's number types a value, "
            "one on its name puts the default back.");
  end_overlay();
  return keep;
}

}  // namespace unveil
