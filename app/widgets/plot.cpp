#include "app/widgets/plot.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "app/widgets/controls.h"
#include "app/widgets/format.h"

namespace unveil {
namespace {

// Maps data to pixels.
struct Axes {
  ImVec2 min, max;
  Range x, y;
  bool log_x, log_y;

  static double place(double v, Range r, bool log_scale) {
    if (log_scale)
      return (std::log(std::max(v, r.low * 1e-3)) - std::log(r.low)) / (std::log(r.high) - std::log(r.low));
    return (v - r.low) / (r.high - r.low);
  }
  float px(double v) const { return min.x + static_cast<float>(place(v, x, log_x)) * (max.x - min.x); }
  float py(double v) const {
    return max.y - static_cast<float>(std::clamp(place(v, y, log_y), -0.5, 1.5)) * (max.y - min.y);
  }
};

// One polyline with at most two points per column of pixels: the least and the greatest value in it.
void draw_line(ImDrawList* list, const Axes& axes, std::span<const double> x, std::span<const double> y, ImU32 colour,
               float thickness) {
  std::vector<ImVec2> points;
  auto flush = [&] {
    // A point alone is still a value.
    if (points.size() == 1) list->AddCircleFilled(points[0], 1.6f * thickness, colour);
    if (points.size() > 1) list->AddPolyline(points.data(), static_cast<int>(points.size()), colour, 0, thickness);
    points.clear();
  };
  std::size_t i = 0;
  while (i < x.size()) {
    if (!std::isfinite(y[i])) {
      flush();
      ++i;
      continue;
    }
    const float column = std::floor(axes.px(x[i]));
    std::size_t low = i, high = i;
    while (i < x.size() && std::isfinite(y[i]) && std::floor(axes.px(x[i])) == column) {
      if (y[i] < y[low]) low = i;
      if (y[i] > y[high]) high = i;
      ++i;
    }
    const std::size_t first = std::min(low, high), second = std::max(low, high);
    points.push_back({axes.px(x[first]), axes.py(y[first])});
    if (second != first) points.push_back({axes.px(x[second]), axes.py(y[second])});
  }
  flush();
}

// Each value a dot; lines between those that lie close.
void draw_dots(ImDrawList* list, const Axes& axes, std::span<const double> x, std::span<const double> y, ImU32 colour,
               float thickness) {
  std::size_t first = 0;
  auto breaks = gaps(x, axes.x.high - axes.x.low);
  if (!x.empty()) breaks.push_back(x.size() - 1);
  for (const std::size_t last : breaks) {
    draw_line(list, axes, x.subspan(first, last - first + 1), y.subspan(first, last - first + 1),
              with_alpha(colour, 0.55f), thickness);
    first = last + 1;
  }
  float before = -1e9f;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const float at = axes.px(x[i]);
    // Where they lie closer than they are wide the line alone shows them; the last one is always there.
    if (!std::isfinite(y[i]) || (at - before < 4 * thickness && i + 1 < x.size())) continue;
    list->AddCircleFilled({at, axes.py(y[i])}, 1.5f * thickness, colour, 12);
    before = at;
  }
}

std::size_t nearest(std::span<const double> x, double at) {
  const auto it = std::lower_bound(x.begin(), x.end(), at);
  if (it == x.begin()) return 0;
  if (it == x.end()) return x.size() - 1;
  return static_cast<std::size_t>(it - x.begin()) - (at - *(it - 1) < *it - at ? 1 : 0);
}

void draw_ticks(const Ui& ui, ImDrawList* list, const Axes& axes, const PlotOptions& options, ImVec2 area_max) {
  const Theme& t = ui.theme;
  ImFont* font = ui.fonts.small;
  const int most_y = std::max(2, static_cast<int>((axes.max.y - axes.min.y) / ui.px(36)));
  const auto ys =
      axes.log_y ? log_ticks(axes.y.low, axes.y.high, most_y) : round_ticks(axes.y.low, axes.y.high, most_y);
  const double y_gap = ys.size() > 1 ? ys[1] - ys[0] : 1;
  for (double v : ys) {
    const float y = std::round(axes.py(v)) + 0.5f;
    list->AddLine({axes.min.x, y}, {axes.max.x, y}, with_alpha(t.hairline, 0.9f));
    const std::string label = format_tick(v, axes.log_y ? v : y_gap);
    const ImVec2 size = measure(font, label);
    list->AddText(font, font->FontSize, {axes.min.x - size.x - ui.px(8), y - size.y * 0.5f}, t.text_faint,
                  label.c_str());
  }
  const int most_x = std::max(2, static_cast<int>((axes.max.x - axes.min.x) / ui.px(140)));
  const auto xs =
      axes.log_x ? log_ticks(axes.x.low, axes.x.high, most_x) : round_ticks(axes.x.low, axes.x.high, most_x);
  const double x_gap = xs.size() > 1 ? xs[1] - xs[0] : 1;
  const ImVec2 name = measure(font, options.x_label);
  const float name_x = axes.max.x - name.x;
  for (double v : xs) {
    const std::string label = format_tick(v, axes.log_x ? v : x_gap);
    const ImVec2 size = measure(font, label);
    const float x = std::clamp(axes.px(v) - size.x * 0.5f, axes.min.x, axes.max.x - size.x);
    if (x + size.x + ui.px(10) > name_x) continue;
    list->AddText(font, font->FontSize, {x, area_max.y - size.y}, t.text_faint, label.c_str());
  }
  list->AddText(font, font->FontSize, {name_x, area_max.y - name.y}, t.text_faint, options.x_label.c_str());
}

}  // namespace

