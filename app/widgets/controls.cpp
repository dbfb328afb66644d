#include "app/widgets/controls.h"

#include <algorithm>
#include <cctype>
#include <cmath>

namespace unveil {
namespace {

ImVec2 operator+(ImVec2 a, ImVec2 b) {
  return {a.x + b.x, a.y + b.y};
}

// A number kept for the item `id`, by value: the storage moves when it grows.
float kept(const char* id, int slot) {
  return ImGui::GetStateStorage()->GetFloat(ImGui::GetID(id) + static_cast<ImGuiID>(slot));
}
void keep(const char* id, int slot, float value) {
  ImGui::GetStateStorage()->SetFloat(ImGui::GetID(id) + static_cast<ImGuiID>(slot), value);
}
float eased(Ui& ui, const char* id, float target) {
  float value = kept(id, 1);
  ui.ease(value, target);
  keep(id, 1, value);
  return value;
}

std::string mark_name(std::string_view id, std::string_view label) {
  std::string out = std::string(id) + ".";
  for (char c : label) out += c == ' ' ? '_' : static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

}  // namespace

ImVec2 text(ImFont* font, ImU32 colour, std::string_view what) {
  ImGui::PushFont(font);
  ImGui::PushStyleColor(ImGuiCol_Text, colour);
  ImGui::TextUnformatted(what.data(), what.data() + what.size());
  ImGui::PopStyleColor();
  ImGui::PopFont();
  return ImGui::GetItemRectSize();
}

void paragraph(const Ui& ui, ImU32 colour, std::string_view what, float width) {
  ImGui::PushFont(ui.fonts.body);
  ImGui::PushStyleColor(ImGuiCol_Text, colour);
  ImGui::PushTextWrapPos(width > 0 ? ImGui::GetCursorPosX() + width : 0.0f);
  ImGui::TextUnformatted(what.data(), what.data() + what.size());
  ImGui::PopTextWrapPos();
  ImGui::PopStyleColor();
  ImGui::PopFont();
}

ImVec2 measure(ImFont* font, std::string_view what) {
  return font->CalcTextSizeA(font->FontSize, FLT_MAX, 0, what.data(), what.data() + what.size());
}

std::string fit(ImFont* font, const std::string& what, float width) {
  if (measure(font, what).x <= width) return what;
  std::string out = what;
  while (!out.empty() && measure(font, out + "…").x > width) {
    while (!out.empty() && (static_cast<unsigned char>(out.back()) & 0xc0) == 0x80) out.pop_back();
    if (!out.empty()) out.pop_back();
  }
  return out + "…";
}

void labelled_number(const Ui& ui, std::string_view label, std::string_view value, std::string_view unit,
                     float width) {
  ImGui::BeginGroup();
  text(ui.fonts.small, ui.theme.text_dim, fit(ui.fonts.small, std::string(label), width - ui.px(4)));
  ImGui::SetCursorPosY(ImGui::GetCursorPosY() - ui.px(6));
  text(ui.fonts.large, ui.theme.text, value);
  if (!unit.empty()) {
    ImGui::SameLine(0, ui.px(5));
    ImGui::SetCursorPosY(ImGui::GetCursorPosY() + ui.fonts.large->Ascent - ui.fonts.small->Ascent);
    text(ui.fonts.small, ui.theme.text_dim, unit);
  }
  ImGui::Dummy({width, 0});
  ImGui::EndGroup();
}

bool button(Ui& ui, const char* id, std::optional<Icon> icon, std::string_view label, ButtonKind kind, bool enabled,
            bool small, float least_width) {
  ImFont* font = small ? ui.fonts.small : ui.fonts.body;
  const float height = ui.px(small ? 28 : 36), pad = ui.px(label.empty() ? 10 : (small ? 10 : 14));
  const float icon_size = ui.px(small ? 12 : 15), gap = icon && !label.empty() ? ui.px(8) : 0;
  const ImVec2 words = measure(font, label);
  const float content = (icon ? icon_size : 0) + gap + words.x;
  const ImVec2 size(std::max(pad * 2 + content, least_width), height);
  const ImVec2 at = ImGui::GetCursorScreenPos();
  if (!enabled) ImGui::BeginDisabled();
  const bool pressed = ImGui::InvisibleButton(id, size);
  const bool hovered = ImGui::IsItemHovered(), held = ImGui::IsItemActive();
  if (!enabled) ImGui::EndDisabled();
  ui.marks.item(id);
  const float glow = eased(ui, id, held ? 1.0f : hovered ? 0.6f : 0.0f);
  const Theme& t = ui.theme;
  ImU32 fill = t.raised, ink = t.text, over = t.raised_active;
  if (kind == ButtonKind::primary) fill = t.accent, ink = t.on_accent, over = mix(t.accent, t.text, 0.35f);
  if (kind == ButtonKind::quiet) fill = with_alpha(t.raised, 0), over = t.raised_hover, ink = t.text_dim;
  if (kind == ButtonKind::on)
    fill = mix(t.raised, t.accent, 0.22f), ink = t.accent, over = mix(t.raised, t.accent, 0.4f);
  if (!enabled) fill = kind == ButtonKind::quiet ? fill : with_alpha(t.raised, 0.5f), ink = t.text_faint;
  ImDrawList* list = ImGui::GetWindowDrawList();
  fill = mix(fill, over, glow);
  if ((fill >> IM_COL32_A_SHIFT) != 0) list->AddRectFilled(at, at + size, fill, ui.px(6));
  float x = at.x + std::round((size.x - content) * 0.5f);
  if (icon) {
    draw_icon(list, *icon, {x + icon_size * 0.5f, at.y + height * 0.5f}, icon_size, ink);
    x += icon_size + gap;
  }
  list->AddText(font, font->FontSize, {x, at.y + std::round((height - words.y) * 0.5f)}, ink, label.data(),
                label.data() + label.size());
  return pressed && enabled;
}

bool icon_button(Ui& ui, const char* id, Icon icon, const char* hint, bool on, float size) {
  const float side = ui.px(size);
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const bool pressed = ImGui::InvisibleButton(id, {side, side});
  ui.marks.item(id);
  const float glow = eased(ui, id, ImGui::IsItemActive() ? 1.0f : ImGui::IsItemHovered() ? 0.7f : 0.0f);
  if (hint) tooltip(ui, hint);
  ImDrawList* list = ImGui::GetWindowDrawList();
  if (glow > 0.01f)
    list->AddRectFilled(at, at + ImVec2(side, side), with_alpha(ui.theme.raised_active, glow), ui.px(6));
  draw_icon(list, icon, at + ImVec2(side * 0.5f, side * 0.5f), side * 0.5f,
            on ? ui.theme.accent : mix(ui.theme.text_dim, ui.theme.text, glow));
  return pressed;
}

SliderResult slider(Ui& ui, const char* id, float& position, float width, ImU32 colour) {
  SliderResult result;
  const float height = ui.px(24), radius = ui.px(7);
  const ImVec2 at = ImGui::GetCursorScreenPos();
  ImGui::InvisibleButton(id, {width, height});
  ui.marks.item(id);
  const float left = at.x + radius, right = at.x + width - radius, y = at.y + height * 0.5f;
  if (ImGui::IsItemActive()) {
    const float moved = std::clamp((ImGui::GetIO().MousePos.x - left) / std::max(1.0f, right - left), 0.0f, 1.0f);
    result.changed = moved != position;
    position = moved;
  }
  result.released = ImGui::IsItemDeactivated();
  const float glow = eased(ui, id, ImGui::IsItemActive() ? 1.0f : ImGui::IsItemHovered() ? 0.6f : 0.0f);
  const float x = left + (right - left) * std::clamp(position, 0.0f, 1.0f), half = ui.px(4) * 0.5f;
  ImDrawList* list = ImGui::GetWindowDrawList();
  list->AddRectFilled({at.x, y - half}, {at.x + width, y + half}, ui.theme.raised_active, half);
  list->AddRectFilled({at.x, y - half}, {x, y + half}, colour, half);
  list->AddCircleFilled({x, y}, radius * (0.82f + 0.18f * glow), colour, 20);
  list->AddCircleFilled({x, y}, radius * 0.42f, ui.theme.panel, 16);
  return result;
}

SliderResult scrubber(Ui& ui, const char* id, int& position, int count, int reached, float width) {
  SliderResult result;
  const float height = ui.px(24);
  const ImVec2 at = ImGui::GetCursorScreenPos();
  ImGui::InvisibleButton(id, {width, height});
  ui.marks.item(id);
  const float last = static_cast<float>(std::max(1, count - 1));
  if (ImGui::IsItemActive()) {
    const float share = std::clamp((ImGui::GetIO().MousePos.x - at.x) / width, 0.0f, 1.0f);
    const int moved = std::min(static_cast<int>(std::lround(share * last)), std::max(0, reached));
    result.changed = moved != position;
    position = moved;
  }
  result.released = ImGui::IsItemDeactivated();
  const float y = at.y + height * 0.5f, half = ui.px(6) * 0.5f;
  const float x = at.x + width * std::clamp(static_cast<float>(position) / last, 0.0f, 1.0f);
  const float kept = at.x + width * std::clamp(static_cast<float>(reached) / last, 0.0f, 1.0f);
  ImDrawList* list = ImGui::GetWindowDrawList();
  list->AddRectFilled({at.x, y - half}, {at.x + width, y + half}, ui.theme.raised, half);
  list->AddRectFilled({at.x, y - half}, {kept, y + half}, ui.theme.raised_active, half);
  list->AddRectFilled({at.x, y - half}, {x, y + half}, with_alpha(ui.theme.accent, 0.75f), half);
  list->AddRectFilled({x - ui.px(2), at.y + ui.px(2)}, {x + ui.px(2), at.y + height - ui.px(2)}, ui.theme.text,
                      ui.px(2));
  return result;
}

bool toggle(Ui& ui, const char* id, bool& value) {
  const ImVec2 size(ui.px(36), ui.px(20)), at = ImGui::GetCursorScreenPos();
  const bool pressed = ImGui::InvisibleButton(id, size);
  ui.marks.item(id);
  if (pressed) value = !value;
  const float slide = eased(ui, id, value ? 1.0f : 0.0f);
  ImDrawList* list = ImGui::GetWindowDrawList();
  const float r = size.y * 0.5f;
  list->AddRectFilled(at, at + size, mix(ui.theme.raised_active, ui.theme.accent, slide), r);
  list->AddCircleFilled({at.x + r + (size.x - 2 * r) * slide, at.y + r}, r - ui.px(3),
                        mix(ui.theme.text_dim, ui.theme.on_accent, slide), 20);
  return pressed;
}

bool segmented(Ui& ui, const char* id, std::span<const std::string> labels, int& chosen, bool small) {
  ImFont* font = small ? ui.fonts.small : ui.fonts.body;
  const float height = ui.px(small ? 26 : 32), pad = ui.px(small ? 9 : 12), inset = ui.px(2);
  float width = 0;
  for (const auto& label : labels) width += measure(font, label).x + 2 * pad;
  const ImVec2 at = ImGui::GetCursorScreenPos();
  ImDrawList* list = ImGui::GetWindowDrawList();
  list->AddRectFilled(at, at + ImVec2(width, height), ui.theme.raised, ui.px(6));
  ImGui::PushID(id);
  bool changed = false;
  float x = at.x;
  for (int i = 0; i < static_cast<int>(labels.size()); ++i) {
    const std::string& label = labels[static_cast<std::size_t>(i)];
    const ImVec2 words = measure(font, label), size(words.x + 2 * pad, height), corner(x, at.y);
    ImGui::SetCursorScreenPos(corner);
    ImGui::PushID(i);
    if (ImGui::InvisibleButton("segment", size) && i != chosen) chosen = i, changed = true;
    ImGui::PopID();
    ui.marks.item(std::string(id) + "." + std::to_string(i));
    const bool on = i == chosen;
    if (on) {
      list->AddRectFilled({x + inset, at.y + inset}, {x + size.x - inset, at.y + height - inset},
                          mix(ui.theme.raised_active, ui.theme.accent, 0.2f), ui.px(5));
    }
    const ImU32 ink = on ? ui.theme.text : ImGui::IsItemHovered() ? ui.theme.text : ui.theme.text_dim;
    list->AddText(font, font->FontSize, {x + pad, at.y + std::round((height - words.y) * 0.5f)}, ink, label.data(),
                  label.data() + label.size());
    x += size.x;
  }
  ImGui::PopID();
  ImGui::SetCursorScreenPos(at);
  ImGui::Dummy({width, height});
  return changed;
}

bool tabs(Ui& ui, const char* id, std::span<const std::string> labels, int& chosen) {
  const float height = ui.px(36), gap = ui.px(24);
  const ImVec2 at = ImGui::GetCursorScreenPos();
  ImDrawList* list = ImGui::GetWindowDrawList();
  ImGui::PushID(id);
  bool changed = false;
  float x = at.x, goal_x = x, goal_width = 0;
  for (int i = 0; i < static_cast<int>(labels.size()); ++i) {
    const std::string& label = labels[static_cast<std::size_t>(i)];
    const ImVec2 words = measure(ui.fonts.body, label);
    ImGui::SetCursorScreenPos({x - gap * 0.5f, at.y});
    ImGui::PushID(i);
    if (ImGui::InvisibleButton("tab", {words.x + gap, height}) && i != chosen) chosen = i, changed = true;
    ImGui::PopID();
    ui.marks.item(mark_name(id, label));
    const bool on = i == chosen;
    if (on) goal_x = x, goal_width = words.x;
    const ImU32 ink = on || ImGui::IsItemHovered() ? ui.theme.text : ui.theme.text_dim;
    list->AddText(ui.fonts.body, ui.fonts.body->FontSize, {x, at.y + ui.px(6)}, ink, label.data(),
                  label.data() + label.size());
    x += words.x + gap;
  }
  // The underline glides to the chosen tab; offsets, so that a moved window does not set it gliding.
  float line_x = kept("line", 1), line_width = kept("line", 2);
  if (line_width == 0) line_x = goal_x - at.x, line_width = goal_width;
  const float to_x = goal_x - at.x;
  if (std::abs(to_x - line_x) + std::abs(goal_width - line_width) > 0.5f) {
    const float share = 1 - std::exp(-ui.dt / 0.06f);
    line_x += (to_x - line_x) * share, line_width += (goal_width - line_width) * share;
    ui.animate(0.05);
  } else {
    line_x = to_x, line_width = goal_width;
  }
  keep("line", 1, line_x);
  keep("line", 2, line_width);
  ImGui::PopID();
  const float y = at.y + height - ui.px(2);
  list->AddRectFilled({at.x + line_x, y - ui.px(2)}, {at.x + line_x + line_width, y}, ui.theme.accent, ui.px(1));
  ImGui::SetCursorScreenPos(at);
  ImGui::Dummy({std::max(1.0f, x - at.x - gap), height});
  return changed;
}

bool section(Ui& ui, const char* id, std::string_view title, bool open_at_first) {
  ImGuiStorage& storage = *ImGui::GetStateStorage();
  const ImGuiID key = ImGui::GetID(id);
  bool open = storage.GetBool(key, open_at_first);
  const ImVec2 size(ImGui::GetContentRegionAvail().x, ui.px(32)), at = ImGui::GetCursorScreenPos();
  if (ImGui::InvisibleButton(id, size)) storage.SetBool(key, open = !open);
  ui.marks.item(id);
  const float turn = eased(ui, id, ImGui::IsItemHovered() ? 1.0f : 0.0f);
  ImDrawList* list = ImGui::GetWindowDrawList();
  list->AddText(ui.fonts.bold, ui.fonts.bold->FontSize,
                {at.x, at.y + std::round((size.y - ui.fonts.bold->FontSize) * 0.5f)}, ui.theme.text, title.data(),
                title.data() + title.size());
  draw_icon(list, open ? Icon::chevron_down : Icon::chevron_right, {at.x + size.x - ui.px(8), at.y + size.y * 0.5f},
            ui.px(11), mix(ui.theme.text_faint, ui.theme.text, turn));
  return open;
}

void unfold_section(const char* id) {
  ImGui::GetStateStorage()->SetBool(ImGui::GetID(id), true);
}

void tooltip(const Ui& ui, std::string_view what) {
  if (what.empty() || !ImGui::IsItemHovered(ImGuiHoveredFlags_AllowWhenDisabled)) return;
  ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, {ui.px(12), ui.px(8)});
  ImGui::PushStyleColor(ImGuiCol_PopupBg, ui.theme.raised);
  ImGui::BeginTooltip();
  ImGui::PushTextWrapPos(ui.px(320));
  text(ui.fonts.small, ui.theme.text, what);
  ImGui::PopTextWrapPos();
  ImGui::EndTooltip();
  ImGui::PopStyleColor();
  ImGui::PopStyleVar();
}

void empty_state(const Ui& ui, std::string_view title, std::string_view how) {
  const ImVec2 area = ImGui::GetContentRegionAvail(), at = ImGui::GetCursorScreenPos();
  const float wrap = std::min(area.x * 0.8f, ui.px(520));
  const ImVec2 a = measure(ui.fonts.large, title);
  ImFont* body = ui.fonts.body;
  const ImVec2 b = body->CalcTextSizeA(body->FontSize, FLT_MAX, wrap, how.data(), how.data() + how.size());
  const float y = at.y + std::max(0.0f, (area.y - a.y - b.y - ui.px(8)) * 0.45f);
  ImDrawList* list = ImGui::GetWindowDrawList();
  list->AddText(ui.fonts.large, ui.fonts.large->FontSize, {at.x + (area.x - a.x) * 0.5f, y}, ui.theme.text_dim,
                title.data(), title.data() + title.size());
  list->AddText(body, body->FontSize, {at.x + (area.x - b.x) * 0.5f, y + a.y + ui.px(8)}, ui.theme.text_faint,
                how.data(), how.data() + how.size(), wrap);
}

}  // namespace unveil
