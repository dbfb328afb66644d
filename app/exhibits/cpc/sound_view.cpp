#include "app/exhibits/cpc/sound_view.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "app/widgets/controls.h"
#include "app/widgets/format.h"
#include "app/widgets/theme.h"

namespace unveil {
namespace {

constexpr float kMelRange = 9;  // nats below the loudest band that are still told apart: 39 dB

}  // namespace

void SoundView::set(std::span<const float> samples, const MelOptions& mel) {
  samples_.assign(samples.begin(), samples.end());
  options_ = mel;
  peak_ = 1e-6f;
  for (const float v : samples_) peak_ = std::max(peak_, std::abs(v));
  mel_ = log_mel(samples_, options_);
  dirty_ = true;
}

void SoundView::draw_waveform(Ui& ui, const TimeAxis& axis, float top, float bottom, double past) const {
  ImDrawList* list = ImGui::GetWindowDrawList();
  const float middle = (top + bottom) * 0.5f, half = (bottom - top) * 0.46f / peak_;
  list->AddLine({axis.left, std::round(middle) + 0.5f}, {axis.left + axis.width, std::round(middle) + 0.5f},
                ui.theme.hairline);
  const int columns = static_cast<int>(axis.width);
  const float now = axis.x(past);
  for (int i = 0; i < columns; ++i) {
    const float x = axis.left + static_cast<float>(i);
    const auto from = static_cast<std::size_t>(std::max(0.0, axis.sample(x)));
    if (from >= samples_.size()) break;
    const auto to =
        std::clamp<std::size_t>(static_cast<std::size_t>(axis.sample(x + 1)) + 1, from + 1, samples_.size());
    const auto [low, high] = std::minmax_element(samples_.begin() + static_cast<std::ptrdiff_t>(from),
                                                 samples_.begin() + static_cast<std::ptrdiff_t>(to));
    const float least = ui.scale * 0.5f;
    list->AddRectFilled({x, middle - std::max(*high * half, least)}, {x + 1, middle - std::min(*low * half, -least)},
                        with_alpha(ui.theme.data, x <= now ? 1.0f : 0.4f));
  }
}

void SoundView::draw_mel(Ui& ui, const TimeAxis& axis, float top, float bottom) {
  const int bands = options_.bands, frames = static_cast<int>(mel_.size()) / std::max(1, bands);
  ImDrawList* list = ImGui::GetWindowDrawList();
  list->AddRectFilled({axis.left, top}, {axis.left + axis.width, bottom}, ui.theme.panel);
  if (frames == 0) return;
  if (dirty_) {
    const float loudest = *std::max_element(mel_.begin(), mel_.end());
    std::vector<ImU32> pixels(mel_.size());
    for (int t = 0; t < frames; ++t)
      for (int b = 0; b < bands; ++b) {
        const float energy = mel_[static_cast<std::size_t>(t * bands + b)];
        pixels[static_cast<std::size_t>((bands - 1 - b) * frames + t)] = viridis(1 - (loudest - energy) / kMelRange);
      }
    texture_.upload(frames, bands, pixels);
    dirty_ = false;
  }
  // A frame stands at the middle of its window.
  const double first = (options_.window - options_.hop) * 0.5;
  list->PushClipRect({axis.left, top}, {axis.left + axis.width, bottom}, true);
  list->AddImage(texture_.id(), {axis.x(first), top},
                 {axis.x(first + static_cast<double>(frames) * options_.hop), bottom});
  list->PopClipRect();
}

void draw_time_axis(const Ui& ui, const TimeAxis& axis, float top) {
  ImFont* font = ui.fonts.small;
  const double seconds = axis.samples / axis.sample_rate;
  const auto ticks = round_ticks(0, seconds, std::max(2, static_cast<int>(axis.width / ui.px(90))));
  const double spacing = ticks.size() > 1 ? ticks[1] - ticks[0] : 1;
  ImDrawList* list = ImGui::GetWindowDrawList();
  for (const double t : ticks) {
    const std::string label = format_tick(t, spacing) + (t == ticks.back() ? " s" : "");
    const float x = std::round(axis.x(t * axis.sample_rate));
    list->AddLine({x + 0.5f, top}, {x + 0.5f, top + ui.px(4)}, ui.theme.text_faint);
    const float wide = measure(font, label).x;
    list->AddText(font, font->FontSize, {std::min(x - wide * 0.5f, axis.left + axis.width - wide), top + ui.px(5)},
                  ui.theme.text_faint, label.c_str());
  }
}

}  // namespace unveil
