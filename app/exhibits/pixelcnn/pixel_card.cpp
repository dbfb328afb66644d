#include "app/exhibits/pixelcnn/pixel_card.h"

#include <fmt/format.h>

#include <algorithm>

#include "app/widgets/controls.h"
#include "app/widgets/format.h"

namespace unveil {
namespace {

// The line from 0 to 1: where a random number there makes ink, where paper; and where it fell.
void draw_unit_line(Ui& ui, ImVec2 at, float width, float height, float p, float u, bool forced) {
  ImDrawList* list = ImGui::GetWindowDrawList();
  const float split = at.x + width * std::clamp(p, 0.0f, 1.0f), bottom = at.y + height;
  list->AddRectFilled(at, {at.x + width, bottom}, ink_colour(false), ui.px(4));
  if (split > at.x + 1) list->AddRectFilled(at, {split, bottom}, ink_colour(true), ui.px(4));
  list->AddRect(at, {at.x + width, bottom}, ui.theme.raised_active, ui.px(4));
  ImFont* font = ui.fonts.small;
  const float y = at.y + std::round((height - font->FontSize) * 0.5f);
  const ImVec2 ink = measure(font, "ink"), paper = measure(font, "paper");
  if (split - at.x > ink.x + ui.px(16))
    list->AddText(font, font->FontSize, {at.x + ui.px(8), y}, IM_COL32(40, 46, 54, 255), "ink");
  if (at.x + width - split > paper.x + ui.px(16))
    list->AddText(font, font->FontSize, {at.x + width - paper.x - ui.px(8), y}, IM_COL32(160, 170, 182, 255),
                  "paper");
  if (forced) return;
  const float x = at.x + width * std::clamp(u, 0.0f, 1.0f), tip = bottom + ui.px(1), half = ui.px(6);
  list->AddRectFilled({x - ui.px(1), at.y - ui.px(3)}, {x + ui.px(1), tip + ui.px(2)}, ui.theme.prediction);
  list->AddTriangleFilled({x, tip - ui.px(3)}, {x + half, tip + half * 1.4f}, {x - half, tip + half * 1.4f},
                          ui.theme.prediction);
}

}  // namespace

ImU32 ink_colour(bool ink) {
  return ink ? IM_COL32(244, 246, 248, 255) : IM_COL32(0, 0, 0, 255);
}

void draw_pixel_card(Ui& ui, const PixelCard& card, ImVec2 size) {
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const Theme& t = ui.theme;
  ImDrawList* list = ImGui::GetWindowDrawList();
  const auto line = [&](ImFont* font, ImVec2 where, ImU32 colour, const std::string& what) {
    list->AddText(font, font->FontSize, where, colour, what.c_str());
  };
  const auto finish = [&] {
    ImGui::SetCursorScreenPos(at);
    ImGui::Dummy(size);
    ui.marks.rect("fill.card", at, {at.x + size.x, at.y + size.y});
  };
  if (!card.drawing || card.pixel < 0) {
    line(ui.fonts.bold, at, t.text_dim, "Before the first pixel");
    ui.marks.state("fill.card", "");
    return finish();
  }
  const auto& d = *card.drawing;
  const int row = card.pixel / d.width, column = card.pixel % d.width;
  const std::string title = fmt::format("Row {}, column {}", row + 1, column + 1);
  line(ui.fonts.bold, at, t.text, title);
  const std::string which = card.hovered              ? "under the mouse"
                            : card.drawn < d.pixels() ? "drawn just now"
                                                      : "the last one";
  line(ui.fonts.small, {at.x + measure(ui.fonts.bold, title).x + ui.px(10), at.y + ui.px(3)}, t.text_faint, which);
  if (card.pixel >= card.drawn) {
    paragraph(ui, t.text_dim, "");
    line(ui.fonts.body, {at.x, at.y + ui.px(30)}, t.text_dim, "Not drawn yet.");
    ui.marks.state("fill.card", "undrawn");
    return finish();
  }
  const std::size_t i = d.at(card.picture, card.pixel);
  const float p = d.probabilities[i], u = d.uniforms[i];
  const bool ink = d.ink(card.picture, card.pixel), forced = d.given[i] >= 0;
  const double bits = d.bits(card.picture, card.pixel);
  draw_unit_line(ui, {at.x, at.y + ui.px(32)}, size.x, ui.px(24), p, u, forced);

  double sum = 0;
  for (int k = 0; k <= card.pixel; ++k) sum += d.bits(card.picture, k);
  struct Number {
    std::string label, value;
    ImU32 colour;
  };
  const Number numbers[] = {
      {"p(ink)", fmt::format("{:.3f}", p), t.text},
      {"random number", forced ? "forced" : fmt::format("{:.3f}", u), t.prediction},
      {"so the pixel is", ink ? "ink" : "paper", t.text},
      {"it cost", format_fixed(bits, 2) + " bits", bits > 3 ? t.error : t.text},
      {"so far", format_fixed(sum, 1) + " bits", t.text_dim},
  };
  // In a narrow card those that the line above and the title show as well are left out.
  const bool narrow = size.x < ui.px(360);
  const float widths[] = {narrow ? 0.24f : 0.15f, narrow ? 0.42f : 0.24f, narrow ? 0.0f : 0.22f,
                          narrow ? 0.34f : 0.2f, narrow ? 0.0f : 0.19f};
  float x = at.x;
  for (std::size_t n = 0; n < std::size(numbers); ++n) {
    const float column = std::round(size.x * widths[n]);
    if (column <= 0) continue;
    line(ui.fonts.small, {x, at.y + ui.px(72)}, t.text_faint,
         fit(ui.fonts.small, numbers[n].label, column - ui.px(4)));
    line(ui.fonts.body, {x, at.y + ui.px(89)}, numbers[n].colour,
         fit(ui.fonts.body, numbers[n].value, column - ui.px(4)));
    x += column;
  }
  auto& marks = ui.marks;
  marks.state("fill.card", title);
  marks.state("fill.card.p", static_cast<double>(p));
  marks.state("fill.card.u", static_cast<double>(u));
  marks.state("fill.card.bits", bits);
  marks.state("fill.card.ink", ink);
  marks.state("fill.card.forced", forced);
  finish();
}

}  // namespace unveil
