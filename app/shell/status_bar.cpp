#include "app/shell/status_bar.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "app/shell/panel.h"
#include "app/widgets/controls.h"
#include "app/widgets/format.h"

namespace unveil {

void draw_status_bar(ShellContext& context, const RunView* run, const Rect& rect, double frames_per_second) {
  Ui& ui = context.ui;
  begin_panel("status", rect, ui.theme.panel, {0, 0});
  ui.marks.rect("status", rect.min, rect.max);
  ImDrawList* list = ImGui::GetWindowDrawList();
  ImFont* font = ui.fonts.small;
  const float y = rect.min.y + std::round((rect.height() - font->FontSize) * 0.5f);
  // What is being done comes first, on the right; figures have the room that it leaves, each a field of its own
  // width, so that the line does not shiver, and those that find none are left out.
  float right = rect.max.x - ui.px(24);
  if (run && !run->status().progress.empty()) {
    const RunStatus& s = run->status();
    const float bar = s.progress_share >= 0 ? std::min(ui.px(120), rect.width() * 0.2f) : 0;
    const std::string doing = fit(font, s.progress, rect.width() * 0.6f - bar);
    const float words = measure(font, doing).x, left = right - bar - (bar > 0 ? ui.px(12) : 0) - words;
    list->AddText(font, font->FontSize, {left, y}, ui.theme.text, doing.c_str());
    if (bar > 0) {
      const float middle = rect.min.y + rect.height() * 0.5f, half = ui.px(2);
      const float reached = right - bar + bar * static_cast<float>(std::clamp(s.progress_share, 0.0, 1.0));
      list->AddRectFilled({right - bar, middle - half}, {right, middle + half}, ui.theme.raised_active, half);
      list->AddRectFilled({right - bar, middle - half}, {reached, middle + half}, ui.theme.accent, half);
    }
    right = left - ui.px(24);
  }
  float x = rect.min.x + ui.px(24);
  bool first = true;
  auto field = [&](const std::string& what, const char* widest) {
    const float width = std::max(measure(font, what).x, measure(font, widest).x), gap = first ? 0 : ui.px(24);
    if (x + gap + width > right) return;
    if (!first)
      list->AddCircleFilled({x + ui.px(12), rect.min.y + rect.height() * 0.5f}, std::max(1.0f, ui.scale),
                            ui.theme.text_faint, 8);
    list->AddText(font, font->FontSize, {x + gap, y}, ui.theme.text_dim, what.c_str());
    x += gap + width;
    first = false;
  };
  if (run) {
    const RunStatus& s = run->status();
    if (!s.device.empty()) field(elide_middle(s.device, 36), "");
    if (std::isfinite(s.step_ms)) field(format_value(s.step_ms, 3) + " ms per step", "000.0 ms per step");
    if (std::isfinite(s.items_per_second)) {
      const std::string rate = format_value(s.items_per_second, 3) + " " + s.items + "/s";
      field(rate, ("00,000 " + s.items + "/s").c_str());
      ui.marks.state("status.rate", rate);
    }
    if (std::isfinite(s.gflop_per_second)) {
      field(format_value(s.gflop_per_second, 3) + " GFLOP/s", "00.0 GFLOP/s");
      ui.marks.state("status.gflops", s.gflop_per_second);
    }
    if (s.memory_bytes > 0) field(format_bytes(s.memory_bytes), "0000 MB");
  }
  field(fmt::format("{:.0f} frames/s", frames_per_second), "00 frames/s");
  end_panel();
}

}  // namespace unveil
