#include "app/shell/timeline.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "app/shell/panel.h"
#include "app/widgets/controls.h"
#include "app/widgets/format.h"
#include "app/widgets/outdated.h"
#include "app/widgets/plot.h"
#include "engine/data/csv.h"

namespace unveil {

bool draw_timeline(ShellContext& context, RunView* run, const Rect& rect, TimelineState& state, bool folded) {
  Ui& ui = context.ui;
  begin_panel("timeline", rect, ui.theme.panel, {ui.px(24), ui.px(folded ? 6 : 12)});
  const ImVec2 corner = ImGui::GetCursorScreenPos();
  ImGui::SetCursorScreenPos({corner.x + ui.px(folded ? -4 : 130), corner.y - ui.px(folded ? 3 : 6)});
  const bool fold = icon_button(ui, "timeline.fold", folded ? Icon::chevron_right : Icon::chevron_down,
                                folded ? "Unfold the loss  (L)" : "Fold the loss away  (L)", false, 26);
  ImGui::SetCursorScreenPos(corner);
  if (!run || run->curves().empty()) {
    const bool playing = run && run->status().playing;
    const char* hint = playing ? "The loss appears here with the first step."
                               : "The loss appears here as soon as the model trains: press Play or the space bar.";
    if (run && !folded) empty_state(ui, "", hint);
    ui.marks.state("timeline.hint", run ? hint : "");
    end_panel();
    return fold;
  }
  const auto& curves = run->curves();
  std::vector<std::string> units;
  for (const auto& curve : curves) {
    if (std::find(units.begin(), units.end(), curve.unit) == units.end()) units.push_back(curve.unit);
  }
  // What the hand chose, where there is such a quantity; else the first, which is what is trained on.
  auto chosen = std::find(units.begin(), units.end(), state.unit);
  if (chosen == units.end()) chosen = units.begin();
  const std::string unit = *chosen;

  std::vector<PlotSeries> series;
  const Curve* main = nullptr;
  for (const auto& curve : curves) {
    if (curve.unit != unit) continue;
    if (!main && !curve.values.empty()) main = &curve;
    series.push_back(
        {curve.label, curve.steps, curve.values, role_colour(ui.theme, curve.role), curve.smooth, curve.dots});
  }
  const ImVec2 at = ImGui::GetCursorScreenPos();
  if (folded) {
    float x = at.x + ui.px(32);
    const auto write = [&](ImFont* font, ImU32 ink, const std::string& what) {
      ImGui::GetWindowDrawList()->AddText(
          font, font->FontSize, {x, at.y + ui.px(10) - std::round(font->FontSize * 0.5f)}, ink, what.c_str());
      x += measure(font, what).x + ui.px(12);
    };
    write(ui.fonts.small, ui.theme.text_dim, unit);
    for (const auto& curve : curves) {
      if (curve.unit != unit || curve.values.empty()) continue;
      write(ui.fonts.small, role_colour(ui.theme, curve.role), curve.label);
      write(ui.fonts.body, ui.theme.text, format_value(newest(curve), 3));
    }
    end_panel();
    return fold;
  }
  const float gutter = ui.px(168), height = ImGui::GetContentRegionAvail().y;
  // The quantity's name changes to the next one on a click, when there are several.
  const std::string name = fit(ui.fonts.small, unit, ui.px(116));
  const ImVec2 words = measure(ui.fonts.small, name);
  const bool several = units.size() > 1;
  if (ImGui::InvisibleButton("timeline.quantity", {ui.px(128), words.y + ui.px(6)}) && several) {
    const auto next = chosen + 1 == units.end() ? units.begin() : chosen + 1;
    state.unit = *next;
  }
  ui.marks.item("timeline.quantity");
  ui.marks.state("timeline.quantity", unit);
  if (several) tooltip(ui, "Click: the next quantity");
  ImDrawList* list = ImGui::GetWindowDrawList();
  const ImU32 ink = several && ImGui::IsItemHovered() ? ui.theme.text : ui.theme.text_dim;
  list->AddText(ui.fonts.small, ui.fonts.small->FontSize, {at.x, at.y + ui.px(2)}, ink, name.c_str());
  if (several)
    draw_icon(list, Icon::chevron_right, {at.x + words.x + ui.px(10), at.y + ui.px(3) + words.y * 0.5f}, ui.px(9),
              ink);
  if (main) {
    const double mean = newest(*main);
    const std::string value = format_value(mean, 3);
    list->AddText(ui.fonts.display, ui.fonts.display->FontSize, {at.x, at.y + words.y + ui.px(6)}, ui.theme.text,
                  value.c_str());
    float y = at.y + words.y + ui.px(6) + ui.fonts.display->FontSize + ui.px(4);
    const auto now = static_cast<double>(run->status().step);
    float below = 0;
    for (const auto& curve : curves) {
      if (curve.unit != unit || &curve == main || curve.values.empty()) continue;
      if (y + ui.fonts.small->FontSize > at.y + height) break;
      const double then = curve.steps.back();
      const bool old = curve.dots && outdated(then, now);
      std::string line = curve.label + "  " + format_value(curve.values.back(), 4);
      const ImU32 ink = with_alpha(role_colour(ui.theme, curve.role), old ? kOutdatedAlpha : 1.0f);
      // What was measured now and then says when.
      if (curve.dots && then != now) {
        const std::string when = at_step(then);
        const bool beside = measure(ui.fonts.small, line + "  " + when).x <= gutter - ui.px(8);
        if (beside)
          line += "  " + when;
        else if (y + 2 * ui.fonts.small->FontSize + ui.px(3) <= at.y + height)
          list->AddText(ui.fonts.small, ui.fonts.small->FontSize, {at.x, y + ui.fonts.small->FontSize + ui.px(1)},
                        ink, when.c_str());
        if (!beside) below = ui.fonts.small->FontSize + ui.px(1);
      }
      list->AddText(ui.fonts.small, ui.fonts.small->FontSize, {at.x, y}, ink, line.c_str());
      y += ui.fonts.small->FontSize + ui.px(3) + std::exchange(below, 0.0f);
    }
    ui.marks.state("timeline.value", mean);
  }
  ImGui::SetCursorScreenPos({at.x + gutter, at.y});
  PlotOptions options;
  options.x_label = "step";
  const auto shown = plot(ui, "timeline.plot", {ImGui::GetContentRegionAvail().x, height}, series, options);
  context.exports.view(shown.min, shown.max, "curves",
                       {{".csv", [&curves](const std::filesystem::path& path) { write_curves_csv(path, curves); }}});
  end_panel();
  return fold;
}

double newest(const Curve& curve) {
  return curve.smooth ? running_mean(curve.values).back() : curve.values.back();
}

void write_curves_csv(const std::filesystem::path& path, const std::vector<Curve>& curves) {
  std::map<double, std::vector<double>> rows;
  for (std::size_t k = 0; k < curves.size(); ++k) {
    for (std::size_t i = 0; i < curves[k].steps.size(); ++i) {
      auto& row = rows[curves[k].steps[i]];
      row.resize(curves.size(), std::nan(""));
      row[k] = curves[k].values[i];
    }
  }
  CsvTable table;
  table.columns.push_back("step");
  for (const auto& curve : curves) table.columns.push_back(curve.name);
  for (const auto& [step, values] : rows) {
    auto& row = table.rows.emplace_back(std::vector<double>{step});
    row.insert(row.end(), values.begin(), values.end());
  }
  write_csv(path, table);
}

}  // namespace unveil
