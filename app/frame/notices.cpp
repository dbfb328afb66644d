#include "app/frame/notices.h"

#include <algorithm>

#include "app/widgets/controls.h"

namespace unveil {
namespace {
constexpr double kInfoSeconds = 6;
constexpr std::size_t kMost = 4;
}  // namespace

void Notices::add(Item item) {
  std::replace(item.text.begin(), item.text.end(), '\n', ' ');
  // The same message again only renews the one that stands.
  std::erase_if(items_, [&](const Item& old) { return old.text == item.text; });
  items_.push_back(std::move(item));
  if (items_.size() > kMost) items_.erase(items_.begin());
}

void Notices::draw(Ui& ui, ImVec2 stage_min, ImVec2 stage_max) {
  ui.marks.state("notices.count", static_cast<int>(items_.size()));
  ui.marks.state("notices.last", items_.empty() ? std::string() : items_.back().text);
  ui.marks.state("notices.error", !items_.empty() && items_.back().error);
  if (items_.empty()) return;
  const float margin = ui.px(24), pad = ui.px(14),
              width = std::min(ui.px(520), stage_max.x - stage_min.x - 2 * margin);
  float bottom = stage_max.y - margin;
  int dismissed = -1;
  ImGui::PushStyleColor(ImGuiCol_WindowBg, ui.theme.raised);
  ImGui::PushStyleVar(ImGuiStyleVar_WindowRounding, ui.px(8));
  for (int i = static_cast<int>(items_.size()) - 1; i >= 0; --i) {
    Item& item = items_[static_cast<std::size_t>(i)];
    if (item.since < 0) item.since = ui.now;
    ui.ease(item.shown, 1.0f, 0.1f);
    const float wrap = width - 2 * pad - ui.px(32);
    ImFont* font = ui.fonts.body;
    const ImVec2 words = font->CalcTextSizeA(font->FontSize, FLT_MAX, wrap, item.text.c_str());
    const ImVec2 size(width, words.y + 2 * pad),
        at(stage_max.x - margin - width, bottom - size.y + (1 - item.shown) * ui.px(16));
    ImGui::SetNextWindowPos(at);
    ImGui::SetNextWindowSize(size);
    ImGui::PushStyleVar(ImGuiStyleVar_Alpha, std::max(0.05f, item.shown));
    const std::string id = "notice." + std::to_string(i);
    ImGui::Begin(id.c_str(), nullptr,
                 ImGuiWindowFlags_NoDecoration | ImGuiWindowFlags_NoMove | ImGuiWindowFlags_NoSavedSettings |
                     ImGuiWindowFlags_NoFocusOnAppearing | ImGuiWindowFlags_NoNav);
    ImDrawList* list = ImGui::GetWindowDrawList();
    list->AddRectFilled({at.x, at.y + ui.px(8)}, {at.x + ui.px(3), at.y + size.y - ui.px(8)},
                        item.error ? ui.theme.error : ui.theme.accent, ui.px(2));
    list->AddText(font, font->FontSize, {at.x + pad + ui.px(4), at.y + pad}, ui.theme.text, item.text.c_str(),
                  nullptr, wrap);
    ui.marks.rect(id, at, {at.x + size.x, at.y + size.y});
    ImGui::SetCursorScreenPos({at.x + size.x - ui.px(36), at.y + ui.px(8)});
    if (icon_button(ui, (id + ".dismiss").c_str(), Icon::close, nullptr, false, 28)) dismissed = i;
    ImGui::End();
    ImGui::PopStyleVar();
    bottom -= size.y + ui.px(8);
    if (!item.error) {
      const double left = kInfoSeconds - (ui.now - item.since);
      if (left <= 0)
        dismissed = i;
      else if (left < 0.3)
        ui.animate(0.3);
    }
  }
  ImGui::PopStyleVar();
  ImGui::PopStyleColor();
  if (dismissed >= 0) {
    items_.erase(items_.begin() + dismissed);
    ui.animate(0.05);
  }
}

}  // namespace unveil