std::vector<std::size_t> gaps(std::span<const double> x, double axis_length) {
  std::vector<std::size_t> found;
  if (x.size() < 2) return found;
  std::vector<double> distances;
  for (std::size_t i = 1; i < x.size(); ++i) distances.push_back(x[i] - x[i - 1]);
  auto sorted = distances;
  const auto middle = sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() / 2);
  std::nth_element(sorted.begin(), middle, sorted.end());
  for (std::size_t i = 0; i < distances.size(); ++i)
    if (distances[i] > axis_length / 8 || (distances[i] > 4 * *middle && distances[i] > axis_length / 40))
      found.push_back(i);
  return found;
}

std::vector<double> running_mean(std::span<const double> y, double share) {
  std::vector<double> out(y.size(), std::numeric_limits<double>::quiet_NaN());
  double sum = 0, weight = 0, seen = 0;
  for (std::size_t i = 0; i < y.size(); ++i) {
    if (!std::isfinite(y[i])) continue;
    const double keep = std::exp(-1.0 / std::max(2.0, share * ++seen));
    sum = sum * keep + y[i], weight = weight * keep + 1;
    out[i] = sum / weight;
  }
  return out;
}

Range shown_range(std::span<const PlotSeries> series, bool log_scale, bool zero_based, bool whole) {
  std::vector<double> values;
  for (const auto& s : series)
    for (const double y : s.y)
      if (std::isfinite(y) && (!log_scale || y > 0)) values.push_back(y);
  double low = std::numeric_limits<double>::infinity(), high = -low;
  if (!values.empty()) {
    const auto [least, most] = std::minmax_element(values.begin(), values.end());
    low = *least, high = *most;
    // The first values of a loss are often ten times the rest: the plot shows where most of the curve is, and the
    // fall comes in through its upper edge.
    if (!whole && !log_scale && values.size() > 40) {
      const auto quantile = values.begin() + static_cast<std::ptrdiff_t>(values.size() * 9 / 10);
      std::nth_element(values.begin(), quantile, values.end());
      high = std::min(high, *quantile + 0.6 * (*quantile - low));
    }
  }
  if (!(low <= high)) return log_scale ? Range{0.1, 1} : Range{0, 1};
  if (zero_based && !log_scale) low = std::min(low, 0.0);
  if (log_scale) return high > low * 1.001 ? Range{low / 1.05, high * 1.05} : Range{low / 1.5, high * 1.5};
  const double pad = high > low ? 0.06 * (high - low) : std::max(1e-9, 0.05 * std::abs(high));
  return {zero_based && low == 0 ? 0 : low - pad, high + pad};
}

