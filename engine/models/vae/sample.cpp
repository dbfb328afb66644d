#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <numbers>

#include "engine/data/philox.h"
#include "engine/error.h"
#include "engine/models/vae/model.h"

namespace unveil::vae {
namespace {

constexpr int kBatch = 64;
constexpr int kFrameMs = 60, kEndMs = 800;
constexpr int kFrameScale = 6;
constexpr std::uint32_t kPriorTag = 0x7072696f;

Picture picture_of(const float* values, int height, int width, int scale = 1) {
  Picture picture{width * scale, height * scale, 1, {}};
  picture.pixels.resize(static_cast<std::size_t>(picture.width * picture.height));
  for (int y = 0; y < picture.height; ++y)
    for (int x = 0; x < picture.width; ++x) {
      const float value = std::clamp(values[y / scale * width + x / scale], 0.0f, 1.0f);
      picture.pixels[static_cast<std::size_t>(y * picture.width + x)] =
          static_cast<std::uint8_t>(std::lround(255 * value));
    }
  return picture;
}

}  // namespace

std::vector<float> interpolate(std::span<const float> a, std::span<const float> b, float t, bool spherical) {
  double aa = 0, bb = 0, ab = 0;
  for (std::size_t i = 0; i < a.size(); ++i) aa += a[i] * a[i], bb += b[i] * b[i], ab += a[i] * b[i];
  double of_a = 1 - t, of_b = t;
  if (spherical && aa > 0 && bb > 0) {
    const double angle = std::acos(std::clamp(ab / std::sqrt(aa * bb), -1.0, 1.0)), sine = std::sin(angle);
    if (sine > 1e-4) of_a = std::sin((1 - t) * angle) / sine, of_b = std::sin(t * angle) / sine;
  }
  std::vector<float> point(a.size());
  for (std::size_t i = 0; i < a.size(); ++i) point[i] = static_cast<float>(of_a * a[i] + of_b * b[i]);
  return point;
}

double normal_quantile(double p) {
  constexpr double a[] = {-3.969683028665376e+01, 2.209460984245205e+02,  -2.759285104469687e+02,
                          1.383577518672690e+02,  -3.066479806614716e+01, 2.506628277459239e+00};
  constexpr double b[] = {-5.447609879822406e+01, 1.615858368580409e+02, -1.556989798598866e+02,
                          6.680131188771972e+01, -1.328068155288572e+01};
  constexpr double c[] = {-7.784894002430293e-03, -3.223964580411365e-01, -2.400758277161838e+00,
                          -2.549732539343734e+00, 4.374664141464968e+00,  2.938163982698783e+00};
  constexpr double d[] = {7.784695709041462e-03, 3.224671290700398e-01, 2.445134137142996e+00, 3.754408661907416e+00};
  constexpr double kTail = 0.02425;
  if (p > 0.5) return -normal_quantile(1 - p);
  double x;
  if (p < kTail) {
    const double q = std::sqrt(-2 * std::log(p));
    x = (((((c[0] * q + c[1]) * q + c[2]) * q + c[3]) * q + c[4]) * q + c[5]) /
        ((((d[0] * q + d[1]) * q + d[2]) * q + d[3]) * q + 1);
  } else {
    const double q = p - 0.5, r = q * q;
    x = (((((a[0] * r + a[1]) * r + a[2]) * r + a[3]) * r + a[4]) * r + a[5]) * q /
        (((((b[0] * r + b[1]) * r + b[2]) * r + b[3]) * r + b[4]) * r + 1);
  }
  const double error = 0.5 * std::erfc(-x / std::numbers::sqrt2) - p;
  const double u = error * std::sqrt(2 * std::numbers::pi) * std::exp(x * x / 2);
  return x - u / (1 + x * u / 2);
}

std::vector<float> manifold_points(int n, int latent) {
  const auto share = [&](int i) { return static_cast<float>(normal_quantile((i + 0.5) / n)); };
  std::vector<float> points(static_cast<std::size_t>(n * n * latent));
  for (int row = 0; row < n; ++row)
    for (int column = 0; column < n; ++column) {
      float* point = points.data() + static_cast<std::ptrdiff_t>(row * n + column) * latent;
      point[0] = share(column);
      if (latent > 1) point[1] = share(n - 1 - row);
    }
  return points;
}

std::vector<float> BuiltVae::picture(const Picture& picture) const {
  if (architecture_.height != architecture_.width)
    throw Error(fmt::format("a picture from a file is fitted to a square; this model's are {}×{}",
                            architecture_.width, architecture_.height));
  const auto grey = fit_grey(picture, architecture_.width);
  double mean = 0;
  for (const auto v : grey) mean += v / (255.0 * static_cast<double>(grey.size()));
  std::vector<float> values;
  for (const auto v : grey) {
    // White paper with dark ink is turned over: these pictures are light on dark.
    const int light = mean > 0.5 ? 255 - v : v;
    values.push_back(architecture_.gaussian ? static_cast<float>(light) / 255.0f : light >= 128 ? 1.0f : 0.0f);
  }
  return values;
}

bool is_held_out_number(const std::string& text) {
  return !text.empty() && text.find_first_not_of("-0123456789") == std::string::npos;
}

std::vector<float> BuiltVae::end_point(const std::string& text) {
  if (!is_held_out_number(text)) return picture(load_picture(text));
  int number = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) number = -1;
  const int held_out = set(1).count;
  if (held_out == 0)
    throw Error(fmt::format("{} has no held-out pictures to interpolate between", context_.data.spec));
  if (number < 0 || number >= held_out)
    throw UsageError(
        fmt::format("--interpolate cannot begin or end at {}; held-out pictures are 0 to {}", text, held_out - 1));
  return pictures(1, number, 1);
}

