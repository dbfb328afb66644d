#include "app/tsne/thumbnails.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "app/widgets/format.h"

namespace unveil {
namespace {

// Loudness over time: a column of pixels holds the least and the greatest sample of its stretch.
void draw_waveform(const Ui& ui, const Recording& recording, int width, int height, ImU32* pixels) {
  std::fill_n(pixels, width * height, ui.theme.raised);
  const auto& samples = recording.samples;
  if (samples.empty()) return;
  float loudest = 1e-4f;
  for (const float s : samples) loudest = std::max(loudest, std::abs(s));
  const float middle = 0.5f * static_cast<float>(height - 1), reach = 0.94f * middle / loudest;
  for (int x = 0; x < width; ++x) {
    const std::size_t first = samples.size() * static_cast<std::size_t>(x) / static_cast<std::size_t>(width);
    const std::size_t last =
        std::max(first + 1, samples.size() * static_cast<std::size_t>(x + 1) / static_cast<std::size_t>(width));
    const auto [low, high] = std::minmax_element(samples.begin() + static_cast<std::ptrdiff_t>(first),
                                                 samples.begin() + static_cast<std::ptrdiff_t>(last));
    const int top = std::clamp(static_cast<int>(std::lround(middle - reach * *high)), 0, height - 1);
    const int bottom = std::clamp(static_cast<int>(std::lround(middle - reach * *low)), top, height - 1);
    for (int y = top; y <= bottom; ++y) pixels[y * width + x] = ui.theme.data;
  }
}

const ImageSet& pictures_of(const Dataset& data, int split) {
  return split == 0 ? data.train : data.test;
}

const std::vector<Recording>& recordings_of(const Dataset& data, int split) {
  return split == 0 ? data.train_recordings : data.test_recordings;
}

}  // namespace

std::optional<Thumbnails> thumbnails(const Ui& ui, const Dataset& data, const TsnePoints& points,
                                     std::span<const int> which, ImVec2 room) {
  Thumbnails out;
  out.count = static_cast<int>(which.size());
  const bool items = !points.items.empty();
  const auto grey = [](int v) { return IM_COL32(v, v, v, 255); };
  if (points.picture_side > 0) {
    out.width = out.height = points.picture_side;
    const auto area = static_cast<std::size_t>(out.width * out.height);
    for (const int point : which)
      for (std::size_t i = 0; i < area; ++i)
        out.colours.push_back(grey(points.pictures[static_cast<std::size_t>(point) * area + i]));
  } else if (items && data.kind == DataKind::pictures) {
    const ImageSet& set = pictures_of(data, points.split);
    out.width = set.width, out.height = set.height;
    const auto area = static_cast<std::size_t>(set.width * set.height),
               channels = static_cast<std::size_t>(set.channels);
    for (const int point : which) {
      const auto item = static_cast<std::size_t>(points.items[static_cast<std::size_t>(point)]);
      const std::uint8_t* p = &set.pixels[item * area * channels];
      for (std::size_t i = 0; i < area; ++i, p += channels)
        out.colours.push_back(channels >= 3 ? IM_COL32(p[0], p[1], p[2], 255) : grey(p[0]));
    }
  } else if (items && data.kind == DataKind::sounds) {
    out.width = std::max(8, static_cast<int>(room.x)), out.height = std::max(8, static_cast<int>(room.y));
    const auto area = static_cast<std::size_t>(out.width * out.height);
    out.colours.resize(which.size() * area);
    for (std::size_t i = 0; i < which.size(); ++i) {
      const auto item = static_cast<std::size_t>(points.items[static_cast<std::size_t>(which[i])]);
      draw_waveform(ui, recordings_of(data, points.split)[item], out.width, out.height, &out.colours[i * area]);
    }
  } else {
    return std::nullopt;
  }
  return out;
}

std::string point_name(const Dataset& data, const TsnePoints& points, int point) {
  const auto i = static_cast<std::size_t>(point);
  const char* part = points.split == 0 ? "training" : "held-out";
  if (points.items.empty()) return fmt::format("{} point {}", part, format_count(i));
  const auto item = static_cast<std::size_t>(points.items[i]);
  if (data.kind == DataKind::sounds) return recordings_of(data, points.split)[item].name;
  return fmt::format("{} {} {}", part, data.kind == DataKind::scenes ? "scene" : "image", format_count(item));
}

std::string point_labels(const TsnePoints& points, int point) {
  std::string out;
  for (const auto& labels : points.labels)
    out += (out.empty() ? "" : ", ") + labels.name + " " +
           labels.classes[labels.values[static_cast<std::size_t>(point)]];
  return out;
}

}  // namespace unveil
