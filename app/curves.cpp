#include "app/curves.h"

#include <fmt/format.h>
#include <stb/stb_truetype.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <fstream>

#include "app/widgets/format.h"
#include "engine/data/picture.h"

namespace unveil {
namespace {

constexpr int kWidth = 960, kHeight = 540;
constexpr int kLeft = 88, kRight = 24, kTop = 64, kBottom = 56;  // margins around the plot
constexpr double kSmoothing = 0.03;  // share of the points that the smoothed curve averages
constexpr const char* kFont = "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf";

using Colour = std::array<int, 3>;
constexpr Colour kBackground{22, 25, 30}, kGrid{48, 53, 61}, kText{200, 205, 212};
constexpr Colour kLines[] = {{95, 168, 255}, {255, 165, 80}, {110, 205, 150}, {225, 120, 160}};

class Canvas {
 public:
  Canvas() : picture_{kWidth, kHeight, 3, {}} {
    for (int i = 0; i < kWidth * kHeight; ++i)
      for (const int part : kBackground) picture_.pixels.push_back(static_cast<std::uint8_t>(part));
    std::ifstream stream(kFont, std::ios::binary);
    font_bytes_.assign(std::istreambuf_iterator<char>(stream), {});
    const auto* bytes = reinterpret_cast<const unsigned char*>(font_bytes_.data());
    has_font_ = !font_bytes_.empty() && stbtt_InitFont(&font_, bytes, 0);
  }

  const Picture& picture() const { return picture_; }

  void blend(int x, int y, const Colour& colour, double share) {
    if (x < 0 || y < 0 || x >= kWidth || y >= kHeight) return;
    for (std::size_t i = 0; i < 3; ++i) {
      auto& part = picture_.pixels[3 * (static_cast<std::size_t>(y) * kWidth + static_cast<std::size_t>(x)) + i];
      part = static_cast<std::uint8_t>(std::lround(part + share * (colour[i] - part)));
    }
  }

  // Antialiased by the distance of each pixel from the segment; clipped to the plot.
  void line(double x0, double y0, double x1, double y1, double width, const Colour& colour, double strength) {
    const double dx = x1 - x0, dy = y1 - y0, length2 = std::max(dx * dx + dy * dy, 1e-9), reach = width / 2 + 1;
    for (int y = std::max<int>(kTop, std::floor(std::min(y0, y1) - reach));
         y <= std::min<int>(kHeight - kBottom, std::ceil(std::max(y0, y1) + reach)); ++y)
      for (int x = std::max<int>(kLeft, std::floor(std::min(x0, x1) - reach));
           x <= std::min<int>(kWidth - kRight, std::ceil(std::max(x0, x1) + reach)); ++x) {
        const double t = std::clamp(((x - x0) * dx + (y - y0) * dy) / length2, 0.0, 1.0);
        const double distance = std::hypot(x - x0 - t * dx, y - y0 - t * dy);
        blend(x, y, colour, strength * std::clamp(width / 2 + 0.5 - distance, 0.0, 1.0));
      }
  }

  // align: 0 begins at x, 0.5 is centred on it, 1 ends there; y is the baseline. Returns the width.
  double text(double x, double y, const std::string& utf8, double size, double align, const Colour& colour) {
    if (!has_font_) return 0;
    const float scale = stbtt_ScaleForPixelHeight(&font_, static_cast<float>(size));
    const auto codes = decode(utf8);
    double width = 0;
    for (const int code : codes) width += advance(code, scale);
    double at = x - align * width;
    for (const int code : codes) {
      int w = 0, h = 0, dx = 0, dy = 0;
      unsigned char* bitmap = stbtt_GetCodepointBitmap(&font_, 0, scale, code, &w, &h, &dx, &dy);
      for (int v = 0; v < h; ++v)
        for (int u = 0; u < w; ++u)
          blend(static_cast<int>(std::lround(at)) + dx + u, static_cast<int>(std::lround(y)) + dy + v, colour,
                bitmap[v * w + u] / 255.0);
      if (bitmap) stbtt_FreeBitmap(bitmap, nullptr);
      at += advance(code, scale);
    }
    return width;
  }

 private:
  double advance(int code, float scale) const {
    int step = 0, bearing = 0;
    stbtt_GetCodepointHMetrics(&font_, code, &step, &bearing);
    return step * scale;
  }

  static std::vector<int> decode(const std::string& utf8) {
    std::vector<int> codes;
    for (const char c : utf8) {
      const auto byte = static_cast<unsigned char>(c);
      if (byte < 0x80)
        codes.push_back(byte);
      else if (byte >= 0xc0)
        codes.push_back(byte & (byte >= 0xf0 ? 0x07 : byte >= 0xe0 ? 0x0f : 0x1f));
      else if (!codes.empty())
        codes.back() = codes.back() << 6 | (byte & 0x3f);
    }
    return codes;
  }

  Picture picture_;
  std::string font_bytes_;
  stbtt_fontinfo font_{};
  bool has_font_ = false;
};

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

  Canvas canvas;
  canvas.text(kLeft, 34, title, 22, 0, kText);
  canvas.text(kWidth - kRight, kHeight - 12, x_label, 16, 1, kText);
  const auto y_ticks = round_ticks(ys.low, ys.high, 7), x_ticks = round_ticks(xs.low, xs.high, 8);
  for (const double tick : y_ticks) {
    canvas.line(kLeft, to_y(tick), kWidth - kRight, to_y(tick), 1, kGrid, 1);
    canvas.text(kLeft - 10, to_y(tick) + 5, format_tick(tick, y_ticks.size() > 1 ? y_ticks[1] - y_ticks[0] : 1), 16,
                1, kText);
  }
  for (const double tick : x_ticks)
    canvas.text(to_x(tick), kHeight - kBottom + 22,
                format_tick(tick, x_ticks.size() > 1 ? x_ticks[1] - x_ticks[0] : 1), 16, 0.5, kText);
  double label_at = kLeft;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const auto& colour = kLines[i % std::size(kLines)];
    const auto draw = [&](const std::vector<MetricCurve::Point>& points, double width, double strength) {
      for (std::size_t k = 1; k < points.size(); ++k)
        canvas.line(to_x(points[k - 1].x), to_y(points[k - 1].y), to_x(points[k].x), to_y(points[k].y), width, colour,
                    strength);
    };
    draw(lines[i], 1, 0.3);
    draw(smoothed(lines[i]), 2.2, 1);
    label_at += canvas.text(label_at, 56, curves[i].name, 16, 0, colour) + 24;
  }
  save_png(path, canvas.picture());
}

}  // namespace unveil
