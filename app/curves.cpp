#include "app/curves.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "app/canvas.h"
#include "app/widgets/format.h"

namespace unveil {
namespace {

constexpr int kWidth = 960, kHeight = 540;
constexpr int kLeft = 88, kRight = 24, kTop = 64, kBottom = 56;  // margins around the plot
constexpr double kSmoothing = 0.03;  // share of the points that the smoothed curve averages

using Colour = Canvas::Colour;
constexpr Colour kLines[] = {{95, 168, 255}, {255, 165, 80}, {110, 205, 150}, {225, 120, 160}};

struct Range {
  double low, high;
};

Range widened(double low, double high) {
  if (high > low) return {low, high};
  const double by = std::max(std::abs(low) * 0.1, 1e-6);
  return {low - by, high + by};
}

std::vector<MetricCurve::Point> finite(const MetricCurve& curve) {
  std::vector<MetricCurve::Point> points;
  for (const auto& point : curve.points)
    if (std::isfinite(point.y)) points.push_back(point);
  return points;
}

std::vector<MetricCurve::Point> smoothed(const std::vector<MetricCurve::Point>& points) {
  const auto reach = std::max<std::ptrdiff_t>(1, std::lround(kSmoothing / 2 * static_cast<double>(points.size())));
  const auto count = static_cast<std::ptrdiff_t>(points.size());
  std::vector<double> sums{0};
  for (const auto& point : points) sums.push_back(sums.back() + point.y);
  auto smooth = points;
  for (std::ptrdiff_t i = 0; i < count; ++i) {
    // Symmetric also at the ends, so that the curve begins and ends where the data do.
    const auto r = std::min({reach, i, count - 1 - i});
    smooth[static_cast<std::size_t>(i)].y =
        (sums[static_cast<std::size_t>(i + r + 1)] - sums[static_cast<std::size_t>(i - r)]) /
        static_cast<double>(2 * r + 1);
  }
  return smooth;
}

}  // namespace

void save_curves(const std::filesystem::path& path, const std::string& title, const std::string& x_label,
                 const std::vector<MetricCurve>& curves) {
  std::vector<std::vector<MetricCurve::Point>> lines;
  std::vector<double> heights;
  double first = 0, last = 0;
  bool any = false;
  for (const auto& curve : curves) {
    lines.push_back(finite(curve));
    for (const auto& point : lines.back()) {
      heights.push_back(point.y);
      first = any ? std::min(first, point.x) : point.x;
      last = any ? std::max(last, point.x) : point.x;
      any = true;
    }
  }
  std::sort(heights.begin(), heights.end());
  const auto percentile = [&](double share) {
    return heights[static_cast<std::size_t>(share * static_cast<double>(heights.size() - 1))];
  };
  const auto xs = widened(first, last);
  const auto inner = any ? widened(percentile(0.01), percentile(0.98)) : Range{0, 1};
  const Range ys{inner.low - 0.05 * (inner.high - inner.low), inner.high + 0.05 * (inner.high - inner.low)};
  const auto to_x = [&](double x) { return kLeft + (x - xs.low) / (xs.high - xs.low) * (kWidth - kLeft - kRight); };
  const auto to_y = [&](double y) {
    return kHeight - kBottom - (y - ys.low) / (ys.high - ys.low) * (kHeight - kTop - kBottom);
  };

  Canvas canvas(kWidth, kHeight);
  const Canvas::Clip plot{kLeft, kTop, kWidth - kRight, kHeight - kBottom};
  canvas.text(kLeft, 34, title, 22, 0, Canvas::kText);
  canvas.text(kWidth - kRight, kHeight - 12, x_label, 16, 1, Canvas::kText);
  const auto y_ticks = round_ticks(ys.low, ys.high, 7), x_ticks = round_ticks(xs.low, xs.high, 8);
  for (const double tick : y_ticks) {
    canvas.line(kLeft, to_y(tick), kWidth - kRight, to_y(tick), 1, Canvas::kGrid, 1, plot);
    canvas.text(kLeft - 10, to_y(tick) + 5, format_tick(tick, y_ticks.size() > 1 ? y_ticks[1] - y_ticks[0] : 1), 16,
                1, Canvas::kText);
  }
  for (const double tick : x_ticks)
    canvas.text(to_x(tick), kHeight - kBottom + 22,
                format_tick(tick, x_ticks.size() > 1 ? x_ticks[1] - x_ticks[0] : 1), 16, 0.5, Canvas::kText);
  double label_at = kLeft;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const auto& colour = kLines[i % std::size(kLines)];
    const auto draw = [&](const std::vector<MetricCurve::Point>& points, double width, double strength) {
      for (std::size_t k = 1; k < points.size(); ++k)
        canvas.line(to_x(points[k - 1].x), to_y(points[k - 1].y), to_x(points[k].x), to_y(points[k].y), width, colour,
                    strength, plot);
    };
    draw(lines[i], 1, 0.3);
    draw(smoothed(lines[i]), 2.2, 1);
    label_at += canvas.text(label_at, 56, curves[i].name, 16, 0, colour) + 24;
  }
  canvas.save(path);
}

}  // namespace unveil
