#include "app/widgets/theme.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace unveil {
namespace {

constexpr ImU32 rgb(unsigned hex) {
  return IM_COL32((hex >> 16) & 255, (hex >> 8) & 255, hex & 255, 255);
}

int channel(ImU32 colour, int shift) {
  return static_cast<int>((colour >> shift) & 255);
}

ImVec4 to_vec4(ImU32 colour) {
  return ImGui::ColorConvertU32ToFloat4(colour);
}

}  // namespace

Theme dark_theme() {
  Theme t;
  t.dark = true;
  t.stage = rgb(0x0d1116);
  t.panel = rgb(0x141a21);
  t.raised = rgb(0x1e2630);
  t.raised_hover = rgb(0x28323e);
  t.raised_active = rgb(0x33404e);
  t.hairline = rgb(0x232c36);
  t.text = rgb(0xe8edf3);
  t.text_dim = rgb(0x9aa8b8);
  t.text_faint = rgb(0x66758a);
  t.accent = rgb(0x6f9dff);
  t.on_accent = rgb(0x0b1020);
  t.data = rgb(0x5cc8ff);
  t.model = rgb(0x4fd8a8);
  t.prediction = rgb(0xffb950);
  t.error = rgb(0xff6f6f);
  t.selection = rgb(0xe48bff);
  t.negative = rgb(0x4aa8ff);
  t.neutral = rgb(0x2b333d);
  t.positive = rgb(0xff9a3d);
  t.classes = {rgb(0x5cc8ff), rgb(0xffb950), rgb(0x4fd8a8), rgb(0xff7f7f), rgb(0xb69bff),
               rgb(0xf7e463), rgb(0xff9fd4), rgb(0x9bd35a), rgb(0xd9b08c), rgb(0xc3cedb)};
  return t;
}

Theme light_theme() {
  Theme t;
  t.dark = false;
  t.stage = rgb(0xfafbfc);
  t.panel = rgb(0xf0f3f6);
  t.raised = rgb(0xe3e8ee);
  t.raised_hover = rgb(0xd8dfe7);
  t.raised_active = rgb(0xcad3dd);
  t.hairline = rgb(0xdbe1e8);
  t.text = rgb(0x18202a);
  t.text_dim = rgb(0x536173);
  t.text_faint = rgb(0x8592a3);
  t.accent = rgb(0x2f63e0);
  t.on_accent = rgb(0xffffff);
  t.data = rgb(0x0a7fc4);
  t.model = rgb(0x0b8a63);
  t.prediction = rgb(0xc46a00);
  t.error = rgb(0xcf2f3d);
  t.selection = rgb(0xa030c8);
  t.negative = rgb(0x1268c8);
  t.neutral = rgb(0xe2e6ea);
  t.positive = rgb(0xd96a00);
  t.classes = {rgb(0x0a7fc4), rgb(0xc46a00), rgb(0x0b8a63), rgb(0xcf2f3d), rgb(0x6a4fd0),
               rgb(0x9a8400), rgb(0xc83f92), rgb(0x558b13), rgb(0x8a5a32), rgb(0x55616f)};
  return t;
}

ImU32 role_colour(const Theme& theme, Role role) {
  switch (role) {
    case Role::data: return theme.data;
    case Role::model: return theme.model;
    case Role::prediction: return theme.prediction;
    case Role::error: return theme.error;
    case Role::selection: return theme.selection;
  }
  return theme.text;
}

ImU32 with_alpha(ImU32 colour, float alpha) {
  const float own = static_cast<float>(channel(colour, IM_COL32_A_SHIFT));
  const ImU32 a = static_cast<ImU32>(std::lround(std::clamp(alpha, 0.0f, 1.0f) * own));
  return (colour & ~IM_COL32_A_MASK) | (a << IM_COL32_A_SHIFT);
}

ImU32 mix(ImU32 a, ImU32 b, float t) {
  t = std::clamp(t, 0.0f, 1.0f);
  ImU32 out = 0;
  for (int shift : {IM_COL32_R_SHIFT, IM_COL32_G_SHIFT, IM_COL32_B_SHIFT, IM_COL32_A_SHIFT}) {
    const float x = static_cast<float>(channel(a, shift)) * (1 - t) + static_cast<float>(channel(b, shift)) * t;
    out |= static_cast<ImU32>(std::lround(x)) << shift;
  }
  return out;
}

ImU32 viridis(double t) {
  // Seventeen stops of the map; between them a straight line is closer than the eye can tell.
  static constexpr unsigned kStops[] = {0x440154, 0x481567, 0x482677, 0x453781, 0x404788, 0x39568c,
                                        0x33638d, 0x2d708e, 0x287d8e, 0x1f968b, 0x20a387, 0x3cbb75,
                                        0x55c667, 0x73d055, 0x95d840, 0xdce319, 0xfde725};
  static constexpr double kAt[] = {0.00,  0.053, 0.105, 0.158, 0.211, 0.263, 0.316, 0.368, 0.421,
                                   0.526, 0.579, 0.684, 0.737, 0.789, 0.842, 0.947, 1.00};
  if (std::isnan(t)) return rgb(0x808080);
  t = std::clamp(t, 0.0, 1.0);
  int i = 1;
  while (i < 16 && kAt[i] < t) ++i;
  return mix(rgb(kStops[i - 1]), rgb(kStops[i]), static_cast<float>((t - kAt[i - 1]) / (kAt[i] - kAt[i - 1])));
}

