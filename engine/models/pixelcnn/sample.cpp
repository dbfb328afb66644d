#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>

#include "engine/error.h"
#include "engine/models/grid.h"
#include "engine/models/pixelcnn/model.h"

namespace unveil::pixelcnn {
namespace {

constexpr int kBatch = 64;
constexpr int kFrameMs = 40, kLastFrameMs = 2500;
constexpr int kPixelsPerFrame = 7;
constexpr int kFrameScale = 3;
constexpr std::uint8_t kUndrawn = 72;  // a grey that is neither ink nor paper
constexpr float kFree = -1;

// What is given of each picture before drawing begins: [count][pixels], kFree where it is to be drawn.
std::vector<float> given_pixels(const std::string& how, int count, int height, int width,
                                const std::vector<std::uint8_t>& held_out) {
  const int pixels = height * width;
  std::vector<float> given(static_cast<std::size_t>(count * pixels), kFree);
  if (how.empty()) return given;
  const bool left = how == "left", top = how == "top";
  std::vector<std::uint8_t> one;
  if (!left && !top) {
    const Picture picture = load_picture(how);
    if (height != width)
      throw Error(fmt::format("--complete FILE needs square pictures; this model draws {}×{}", width, height));
    one = fit_grey(picture, width);
    // White paper with dark ink is turned over: these pictures are light on dark.
    double mean = 0;
    for (const auto v : one) mean += v / (255.0 * pixels);
    for (auto& v : one) v = (mean > 0.5 ? 255 - v : v) >= 128;
  } else if (held_out.empty()) {
    throw Error("--complete top and left need held-out pictures, and the data have none");
  }
  const int available = left || top ? static_cast<int>(held_out.size()) / pixels : 1;
  for (int n = 0; n < count; ++n)
    for (int k = 0; k < pixels; ++k) {
      const bool keep = left ? k % width < width / 2 : k / width < height / 2;
      const std::size_t from = static_cast<std::size_t>((n % available) * pixels + k);
      if (keep)
        given[static_cast<std::size_t>(n * pixels + k)] =
            left || top ? held_out[from] : one[static_cast<std::size_t>(k)];
    }
  return given;
}

Picture picture_of(const float* canvas, const float* given, int height, int width, int drawn) {
  Picture picture{width, height, 1, std::vector<std::uint8_t>(static_cast<std::size_t>(height * width))};
  for (int k = 0; k < height * width; ++k) {
    const bool there = k < drawn || given[k] >= 0;
    const float value = k < drawn ? canvas[k] : given[k];
    picture.pixels[static_cast<std::size_t>(k)] = !there ? kUndrawn : value > 0.5f ? 255 : 0;
  }
  return picture;
}

}  // namespace

SampleResult BuiltPixelCnn::sample(int count, std::uint64_t seed, const OptionValues& options, bool animated,
                                   const Progress& progress) {
  const int pixels = height_ * width_;
  const auto option = [&](const char* name) {
    const auto found = options.find(name);
    return found == options.end() ? std::string() : found->second;
  };
  if (!option("class").empty()) {
    if (architecture_.classes == 0)
      throw UsageError("--class needs a class-conditional model (train it with --set class_conditional=true)");
    if (std::stoi(option("class")) >= architecture_.classes)
      throw UsageError(
          fmt::format("--class cannot be {}; the classes are 0 to {}", option("class"), architecture_.classes - 1));
  }
  const auto given = given_pixels(
      option("complete"), count, height_, width_,
      option("complete") == "top" || option("complete") == "left" ? binarized(1) : std::vector<std::uint8_t>());
  const auto uniforms = uniform_numbers(seed, count, pixels);

  SampleResult result;
  const int batch = std::min(count, kBatch);
  Sampler sampler(store_, architecture_, batch, height_, width_, averaged_);
  if (!option("temperature").empty()) sampler.set_temperature(std::stof(option("temperature")));
  std::vector<float> canvas;
  const auto part = [&](const std::vector<float>& all, int first) {
    std::vector<float> piece(static_cast<std::size_t>(batch * pixels));
    const auto begin = all.begin() + static_cast<std::ptrdiff_t>(first) * pixels;
    std::copy(begin, std::min(begin + batch * pixels, all.end()), piece.begin());
    return piece;
  };
  for (int first = 0; first < count; first += batch) {
    sampler.set_uniforms(part(uniforms, first));
    sampler.set_given(part(given, first));
    std::vector<std::uint32_t> labels(static_cast<std::size_t>(batch));
    for (int i = 0; i < batch; ++i)
      labels[static_cast<std::size_t>(i)] =
          option("class").empty() ? static_cast<std::uint32_t>((first + i) % std::max(architecture_.classes, 1))
                                  : static_cast<std::uint32_t>(std::stoi(option("class")));
    sampler.set_labels(labels);
    if (architecture_.classes > 0)
      for (int i = 0; i < std::min(batch, count - first); ++i)
        result.classes.push_back(static_cast<int>(labels[static_cast<std::size_t>(i)]));
    sampler.begin();
    for (int row = 0; row < height_; ++row) {
      sampler.draw(row * width_, (row + 1) * width_);
      if (progress && !progress((first + batch * (row + 1.0) / height_) / count)) return result;
    }
    const auto drawn = sampler.canvas();
    canvas.insert(canvas.end(), drawn.begin(), drawn.end());
  }
  const auto picture = [&](int n, int until) {
    return picture_of(canvas.data() + static_cast<std::ptrdiff_t>(n) * pixels,
                      given.data() + static_cast<std::ptrdiff_t>(n) * pixels, height_, width_, until);
  };
  for (int n = 0; n < count; ++n) result.pictures.push_back(picture(n, pixels));
  for (int until = 0; animated && until < pixels + kPixelsPerFrame; until += kPixelsPerFrame) {
    std::vector<Picture> cells;
    for (int n = 0; n < count; ++n) cells.push_back(picture(n, std::min(until, pixels)));
    result.frames.push_back(grid(cells, 0, kFrameScale));
    result.frame_ms.push_back(until >= pixels ? kLastFrameMs : kFrameMs);
  }
  return result;
}

std::vector<BenchResult> BuiltPixelCnn::bench(int repeats) {
  using Clock = std::chrono::steady_clock;
  const int pixels = height_ * width_;
  Sampler sampler(store_, architecture_, kBatch, height_, width_, averaged_);
  sampler.set_uniforms(uniform_numbers(0, kBatch, pixels));
  std::vector<double> drawing, whole;
  for (int repeat = -1; repeat < repeats; ++repeat) {  // the first warms up
    const auto begin = Clock::now();
    sampler.begin();
    sampler.draw(0, pixels);
    const auto middle = Clock::now();
    sampler.evaluate();
    const auto end = Clock::now();
    if (repeat < 0) continue;
    drawing.push_back(std::chrono::duration<double, std::milli>(middle - begin).count());
    whole.push_back(std::chrono::duration<double, std::milli>(end - middle).count());
  }
  std::sort(drawing.begin(), drawing.end());
  std::sort(whole.begin(), whole.end());
  const double draw = drawing[drawing.size() / 2], forward = whole[whole.size() / 2];
  return {{fmt::format("pixelcnn drawing {} pictures", kBatch), 1000 * kBatch / draw, "images/s", draw,
           drawing.front(), repeats},
          {fmt::format("pixelcnn forward pass, batch {}", kBatch), 1000 * kBatch / forward, "images/s", forward,
           whole.front(), repeats},
          {fmt::format("pixelcnn drawing against {} forward passes", pixels), pixels * forward / draw, "times faster",
           0, 0, repeats}};
}

}  // namespace unveil::pixelcnn
