#include "engine/data/handwriting.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "engine/data/glyphs.h"
#include "engine/data/philox.h"

namespace unveil {
namespace {

constexpr std::uint32_t kDrawTag = 0x64696769, kOrderTag = 0x6f726465;

struct Ink {
  float x, y, radius;
  bool pen_up;  // a new stroke starts here
};

using Line = std::vector<Ink>;

const Glyph& choose_glyph(int digit, PhiloxStream& random) {
  const auto glyphs = glyphs_of_digit(digit);
  float total = 0;
  for (const Glyph& glyph : glyphs) total += glyph.weight;
  float left = random.uniform() * total;
  for (const Glyph& glyph : glyphs) {
    left -= glyph.weight;
    if (left < 0) return glyph;
  }
  return glyphs.back();
}

// Catmull-Rom through the points from first to last (a run between two corners), `steps` pieces each.
void append_smooth(Line& line, const GlyphPoint* points, int count, bool pen_up) {
  constexpr int kSteps = 6;
  auto at = [&](int i) { return points[std::clamp(i, 0, count - 1)]; };
  if (pen_up) line.push_back({points[0].x, points[0].y, 0, true});
  for (int i = 0; i + 1 < count; ++i) {
    const GlyphPoint a = at(i - 1), b = at(i), c = at(i + 1), d = at(i + 2);
    for (int step = 1; step <= kSteps; ++step) {
      const float t = static_cast<float>(step) / kSteps, t2 = t * t, t3 = t2 * t;
      const float wa = -.5f * t3 + t2 - .5f * t, wb = 1.5f * t3 - 2.5f * t2 + 1;
      const float wc = -1.5f * t3 + 2 * t2 + .5f * t, wd = .5f * t3 - .5f * t2;
      line.push_back(
          {wa * a.x + wb * b.x + wc * c.x + wd * d.x, wa * a.y + wb * b.y + wc * c.y + wd * d.y, 0, false});
    }
  }
}

Line trace(const Glyph& glyph, float jitter, PhiloxStream& random) {
  Line line;
  for (GlyphStroke stroke : glyph.strokes) {
    for (GlyphPoint& point : stroke) {
      point.x += jitter * random.normal();
      point.y += jitter * random.normal();
    }
    std::size_t start = 0;
    for (std::size_t i = 1; i < stroke.size(); ++i) {
      if (!stroke[i].corner && i + 1 < stroke.size()) continue;
      append_smooth(line, &stroke[start], static_cast<int>(i - start + 1), start == 0);
      start = i;
    }
  }
  return line;
}

struct Box {
  float left, top, right, bottom;
};

Box bounds(const Line& line) {
  Box box = {1e9f, 1e9f, -1e9f, -1e9f};
  for (const Ink& ink : line) {
    box.left = std::min(box.left, ink.x), box.right = std::max(box.right, ink.x);
    box.top = std::min(box.top, ink.y), box.bottom = std::max(box.bottom, ink.y);
  }
  return box;
}

// Scales by one factor and shifts so that the ink's longer side, pen included, is kDigitBox and its middle the
// picture's.
void fit(Line& line, float radius) {
  const Box box = bounds(line);
  const float scale = (kDigitBox - 2 * radius) / std::max({box.right - box.left, box.bottom - box.top, 1e-3f});
  const float x = (box.left + box.right) / 2, y = (box.top + box.bottom) / 2;
  for (Ink& ink : line) {
    ink.x = (ink.x - x) * scale + kDigitSize / 2.0f;
    ink.y = (ink.y - y) * scale + kDigitSize / 2.0f;
  }
}

void affine(Line& line, PhiloxStream& random) {
  const float angle = 0.11f * random.normal();
  const float shear = -0.16f - 0.24f * random.normal();  // most hands lean to the right
  const float aspect = std::exp(0.11f + 0.15f * random.normal());
  const float cosine = std::cos(angle), sine = std::sin(angle);
  for (Ink& ink : line) {
    const float x = (ink.x + shear * (ink.y - .5f)) * aspect, y = ink.y - .5f;
    ink.x = cosine * x - sine * y;
    ink.y = sine * x + cosine * y;
  }
}

// Simard et al. 2003: white noise smoothed by a Gaussian of sigma 4 pixels and scaled by alpha displaces the ink. The
// field is evaluated where the ink is, and the noise lives on a lattice of one sigma instead of one pixel: after the
// smoothing the two fields have the same covariance up to about 1e-4, and this one is far cheaper.
void distort(Line& line, float alpha, PhiloxStream& random) {
  constexpr float kSigma = 4;
  constexpr int kReach = 3, kLattice = kDigitSize / 4 + 2 * kReach + 1;
  // Uniform noise on [-1, 1] per pixel has variance 1/3; sigma² pixels are merged into one lattice point.
  const float noise = alpha * std::sqrt(1.0f / 3) / (kSigma * 2 * 3.14159265f);
  std::array<std::array<float, 2>, kLattice * kLattice> field;
  for (auto& node : field) node = {noise * random.normal(), noise * random.normal()};
  for (Ink& ink : line) {
    const float u = std::clamp(ink.x / kSigma, 0.0f, 6.999f), v = std::clamp(ink.y / kSigma, 0.0f, 6.999f);
    const int column = static_cast<int>(u), row = static_cast<int>(v);
    std::array<float, 2 * kReach + 1> across, down;
    for (int i = 0; i <= 2 * kReach; ++i) {
      const float dx = column + i - kReach - u, dy = row + i - kReach - v;
      across[i] = std::exp(-.5f * dx * dx);
      down[i] = std::exp(-.5f * dy * dy);
    }
    float shift_x = 0, shift_y = 0;
    for (int i = 0; i <= 2 * kReach; ++i) {
      const auto* nodes = &field[(row + i) * kLattice + column];
      float sum_x = 0, sum_y = 0;
      for (int j = 0; j <= 2 * kReach; ++j) sum_x += across[j] * nodes[j][0], sum_y += across[j] * nodes[j][1];
      shift_x += down[i] * sum_x, shift_y += down[i] * sum_y;
    }
    ink.x += shift_x;
    ink.y += shift_y;
  }
}

// The pen's width swells and narrows along the line.
void press(Line& line, float radius, PhiloxStream& random) {
  const float depth = 0.14f * random.uniform(), turns = random.uniform(0.5f, 2.0f),
              phase = random.uniform(0, 6.2831853f);
  for (std::size_t i = 0; i < line.size(); ++i)
    line[i].radius =
        radius *
        (1 + depth * std::sin(phase + turns * 6.2831853f * static_cast<float>(i) / static_cast<float>(line.size())));
}

// Ink coverage in [0, 1] at 2×2 samples a pixel, each with an edge as wide as a sample; the strongest piece of line
// wins.
constexpr int kFine = 2 * kDigitSize;
using Sheet = std::array<float, kFine * kFine>;

void draw(const Line& line, float softness, Sheet& sheet) {
  sheet.fill(0);
  for (std::size_t i = 1; i < line.size(); ++i) {
    if (line[i].pen_up) continue;
    const Ink &a = line[i - 1], &b = line[i];
    const float reach = std::max(a.radius, b.radius) + softness;
    const float dx = b.x - a.x, dy = b.y - a.y, inverse = 1 / std::max(dx * dx + dy * dy, 1e-8f);
    const int left = std::max(0, static_cast<int>(std::floor((std::min(a.x, b.x) - reach) * 2)));
    const int right = std::min(kFine - 1, static_cast<int>(std::ceil((std::max(a.x, b.x) + reach) * 2)));
    const int top = std::max(0, static_cast<int>(std::floor((std::min(a.y, b.y) - reach) * 2)));
    const int bottom = std::min(kFine - 1, static_cast<int>(std::ceil((std::max(a.y, b.y) + reach) * 2)));
    for (int row = top; row <= bottom; ++row) {
      const float y = (row + .5f) / 2 - a.y;
      for (int column = left; column <= right; ++column) {
        const float x = (column + .5f) / 2 - a.x;
        const float t = std::clamp((x * dx + y * dy) * inverse, 0.0f, 1.0f);
        const float ex = x - t * dx, ey = y - t * dy;
        const float distance = std::sqrt(ex * ex + ey * ey), radius = a.radius + t * (b.radius - a.radius);
        const float ink = std::clamp(.5f + (radius - distance) / (2 * softness), 0.0f, 1.0f);
        float& sample = sheet[row * kFine + column];
        sample = std::max(sample, ink);
      }
    }
  }
}

}  // namespace

int digit_class(std::uint64_t seed, std::uint32_t index, std::uint32_t split) {
  PhiloxStream random(seed, index / 10, split, kOrderTag);
  std::array<int, 10> order = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
  for (std::uint32_t i = 9; i > 0; --i) std::swap(order[i], order[random.below(i + 1)]);
  return order[index % 10];
}

void draw_digit(std::uint64_t seed, std::uint32_t index, std::uint32_t split, std::uint8_t* pixels) {
  PhiloxStream random(seed, index, split, kDrawTag);
  const Glyph& glyph = choose_glyph(digit_class(seed, index, split), random);
  const float radius = std::clamp(1.22f * std::exp(0.27f * random.normal()), 0.75f, 2.2f);
  const float softness = random.uniform(0.5f, 0.85f);
  const float ink = random.uniform(0.94f, 1.08f);

  Line line = trace(glyph, 0.03f, random);
  affine(line, random);
  fit(line, radius);
  distort(line, random.uniform(8, 24), random);
  fit(line, radius);
  press(line, radius, random);

  Sheet sheet;
  for (int attempt = 0; attempt < 2; ++attempt) {
    // The first guess of the centre of mass is the line's; where strokes overlap it is off, and the drawn ink
    // corrects it.
    double mass = 0, x = 0, y = 0;
    if (attempt == 0) {
      for (std::size_t i = 1; i < line.size(); ++i) {
        if (line[i].pen_up) continue;
        const double length =
            std::hypot(line[i].x - line[i - 1].x, line[i].y - line[i - 1].y) * (line[i].radius + line[i - 1].radius);
        mass += length, x += length * (line[i].x + line[i - 1].x) / 2, y += length * (line[i].y + line[i - 1].y) / 2;
      }
    } else {
      for (int row = 0; row < kFine; ++row)
        for (int column = 0; column < kFine; ++column) {
          const double sample = sheet[row * kFine + column];
          mass += sample, x += sample * (column + .5) / 2, y += sample * (row + .5) / 2;
        }
    }
    const float shift_x = static_cast<float>(kDigitSize / 2.0 - x / mass),
                shift_y = static_cast<float>(kDigitSize / 2.0 - y / mass);
    if (attempt == 1 && std::abs(shift_x) < .3f && std::abs(shift_y) < .3f) break;
    for (Ink& point : line) point.x += shift_x, point.y += shift_y;
    draw(line, softness, sheet);
  }

  for (int row = 0; row < kDigitSize; ++row)
    for (int column = 0; column < kDigitSize; ++column) {
      const float* sample = &sheet[2 * row * kFine + 2 * column];
      const float coverage = (sample[0] + sample[1] + sample[kFine] + sample[kFine + 1]) / 4;
      pixels[row * kDigitSize + column] = static_cast<std::uint8_t>(std::min(1.0f, coverage * ink) * 255 + .5f);
    }
}

}  // namespace unveil
