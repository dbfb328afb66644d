#include "app/canvas.h"

#include <stb/stb_truetype.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <iterator>
#include <numbers>
#include <vector>

namespace unveil {
namespace {

constexpr const char* kFont = "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf";

std::vector<int> decode(const std::string& utf8) {
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

double to_segment(double x, double y, double x0, double y0, double x1, double y1) {
  const double dx = x1 - x0, dy = y1 - y0, length2 = std::max(dx * dx + dy * dy, 1e-9);
  const double t = std::clamp(((x - x0) * dx + (y - y0) * dy) / length2, 0.0, 1.0);
  return std::hypot(x - x0 - t * dx, y - y0 - t * dy);
}

// Signed distance from a regular polygon whose first corner points to `turn`; inside it is negative.
double to_polygon(double x, double y, int corners, double radius, double turn) {
  const double sector = 2 * std::numbers::pi / corners;
  const double angle = std::atan2(y, x) - turn - sector / 2;
  const double within = angle - sector * std::round(angle / sector);
  return std::hypot(x, y) * std::cos(within) - radius * std::cos(sector / 2);
}

// Signed distance from the shapes of draw_marker (app/widgets/theme.cpp) about the origin.
double to_marker(int shape, double x, double y, double r) {
  constexpr double kUp = -std::numbers::pi / 2;
  switch (((shape % 10) + 10) % 10) {
    case 0: return std::hypot(x, y) - r;
    case 1: return std::max(std::abs(x), std::abs(y)) - 0.85 * r;
    case 2: return to_polygon(x, y, 3, 1.15 * r, kUp);
    case 3: return to_polygon(x, y, 4, 1.15 * r, kUp);
    case 4: return to_polygon(x, y, 3, 1.15 * r, -kUp);
    case 5: return std::min(to_segment(x, y, -r, -r, r, r), to_segment(x, y, -r, r, r, -r)) - 0.3 * r;
    case 6: return std::min(to_segment(x, y, -r, 0, r, 0), to_segment(x, y, 0, -r, 0, r)) - 0.3 * r;
    case 7: {
      double least = 1e9;
      for (int i = 0; i < 10; ++i) {
        const auto corner = [&](int n) {
          const double radius = n % 2 == 1 ? 0.45 * r : 1.15 * r, a = kUp + std::numbers::pi * n / 5;
          return std::pair(radius * std::cos(a), radius * std::sin(a));
        };
        const auto [x0, y0] = corner(i);
        const auto [x1, y1] = corner(i + 1);
        least = std::min(least, to_segment(x, y, x0, y0, x1, y1));
      }
      return least - 0.22 * r;
    }
    case 8: return to_polygon(x, y, 5, 1.15 * r, kUp);
    default: return std::abs(std::hypot(x, y) - 0.85 * r) - 0.25 * r;
  }
}

}  // namespace

struct Canvas::Font {
  std::string bytes;
  stbtt_fontinfo info{};
  bool there = false;

  Font() {
    std::ifstream stream(kFont, std::ios::binary);
    bytes.assign(std::istreambuf_iterator<char>(stream), {});
    there = !bytes.empty() && stbtt_InitFont(&info, reinterpret_cast<const unsigned char*>(bytes.data()), 0);
  }
  double advance(int code, float scale) const {
    int step = 0, bearing = 0;
    stbtt_GetCodepointHMetrics(&info, code, &step, &bearing);
    return step * scale;
  }
};

Canvas::Canvas(int width, int height) : picture_{width, height, 3, {}}, font_(std::make_unique<Font>()) {
  for (int i = 0; i < width * height; ++i)
    for (const int part : kBackground) picture_.pixels.push_back(static_cast<std::uint8_t>(part));
}
Canvas::~Canvas() = default;

void Canvas::blend(int x, int y, const Colour& colour, double share) {
  if (x < 0 || y < 0 || x >= width() || y >= height()) return;
  for (std::size_t i = 0; i < 3; ++i) {
    auto& part = picture_.pixels[3 * (static_cast<std::size_t>(y) * static_cast<std::size_t>(width()) +
                                      static_cast<std::size_t>(x)) +
                                 i];
    part = static_cast<std::uint8_t>(std::lround(part + share * (colour[i] - part)));
  }
}

void Canvas::line(double x0, double y0, double x1, double y1, double width, const Colour& colour, double strength,
                  const Clip& clip) {
  const double reach = width / 2 + 1;
  for (int y = std::max<int>(clip.top, std::floor(std::min(y0, y1) - reach));
       y <= std::min<int>(clip.bottom, std::ceil(std::max(y0, y1) + reach)); ++y)
    for (int x = std::max<int>(clip.left, std::floor(std::min(x0, x1) - reach));
         x <= std::min<int>(clip.right, std::ceil(std::max(x0, x1) + reach)); ++x)
      blend(x, y, colour, strength * std::clamp(width / 2 + 0.5 - to_segment(x, y, x0, y0, x1, y1), 0.0, 1.0));
}

void Canvas::marker(int shape, double x, double y, double radius, const Colour& colour, double strength) {
  const double reach = 1.5 * radius + 1;
  for (int v = static_cast<int>(std::floor(y - reach)); v <= y + reach; ++v)
    for (int u = static_cast<int>(std::floor(x - reach)); u <= x + reach; ++u)
      blend(u, v, colour, strength * std::clamp(0.5 - to_marker(shape, u - x, v - y, radius), 0.0, 1.0));
}

double Canvas::text(double x, double y, const std::string& utf8, double size, double align, const Colour& colour) {
  if (!font_->there) return 0;
  const float scale = stbtt_ScaleForPixelHeight(&font_->info, static_cast<float>(size));
  const auto codes = decode(utf8);
  double width = 0;
  for (const int code : codes) width += font_->advance(code, scale);
  double at = x - align * width;
  for (const int code : codes) {
    int w = 0, h = 0, dx = 0, dy = 0;
    unsigned char* bitmap = stbtt_GetCodepointBitmap(&font_->info, 0, scale, code, &w, &h, &dx, &dy);
    for (int v = 0; v < h; ++v)
      for (int u = 0; u < w; ++u)
        blend(static_cast<int>(std::lround(at)) + dx + u, static_cast<int>(std::lround(y)) + dy + v, colour,
              bitmap[v * w + u] / 255.0);
    if (bitmap) stbtt_FreeBitmap(bitmap, nullptr);
    at += font_->advance(code, scale);
  }
  return width;
}

}  // namespace unveil
