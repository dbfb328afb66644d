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
  ImDrawList* list = ImGui::GetWindowDrawList();
  ImFont* font = ui.fonts.small;
  const float y = rect.min.y + std::round((rect.height() - font->FontSize) * 0.5f);
  float x = rect.min.x + ui.px(24);
  // Each figure has a field of its own width, so that the line does not shiver.
  auto field = [&](const std::string& what, const char* widest) {
    list->AddText(font, font->FontSize, {x, y}, ui.theme.text_dim, what.c_str());
    x += std::max(measure(font, what).x, measure(font, widest).x) + ui.px(12);
    list->AddCircleFilled({x, rect.min.y + rect.height() * 0.5f}, std::max(1.0f, ui.scale), ui.theme.text_faint, 8);
    x += ui.px(12);
  };
  if (run) {
    const RunStatus& s = run->status();
    if (!s.device.empty()) field(elide_middle(s.device, 36), "");
    if (std::isfinite(s.step_ms)) field(format_value(s.step_ms, 3) + " ms per step", "000.0 ms per step");
    if (std::isfinite(s.images_per_second))
      field(format_value(s.images_per_second, 3) + " images/s", "00,000 images/s");
    if (s.memory_bytes > 0) field(format_bytes(s.memory_bytes), "0000 MB");
  }
  const std::string frames = fmt::format("{:.0f} frames/s", frames_per_second);
  list->AddText(font, font->FontSize, {x, y}, ui.theme.text_dim, frames.c_str());
  if (run && !run->status().progress.empty()) {
    const RunStatus& s = run->status();
    const float bar = s.progress_share >= 0 ? ui.px(120) : 0, right = rect.max.x - ui.px(24);
    const ImVec2 words = measure(font, s.progress);
    list->AddText(font, font->FontSize, {right - bar - (bar > 0 ? ui.px(12) : 0) - words.x, y}, ui.theme.text,
                  s.progress.c_str());
    if (bar > 0) {
      const float middle = rect.min.y + rect.height() * 0.5f, half = ui.px(2);
      const float reached = right - bar + bar * static_cast<float>(std::clamp(s.progress_share, 0.0, 1.0));
      list->AddRectFilled({right - bar, middle - half}, {right, middle + half}, ui.theme.raised_active, half);
      list->AddRectFilled({right - bar, middle - half}, {reached, middle + half}, ui.theme.accent, half);
    }
  }
  end_panel();
}

}  // namespace unveil