PlotResult plot(Ui& ui, const char* id, ImVec2 size, std::span<const PlotSeries> series, const PlotOptions& options) {
  PlotResult result;
  const ImVec2 at = ImGui::GetCursorScreenPos();
  size.x = std::max(size.x, ui.px(80)), size.y = std::max(size.y, ui.px(48));
  ImGui::InvisibleButton(id, size);
  ui.marks.item(id);
  result.min = at, result.max = {at.x + size.x, at.y + size.y};
  result.hovered = ImGui::IsItemHovered();
  result.clicked = ImGui::IsItemClicked();

  Axes axes{
      {},           {}, {}, shown_range(series, options.log_y, options.zero_based, options.whole), options.log_x,
      options.log_y};
  double first = std::numeric_limits<double>::infinity(), last = -first;
  float label_width = 0;
  for (const auto& s : series) {
    if (s.x.empty()) continue;
    first = std::min(first, s.x.front()), last = std::max(last, s.x.back());
    label_width = std::max(label_width, measure(ui.fonts.small, s.label).x);
  }
  if (!(first <= last)) first = 0, last = 1;
  if (options.log_x) first = std::max(first, 1.0), last = std::max(last, first * 1.5);
  if (last <= first) last = first + 10;  // a run at its first value
  axes.x = {first, last};
  axes.min = {at.x + ui.px(44), at.y + ui.px(6)};
  axes.max = {at.x + size.x - (label_width > 0 ? label_width + ui.px(14) : 0), at.y + size.y - ui.px(20)};

  ImDrawList* list = ImGui::GetWindowDrawList();
  draw_ticks(ui, list, axes, options, result.max);
  list->PushClipRect({axes.min.x, axes.min.y - 2}, {axes.max.x + 1, axes.max.y + 2}, true);
  std::vector<std::vector<double>> smoothed(series.size());
  for (std::size_t k = 0; k < series.size(); ++k) {
    const auto& s = series[k];
    if (s.dots) {
      draw_dots(list, axes, s.x, s.y, s.colour, 1.8f * ui.scale);
      continue;
    }
    const bool both = s.smooth && s.y.size() > 12;
    draw_line(list, axes, s.x, s.y, both ? with_alpha(s.colour, 0.28f) : s.colour, ui.scale * (both ? 1.0f : 1.8f));
    if (!both) continue;
    smoothed[k] = running_mean(s.y);
    draw_line(list, axes, s.x, smoothed[k], s.colour, 2.0f * ui.scale);
  }
  if (options.marker_x >= first && options.marker_x <= last) {
    const float x = std::round(axes.px(options.marker_x)) + 0.5f;
    list->AddLine({x, axes.min.y}, {x, axes.max.y}, with_alpha(ui.theme.text_faint, 0.6f));
  }
  list->PopClipRect();

  // Labels at the ends of the lines, pushed apart where they would overlap.
  struct End {
    std::size_t series;
    float y;
  };
  std::vector<End> ends;
  for (std::size_t k = 0; k < series.size(); ++k) {
    const auto values = smoothed[k].empty() ? series[k].y : std::span<const double>(smoothed[k]);
    for (std::size_t i = values.size(); i-- > 0;) {
      if (!std::isfinite(values[i])) continue;
      ends.push_back({k, std::clamp(axes.py(values[i]), axes.min.y, axes.max.y)});
      break;
    }
  }
  std::sort(ends.begin(), ends.end(), [](const End& a, const End& b) { return a.y < b.y; });
  const float line_height = ui.fonts.small->FontSize;
  for (std::size_t i = 1; i < ends.size(); ++i) ends[i].y = std::max(ends[i].y, ends[i - 1].y + line_height);
  if (!ends.empty()) {
    const float over = std::max(0.0f, ends.back().y - axes.max.y);
    for (auto& end : ends) end.y -= over;
  }
  for (const auto& end : ends) {
    list->AddText(ui.fonts.small, ui.fonts.small->FontSize, {axes.max.x + ui.px(8), end.y - line_height * 0.5f},
                  series[end.series].colour, series[end.series].label.c_str());
  }

  if (!result.hovered) return result;
  const float mouse = ImGui::GetIO().MousePos.x;
  const double share = std::clamp((mouse - axes.min.x) / std::max(1.0f, axes.max.x - axes.min.x), 0.0f, 1.0f);
  result.x = options.log_x ? first * std::pow(last / first, share) : first + share * (last - first);
  const float x = std::round(axes.px(result.x)) + 0.5f;
  list->AddLine({x, axes.min.y}, {x, axes.max.y}, with_alpha(ui.theme.text, 0.35f));
  std::string reading;
  for (std::size_t k = 0; k < series.size(); ++k) {
    if (series[k].x.empty()) continue;
    const std::size_t i = nearest(series[k].x, result.x);
    const double value = smoothed[k].empty() ? series[k].y[i] : smoothed[k][i];
    if (!std::isfinite(value)) continue;
    if (reading.empty()) reading = options.x_label + " " + format_count(static_cast<std::uint64_t>(series[k].x[i]));
    reading += "   " + series[k].label + " " + format_value(value, 4);
    // The nearest that was measured may lie far from the mouse.
    if (series[k].dots) reading += " at " + format_count(static_cast<std::uint64_t>(series[k].x[i]));
    list->AddCircleFilled({axes.px(series[k].x[i]), axes.py(value)}, ui.px(4), series[k].colour, 16);
  }
  const ImVec2 extent = measure(ui.fonts.small, reading);
  const float left = std::clamp(x - extent.x * 0.5f, axes.min.x, std::max(axes.min.x, result.max.x - extent.x));
  const ImVec2 pad(ui.px(8), ui.px(3));
  list->AddRectFilled({left - pad.x, axes.min.y - pad.y}, {left + extent.x + pad.x, axes.min.y + extent.y + pad.y},
                      ui.theme.raised, ui.px(4));
  list->AddText(ui.fonts.small, ui.fonts.small->FontSize, {left, axes.min.y}, ui.theme.text, reading.c_str());
  return result;
}

}  // namespace unveil
