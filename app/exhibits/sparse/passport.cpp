#include "app/exhibits/sparse/passport.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "app/widgets/controls.h"
#include "app/widgets/format.h"
#include "app/widgets/plot.h"

namespace unveil {
namespace {

// Whether a fit has its place within the patch: others are as good as a plane wave or a slope, wherever they may lie.
bool local(const sparse::Gabor& gabor, int size) {
  const auto within = [&](double x) { return x > -0.5 && x < size - 0.5; };
  return gabor.r2 > 0 && within(gabor.centre_x) && within(gabor.centre_y);
}

// Patches of different contrast beside each other: each to its own range.
void append_stretched(std::vector<ImU32>& colours, std::span<const float> grey) {
  const auto [low, high] = std::minmax_element(grey.begin(), grey.end());
  const auto part = grey_colours(grey, *low, std::max(*high, *low + 1e-3f));
  colours.insert(colours.end(), part.begin(), part.end());
}

}  // namespace

float Passport::draw_rows(Ui& ui, const std::vector<Row>& rows, ImVec2 at, float width) {
  ImDrawList* list = ImGui::GetWindowDrawList();
  const float gap = ui.px(width < ui.px(280) ? 14 : 24), column = std::floor((width - gap) * 0.5f),
              height = ui.px(21);
  ImFont* font = ui.fonts.small;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const ImVec2 corner(at.x + (i % 2 == 0 ? 0 : column + gap), at.y + height * static_cast<float>(i / 2));
    const float wide = measure(font, rows[i].value).x;
    list->AddText(font, font->FontSize, corner, ui.theme.text_faint,
                  fit(font, rows[i].label, column - wide - ui.px(4)).c_str());
    list->AddText(font, font->FontSize, {corner.x + column - wide, corner.y}, ui.theme.text, rows[i].value.c_str());
  }
  return height * static_cast<float>((rows.size() + 1) / 2);
}

std::vector<Passport::Row> Passport::gabor_rows(const sparse::Gabor* gabor, int size) {
  if (!gabor) return {{"Gabor fit", "coming"}};
  if (!local(*gabor, size))
    return {{"Gabor function", "not local"}, {"R² of the fit", fmt::format("{:.2f} ✕", gabor->r2)}};
  const double bandwidth = gabor->bandwidth_octaves();
  return {{"orientation", fmt::format("{:.0f}°", gabor->orientation * 180 / M_PI)},
          {"frequency", fmt::format("{:.3f} c/px", gabor->frequency)},
          {"centre", fmt::format("{:.1f}, {:.1f}", gabor->centre_x, gabor->centre_y)},
          {"bandwidth", std::isfinite(bandwidth) ? fmt::format("{:.1f} oct", bandwidth) : "low-pass"},
          {"envelope", fmt::format("{:.1f} × {:.1f} px", gabor->width, gabor->length)},
          {"R² of the fit", fmt::format("{:.2f}{}", gabor->r2, gabor->good(size) ? "" : " ✕")}};
}

float Passport::draw_pattern(ShellContext& context, std::span<const float> values, std::span<const float> as_picture,
                             const sparse::Gabor* gabor, int size, ImVec2 at, float width, const char* what) {
  Ui& ui = context.ui;
  const float gap = ui.px(16), small = ui.fonts.small->FontSize;
  const auto& shown = as_picture.empty() ? values : as_picture;
  ImGui::SetCursorScreenPos({at.x, at.y + small + ui.px(6)});
  const auto result = show_colours(ui, pattern_, "passport.atom", signed_colours(ui.theme, shown, largest_of(shown)),
                                   size, size, (width - gap) * 0.5f);
  const float side = result.max.y - result.min.y;
  ImDrawList* list = ImGui::GetWindowDrawList();
  list->AddText(ui.fonts.small, small, at, ui.theme.text, what);
  if (gabor && local(*gabor, size)) {
    list->PushClipRect(result.min, result.max, true);
    draw_gabor(ui, list, *gabor, result.min, side / static_cast<float>(size));
    list->PopClipRect();
  }
  context.exports.view(result.min, result.max, "atom");
  const float x = at.x + side + gap;
  std::vector<ImU32> colours;
  if (gabor) {
    std::vector<float> fit;
    for (int v = 0; v < size; ++v)
      for (int u = 0; u < size; ++u) fit.push_back(static_cast<float>(gabor->at(u, v)));
    colours = signed_colours(ui.theme, fit, largest_of(values));
  }
  list->AddText(ui.fonts.small, small, {x, at.y}, ui.theme.text_faint,
                fit(ui.fonts.small, "fitted Gabor function", at.x + width - x).c_str());
  ImGui::SetCursorScreenPos({x, result.min.y});
  show_colours(ui, fitted_, "passport.gabor", std::move(colours), size, size, side);
  return small + ui.px(6) + side;
}