SampleResult BuiltVae::sample(int count, std::uint64_t seed, const OptionValues& options, bool animated,
                              const Progress& progress) {
  const auto option = [&](const char* name) {
    const auto found = options.find(name);
    return found == options.end() ? std::string() : found->second;
  };
  const auto& a = architecture_;
  const auto latent = static_cast<std::size_t>(a.latent), pixels = static_cast<std::size_t>(a.pixels());
  const bool manifold = !option("manifold").empty(), path = !option("interpolate").empty();
  if (manifold && path) throw UsageError("--manifold and --interpolate are two pictures; give one of them");
  SampleResult result;
  std::vector<float> points;
  std::vector<float> ends;
  if (manifold) {
    result.columns = std::stoi(option("manifold"));
    points = manifold_points(result.columns, a.latent);
  } else if (path) {
    const auto names = option_values(option("interpolate"));
    for (const auto& name : names) {
      const auto end = end_point(name);
      ends.insert(ends.end(), end.begin(), end.end());
    }
    const auto means = codes(ends).mean;
    const std::span all(means);
    const int frames = std::stoi(option("frames"));
    for (int i = 0; i < frames; ++i) {
      const auto point =
          interpolate(all.first(latent), all.subspan(latent), static_cast<float>(i) / static_cast<float>(frames - 1),
                      !option("spherical").empty());
      points.insert(points.end(), point.begin(), point.end());
    }
  } else {
    PhiloxStream stream(seed, 0, 0, kPriorTag);
    points.resize(static_cast<std::size_t>(count) * latent);
    for (auto& z : points) z = stream.normal();
  }

  const std::size_t total = points.size() / latent;
  std::vector<float> decoded;
  for (std::size_t first = 0; first < total; first += kBatch) {
    const std::size_t here = std::min<std::size_t>(kBatch, total - first);
    const auto means = decode(std::span(points).subspan(first * latent, here * latent));
    decoded.insert(decoded.end(), means.begin(), means.end());
    if (progress && !progress(static_cast<double>(first + here) / static_cast<double>(total))) return result;
  }
  const auto cell = [&](std::size_t i, int scale) {
    return picture_of(decoded.data() + i * pixels, a.height, a.width, scale);
  };
  for (std::size_t i = 0; i < total; ++i) result.pictures.push_back(cell(i, 1));
  if (path) {
    // The strip stands between the two pictures it began from.
    result.pictures.insert(result.pictures.begin(), picture_of(ends.data(), a.height, a.width));
    result.pictures.push_back(picture_of(ends.data() + pixels, a.height, a.width));
    result.columns = static_cast<int>(result.pictures.size());
  }
  if (animated && path) {
    for (std::size_t i = 0; i < total; ++i) result.frames.push_back(cell(i, kFrameScale));
    for (std::size_t i = total - 1; i-- > 1;) result.frames.push_back(cell(i, kFrameScale));
    result.frame_ms.assign(result.frames.size(), kFrameMs);
    result.frame_ms.front() = result.frame_ms[total - 1] = kEndMs;
  }
  return result;
}

}  // namespace unveil::vae
