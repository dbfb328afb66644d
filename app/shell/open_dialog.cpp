#include "app/shell/open_dialog.h"

#include <imgui_stdlib.h>

#include <algorithm>

#include "app/shell/panel.h"
#include "app/widgets/controls.h"
#include "app/widgets/format.h"
#include "app/widgets/input_version.h"

namespace unveil {

void OpenDialog::show() {
  shown_ = focus_ = true;
  typed_.clear();
  selected_ = -1;
}

std::vector<OpenDialog::Row> OpenDialog::rows(const std::vector<OpenSuggestion>& suggestions,
                                              const RecentPaths& recent) const {
  std::vector<Row> rows;
  if (!typed_.empty()) {
    for (const auto& s : suggestions) {
      if (s.spec.rfind(typed_, 0) == 0) rows.push_back({s.spec, s.description});
    }
    for (auto& path : complete_path(typed_, 10)) rows.push_back({std::move(path), ""});
    return rows;
  }
  for (const auto& s : suggestions) rows.push_back({s.spec, s.description});
  for (const auto& path : recent.items()) {
    if (std::none_of(rows.begin(), rows.end(), [&](const Row& row) { return row.value == path; }))
      rows.push_back({path, "recent"});
  }
  return rows;
}

std::optional<std::string> OpenDialog::draw(ShellContext& context, const std::vector<OpenSuggestion>& suggestions,
                                            const RecentPaths& recent) {
  Ui& ui = context.ui;
  ui.marks.state("open.shown", shown_);
  if (!shown_) return std::nullopt;
  std::optional<std::string> chosen;
  shown_ = begin_overlay(ui, "open", ui.px(680), ui.px(96));
  text(ui.fonts.bold, ui.theme.text, "Open data or a checkpoint");
  text(ui.fonts.small, ui.theme.text_dim,
       "IDX files, CIFAR-10, a folder of pictures, a checkpoint: recognised by content. Tab completes.");

  const auto list = rows(suggestions, recent);
  const int count = static_cast<int>(list.size());
  if (key_pressed(Key::down, true)) selected_ = std::min(selected_ + 1, count - 1);
  if (key_pressed(Key::up, true)) selected_ = std::max(selected_ - 1, -1);
  selected_ = std::min(selected_, count - 1);

  if (focus_) ImGui::SetKeyboardFocusHere();
  focus_ = false;
  ImGui::SetNextItemWidth(ImGui::GetContentRegionAvail().x);
  struct Completion {
    std::string with;
  } completion{common_beginning(complete_path(typed_, 1000), typed_)};
  const auto complete = [](ImGuiInputTextCallbackData* data) {
    const auto& with = static_cast<Completion*>(data->UserData)->with;
    data->DeleteChars(0, data->BufTextLen);
    data->InsertChars(0, with.c_str());
    return 0;
  };
  ImGui::PushStyleVar(ImGuiStyleVar_FramePadding, {ui.px(14), ui.px(11)});
  const std::string before = typed_;
  const bool entered = ImGui::InputTextWithHint(
      "##path", "path of a file or folder", &typed_,
      ImGuiInputTextFlags_EnterReturnsTrue | ImGuiInputTextFlags_CallbackCompletion, complete, &completion);
  ImGui::PopStyleVar();
  ui.marks.item("open.path");
  ui.marks.state("open.path", typed_);
  if (typed_ != before) selected_ = -1;
  if (entered) {
    const std::string value = selected_ >= 0 ? list[static_cast<std::size_t>(selected_)].value : typed_;
    // A folder chosen from the list is entered; typed out and confirmed, it is opened.
    if (selected_ >= 0 && value.ends_with('/') && value != typed_) {
      typed_ = value;
      selected_ = -1;
      focus_ = true;
    } else if (!value.empty()) {
      chosen = expand_home(value);
    }
    focus_ = true;
  }
  ImGui::Dummy({1, ui.px(2)});
  for (int i = 0; i < count; ++i) {
    const Row& row = list[static_cast<std::size_t>(i)];
    const ImVec2 at = ImGui::GetCursorScreenPos(), size(ImGui::GetContentRegionAvail().x, ui.px(32));
    ImGui::PushID(i);
    if (ImGui::InvisibleButton("row", size)) {
      if (row.value.ends_with('/') && row.value != typed_ && !typed_.empty()) {
        typed_ = row.value;
        focus_ = true;
      } else {
        chosen = expand_home(row.value);
      }
    }
    ImGui::PopID();
    ui.marks.item("open.row." + std::to_string(i));
    ImDrawList* draw = ImGui::GetWindowDrawList();
    if (ImGui::IsItemHovered() || i == selected_)
      draw->AddRectFilled(at, {at.x + size.x, at.y + size.y}, ui.theme.raised, ui.px(6));
    const float y = at.y + std::round((size.y - ui.fonts.body->FontSize) * 0.5f);
    const float note = measure(ui.fonts.small, row.note).x;
    const std::string value = fit(ui.fonts.body, elide_middle(row.value, 72), size.x - note - ui.px(44));
    draw->AddText(ui.fonts.body, ui.fonts.body->FontSize, {at.x + ui.px(12), y}, ui.theme.text, value.c_str());
    draw->AddText(ui.fonts.small, ui.fonts.small->FontSize, {at.x + size.x - note - ui.px(12), y + ui.px(2)},
                  ui.theme.text_faint, row.note.c_str());
    ImGui::SetCursorScreenPos({at.x, at.y + size.y});
  }
  if (count == 0)
    text(ui.fonts.small, ui.theme.text_faint,
         typed_.empty() ? "Nothing was opened lately." : "Nothing begins like this.");
  ImGui::Dummy({1, 1});
  end_overlay();
  if (chosen) shown_ = false;
  if (!shown_) ui.animate(0.1);
  return chosen;
}

}  // namespace unveil