void Passport::draw_atom(ShellContext& context, const SparseStage& stage, ImVec2 at, ImVec2 size) {
  Ui& ui = context.ui;
  const AtomSheet& sheet = *stage.sheet;
  const int k = stage.atom, side = stage.size;
  const auto index = static_cast<std::size_t>(k);
  if (k < 0 || index >= sheet.norms.size()) return;
  const auto pixels = static_cast<std::size_t>(side * side);
  const sparse::Gabor* gabor = sheet.chosen == k ? &sheet.gabor : nullptr;
  std::span<const float> picture;
  if (stage.as_pictures && sheet.restored.size() >= (index + 1) * pixels)
    picture = std::span(sheet.restored).subspan(index * pixels, pixels);
  const float small = ui.fonts.small->FontSize, bottom = at.y + size.y;
  float y = at.y;
  y += draw_pattern(context, sheet.dictionary.atom(k), picture, gabor, side, {at.x, y}, size.x,
                    fmt::format("atom {}", k).c_str()) +
       ui.px(12);
  auto rows = gabor_rows(gabor, side);
  const auto& states = sheet.states;
  rows.push_back({"in use", fmt::format("{:.1f} %", 100 * states.usage[index])});
  rows.push_back({"age", fmt::format("{} steps", format_count(static_cast<std::uint64_t>(states.age[index])))});
  rows.push_back({"change a step", format_value(states.change[index], 2)});
  rows.push_back({"norm", fmt::format("{:.2f}", sheet.norms[index])});
  y += draw_rows(ui, rows, {at.x, y}, size.x) + ui.px(12);

  ImDrawList* list = ImGui::GetWindowDrawList();
  const float plot_height = std::clamp(bottom - y - ui.px(140), ui.px(84), ui.px(180));
  if (stage.survey && index < stage.survey->best.size()) {
    const Survey& survey = *stage.survey;
    const auto& best = survey.best[index];
    list->AddText(ui.fonts.small, small, {at.x, y}, ui.theme.text_faint,
                  best.empty()      ? fmt::format("none of {} patches uses it", Survey::kPatches).c_str()
                  : survey.held_out ? "held-out patches that use it most"
                                    : "patches that use it most");
    y += small + ui.px(6);
    std::vector<ImU32> colours, frames;
    for (const auto& entry : best) {
      const auto from = static_cast<std::size_t>(entry.patch) * pixels;
      if (stage.as_pictures) {
        append_stretched(colours, std::span(survey.grey).subspan(from, pixels));
      } else {
        const auto patch = std::span(survey.prepared).subspan(from, pixels);
        const auto part = signed_colours(ui.theme, patch, largest_of(patch));
        colours.insert(colours.end(), part.begin(), part.end());
      }
      frames.push_back(with_alpha(entry.coefficient > 0 ? ui.theme.positive : ui.theme.negative, 0.9f));
    }
    if (!best.empty()) {
      const int count = static_cast<int>(best.size());
      patches_.set_colours(count, side, side, std::move(colours), ui.now);
      ImageGridOptions options;
      options.columns = 6, options.gap = 8, options.centre = false, options.frames = frames;
      const float room = std::max(ui.px(40), bottom - y - plot_height - small - ui.px(20));
      ImGui::SetCursorScreenPos({at.x + 2, y + 2});
      const auto result = patches_.draw(ui, "passport.patches", {size.x - 4, room}, options);
      if (result.hovered >= 0)
        tooltip(ui, fmt::format("coefficient {:+.2f}", best[static_cast<std::size_t>(result.hovered)].coefficient));
      context.exports.view(result.min, result.max, "atom-patches");
      y = result.max.y + ui.px(14);
    }
  }
  if (stage.history.steps.size() < 2 || bottom - y < ui.px(70)) return;
  std::vector<double> usage;
  for (const auto& values : stage.history.usage) usage.push_back(100.0 * values[index]);
  list->AddText(ui.fonts.small, small, {at.x, y}, ui.theme.text_faint, "patches that use it, %");
  ImGui::SetCursorScreenPos({at.x, y + small + ui.px(4)});
  const PlotSeries series{"", stage.history.steps, usage, ui.theme.model, false};
  PlotOptions options;
  options.zero_based = true, options.x_label = "step";
  const auto drawn = plot(ui, "passport.usage", {size.x, std::min(plot_height, bottom - y - small - ui.px(4))},
                          std::span(&series, 1), options);
  context.exports.view(drawn.min, drawn.max, "atom-usage");
}

