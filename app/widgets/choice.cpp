#include "app/widgets/choice.h"

#include "app/widgets/controls.h"

namespace unveil {

bool choice(Ui& ui, const char* id, std::span<const std::string> labels, int& chosen, bool small, const char* none) {
  const float width = ImGui::GetContentRegionAvail().x;
  float needed = 0;
  for (const auto& label : labels)
    needed += measure(small ? ui.fonts.small : ui.fonts.body, label).x + ui.px(small ? 18 : 24);
  if (needed <= width) return segmented(ui, id, labels, chosen, small);
  bool changed = false;
  ImGui::SetNextItemWidth(width);
  if (ImGui::BeginCombo((std::string("##") + id).c_str(), chosen < 0 ? none : labels[static_cast<std::size_t>(chosen)].c_str())) {
    for (int i = 0; i < static_cast<int>(labels.size()); ++i)
      if (ImGui::Selectable(labels[static_cast<std::size_t>(i)].c_str(), i == chosen)) chosen = i, changed = true;
    ImGui::EndCombo();
  }
  ui.marks.item(id);
  return changed;
}

}  // namespace unveil
