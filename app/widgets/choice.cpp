#include "app/widgets/choice.h"

#include <algorithm>

#include "app/widgets/controls.h"
#include "app/widgets/input_version.h"

namespace unveil {

bool unfolding_list(Ui& ui, const char* id, std::span<const std::string> labels, int& chosen, float width,
                    const char* none) {
  const int count = static_cast<int>(labels.size()), before = chosen;
  ImGui::SetNextItemWidth(width);
  const bool shown =
      ImGui::BeginCombo((std::string("##") + id).c_str(),
                        chosen < 0 || chosen >= count ? none : labels[static_cast<std::size_t>(chosen)].c_str());
  if (shown) {
    // The panels have no keyboard navigation of ImGui's, whose focus would wander through everything: keys by hand.
    int& lit = *ImGui::GetStateStorage()->GetIntRef(ImGui::GetID("lit"), -1);
    if (ImGui::IsWindowAppearing()) lit = chosen;
    if (key_pressed(Key::down, true)) lit = std::min(lit + 1, count - 1);
    if (key_pressed(Key::up, true)) lit = std::max(lit - 1, 0);
    bool close = key_pressed(Key::escape);
    if (key_pressed(Key::enter) && lit >= 0) chosen = lit, close = true;
    for (int i = 0; i < count; ++i) {
      if (ImGui::Selectable(labels[static_cast<std::size_t>(i)].c_str(), i == lit)) chosen = i;
      ui.marks.item(std::string(id) + "." + std::to_string(i));
      if (ImGui::IsItemHovered() && (ImGui::GetIO().MouseDelta.x != 0 || ImGui::GetIO().MouseDelta.y != 0)) lit = i;
    }
    if (close) ImGui::CloseCurrentPopup(), ui.animate(0.1);
    ImGui::EndCombo();
  }
  ui.marks.item(id);
  return chosen != before;
}

bool choice(Ui& ui, const char* id, std::span<const std::string> labels, int& chosen, bool small, const char* none) {
  const float width = ImGui::GetContentRegionAvail().x;
  float needed = 0;
  for (const auto& label : labels)
    needed += measure(small ? ui.fonts.small : ui.fonts.body, label).x + ui.px(small ? 18 : 24);
  if (needed <= width) return segmented(ui, id, labels, chosen, small);
  return unfolding_list(ui, id, labels, chosen, width, none);
}

}  // namespace unveil