void Passport::draw_component(ShellContext& context, const SparseStage& stage, int component, ImVec2 at,
                              ImVec2 size) {
  Ui& ui = context.ui;
  const Components& found = *stage.components;
  const auto index = static_cast<std::size_t>(component), pixels = static_cast<std::size_t>(stage.size * stage.size);
  if (component < 0 || index >= found.gabors.size()) return;
  const auto values = std::span(found.pca.components).subspan(index * pixels, pixels);
  float y = at.y;
  y += draw_pattern(context, values, {}, &found.gabors[index], stage.size, {at.x, y}, size.x,
                    fmt::format("component {}", component + 1).c_str()) +
       ui.px(12);
  auto rows = gabor_rows(&found.gabors[index], stage.size);
  rows.push_back({"of the variance", fmt::format("{:.2g} %", 100 * found.pca.variances[index] / found.total)});
  if (index + 1 < found.snr_db.size())
    rows.push_back({"SNR up to here", fmt::format("{:.1f} dB", found.snr_db[index + 1])});
  y += draw_rows(ui, rows, {at.x, y}, size.x) + ui.px(12);
  ImGui::SetCursorScreenPos({at.x, y});
  paragraph(
      ui, ui.theme.text_dim,
      "Components come in the order of their variance and each fills the whole patch: waves, coarse ones first. "
      "All of them take part in every patch. Atoms are local, oriented, and few at a time.",
      size.x);
  y = ImGui::GetCursorScreenPos().y + ui.px(12);
  if (at.y + size.y - y < ui.px(90)) return;
  std::vector<double> numbers;
  for (std::size_t n = 0; n < found.snr_db.size(); ++n) numbers.push_back(static_cast<double>(n));
  ImGui::GetWindowDrawList()->AddText(ui.fonts.small, ui.fonts.small->FontSize, {at.x, y}, ui.theme.text_faint,
                                      "SNR with so many components, dB");
  ImGui::SetCursorScreenPos({at.x, y + ui.fonts.small->FontSize + ui.px(4)});
  const PlotSeries series{"", numbers, found.snr_db, ui.theme.data, false};
  PlotOptions options;
  options.zero_based = true, options.x_label = "components", options.marker_x = component + 1;
  plot(ui, "passport.snr", {size.x, std::min(ui.px(170), at.y + size.y - y - ui.px(20))}, std::span(&series, 1),
       options);
}

}  // namespace unveil