ImU32 diverging(const Theme& theme, double t) {
  if (std::isnan(t)) return theme.text_faint;
  // A table of more colours than an eye tells apart, for pictures of many values that change while a model trains.
  // Drawing is one thread's.
  constexpr int kHalf = 255;
  static std::array<ImU32, 2 * kHalf + 1> table;
  static std::array<ImU32, 3> of{};
  if (const std::array now{theme.neutral, theme.negative, theme.positive}; of != now) {
    of = now;
    for (int i = -kHalf; i <= kHalf; ++i)
      // A slight lift near zero keeps weak weights visible on the neutral middle.
      table[static_cast<std::size_t>(i + kHalf)] =
          mix(theme.neutral, i < 0 ? theme.negative : theme.positive,
              static_cast<float>(std::pow(std::abs(static_cast<double>(i)) / kHalf, 0.85)));
  }
  return table[static_cast<std::size_t>(kHalf +
                                        static_cast<int>(std::clamp(t, -1.0, 1.0) * kHalf + (t < 0 ? -0.5 : 0.5)))];
}

void apply_style(const Theme& theme, float scale) {
  ImGuiStyle style;
  style.WindowPadding = {0, 0};
  style.FramePadding = {10, 7};
  style.ItemSpacing = {8, 8};
  style.ItemInnerSpacing = {8, 4};
  style.WindowRounding = 0;
  style.ChildRounding = 0;
  style.FrameRounding = 6;
  style.PopupRounding = 8;
  style.ScrollbarRounding = 4;
  style.ScrollbarSize = 10;
  style.GrabRounding = 6;
  style.WindowBorderSize = 0;
  style.ChildBorderSize = 0;
  style.PopupBorderSize = 1;
  style.FrameBorderSize = 0;
  style.ScaleAllSizes(scale);
  style.PopupBorderSize = 1;
  auto set = [&](ImGuiCol index, ImU32 colour) { style.Colors[index] = to_vec4(colour); };
  set(ImGuiCol_Text, theme.text);
  set(ImGuiCol_TextDisabled, theme.text_faint);
  set(ImGuiCol_WindowBg, theme.panel);
  set(ImGuiCol_ChildBg, IM_COL32_BLACK_TRANS);
  set(ImGuiCol_PopupBg, theme.panel);
  set(ImGuiCol_Border, theme.hairline);
  set(ImGuiCol_FrameBg, theme.raised);
  set(ImGuiCol_FrameBgHovered, theme.raised_hover);
  set(ImGuiCol_FrameBgActive, theme.raised_active);
  set(ImGuiCol_Button, theme.raised);
  set(ImGuiCol_ButtonHovered, theme.raised_hover);
  set(ImGuiCol_ButtonActive, theme.raised_active);
  set(ImGuiCol_Header, theme.raised);
  set(ImGuiCol_HeaderHovered, theme.raised_hover);
  set(ImGuiCol_HeaderActive, theme.raised_active);
  set(ImGuiCol_Separator, theme.hairline);
  set(ImGuiCol_ScrollbarBg, IM_COL32_BLACK_TRANS);
  set(ImGuiCol_ScrollbarGrab, theme.raised);
  set(ImGuiCol_ScrollbarGrabHovered, theme.raised_hover);
  set(ImGuiCol_ScrollbarGrabActive, theme.raised_active);
  set(ImGuiCol_SliderGrab, theme.accent);
  set(ImGuiCol_SliderGrabActive, theme.accent);
  set(ImGuiCol_CheckMark, theme.accent);
  set(ImGuiCol_TextSelectedBg, with_alpha(theme.accent, 0.35f));
  set(ImGuiCol_NavHighlight, theme.accent);
  set(ImGuiCol_ModalWindowDimBg, with_alpha(rgb(0x000000), theme.dark ? 0.5f : 0.25f));
  ImGui::GetStyle() = style;
}

void draw_marker(ImDrawList* list, int shape, ImVec2 c, float r, ImU32 colour) {
  auto polygon = [&](int corners, float turn, float inner) {
    list->PathClear();
    const int points = inner > 0 ? corners * 2 : corners;
    for (int i = 0; i < points; ++i) {
      const float radius = inner > 0 && i % 2 == 1 ? r * inner : r * 1.15f;
      const float a = turn + 6.2831853f * static_cast<float>(i) / static_cast<float>(points);
      list->PathLineTo({c.x + radius * std::cos(a), c.y + radius * std::sin(a)});
    }
    inner > 0 ? list->PathStroke(colour, ImDrawFlags_Closed, r * 0.45f) : list->PathFillConvex(colour);
  };
  constexpr float kUp = -1.5707963f;
  switch (((shape % 10) + 10) % 10) {
    case 0: list->AddCircleFilled(c, r, colour, 12); break;
    case 1:
      list->AddRectFilled({c.x - r * 0.85f, c.y - r * 0.85f}, {c.x + r * 0.85f, c.y + r * 0.85f}, colour);
      break;
    case 2: polygon(3, kUp, 0); break;
    case 3: polygon(4, kUp, 0); break;
    case 4: polygon(3, -kUp, 0); break;
    case 5:
      list->AddLine({c.x - r, c.y - r}, {c.x + r, c.y + r}, colour, r * 0.6f);
      list->AddLine({c.x - r, c.y + r}, {c.x + r, c.y - r}, colour, r * 0.6f);
      break;
    case 6:
      list->AddLine({c.x - r, c.y}, {c.x + r, c.y}, colour, r * 0.6f);
      list->AddLine({c.x, c.y - r}, {c.x, c.y + r}, colour, r * 0.6f);
      break;
    case 7: polygon(5, kUp, 0.45f); break;
    case 8: polygon(5, kUp, 0); break;
    default: list->AddCircle(c, r * 0.85f, colour, 12, r * 0.5f); break;
  }
}

}  // namespace unveil
