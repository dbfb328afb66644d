#include "app/shell/keys_overlay.h"

#include "app/shell/panel.h"
#include "app/widgets/controls.h"

namespace unveil {
namespace {

struct Row {
  const char *keys, *meaning;
};
constexpr Row kRows[] = {{"Space", "Play and pause"},
                         {".", "One step, then pause"},
                         {"S", "Slow motion"},
                         {"R", "Reset to the same initial weights"},
                         {"", ""},
                         {"Tab", "Presentation: hide the side panels"},
                         {"F11", "Full screen"},
                         {"Ctrl +  Ctrl −  Ctrl 0", "Larger, smaller, as the display asks"},
                         {"", ""},
                         {"Ctrl O", "Open data or a checkpoint"},
                         {"Ctrl S", "Save a checkpoint"},
                         {"Ctrl E", "Export the view under the mouse"},
                         {"F1", "These keys"}};

}  // namespace

bool draw_keys_overlay(ShellContext& context) {
  Ui& ui = context.ui;
  const bool keep = begin_overlay(ui, "keys", ui.px(560), ui.px(120));
  text(ui.fonts.large, ui.theme.text, "Keys");
  ImGui::Dummy({1, ui.px(4)});
  for (const auto& row : kRows) {
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
