#include <fmt/format.h>
#include <gif_lib.h>

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <string>

#include "engine/data/atomic_file.h"
#include "engine/data/picture.h"
#include "engine/error.h"

namespace unveil {
namespace {

using Colour = std::array<std::uint8_t, 3>;

Colour colour_at(const Picture& frame, std::size_t pixel) {
  const std::uint8_t* p = &frame.pixels[pixel * frame.channels];
  return frame.channels == 1 ? Colour{p[0], p[0], p[0]} : Colour{p[0], p[1], p[2]};
}

std::uint32_t packed(Colour c) {
  return std::uint32_t{c[0]} << 16 | c[1] << 8 | c[2];
}
Colour unpacked(std::uint32_t c) {
  return {std::uint8_t(c >> 16), std::uint8_t(c >> 8), std::uint8_t(c)};
}

// A colour table of at most 256 entries and the entry of every colour that occurs.
struct Palette {
  std::vector<Colour> colours;
  std::map<std::uint32_t, std::uint8_t> entry_of;
};

// Heckbert 1982: the box with the most spread-out pixels is cut at its median until there are 256; a box's colour is
// its mean.
Palette median_cut(const std::map<std::uint32_t, std::uint64_t>& counts) {
  struct Entry {
    Colour colour;
    std::uint64_t count;
  };
  struct Box {
    std::vector<Entry> entries;
    int axis = 0;
    std::uint64_t priority = 0;  // population times extent
  };
  const auto measure = [](Box& box) {
    Colour low = {255, 255, 255}, high = {0, 0, 0};
    std::uint64_t population = 0;
    for (const Entry& entry : box.entries) {
      population += entry.count;
      for (int k = 0; k < 3; ++k)
        low[k] = std::min(low[k], entry.colour[k]), high[k] = std::max(high[k], entry.colour[k]);
    }
    int extent = 0;
    for (int k = 0; k < 3; ++k)
      if (high[k] - low[k] > extent) extent = high[k] - low[k], box.axis = k;
    box.priority = population * extent;
  };
  std::vector<Box> boxes(1);
  for (const auto& [colour, count] : counts) boxes[0].entries.push_back({unpacked(colour), count});
  measure(boxes[0]);
  while (boxes.size() < 256) {
    Box& widest = *std::max_element(boxes.begin(), boxes.end(),
                                    [](const Box& a, const Box& b) { return a.priority < b.priority; });
    if (widest.priority == 0) break;
    const int axis = widest.axis;
    // The packed order first made the entries distinct and ordered; a stable sort keeps the result independent of the
    // library.
    std::stable_sort(widest.entries.begin(), widest.entries.end(),
                     [axis](const Entry& a, const Entry& b) { return a.colour[axis] < b.colour[axis]; });
    std::uint64_t population = 0, passed = 0;
    for (const Entry& entry : widest.entries) population += entry.count;
    std::size_t cut = 0;
    while (cut + 1 < widest.entries.size() && (cut == 0 || passed * 2 < population))
      passed += widest.entries[cut++].count;
    Box upper;
    upper.entries.assign(widest.entries.begin() + cut, widest.entries.end());
    widest.entries.resize(cut);
    measure(widest);
    measure(upper);
    boxes.push_back(std::move(upper));
  }
  Palette palette;
  for (const Box& box : boxes) {
    std::array<std::uint64_t, 3> sum = {};
    std::uint64_t population = 0;
    for (const Entry& entry : box.entries) {
      population += entry.count;
      for (int k = 0; k < 3; ++k) sum[k] += entry.count * entry.colour[k];
    }
    for (const Entry& entry : box.entries)
      palette.entry_of[packed(entry.colour)] = static_cast<std::uint8_t>(palette.colours.size());
    Colour mean;
    for (int k = 0; k < 3; ++k) mean[k] = static_cast<std::uint8_t>((sum[k] + population / 2) / population);
    palette.colours.push_back(mean);
  }
  return palette;
}

// Frames of the size of few distinct colours keep them exactly; grey ones always do, for there are only 256 greys.
Palette palette_of(const std::vector<Picture>& frames) {
  std::map<std::uint32_t, std::uint64_t> counts;
  for (const Picture& frame : frames) {
    const std::size_t pixels = std::size_t(frame.width) * frame.height;
    for (std::size_t i = 0; i < pixels;) {
      const std::uint32_t colour = packed(colour_at(frame, i));
      std::size_t run = i + 1;
      while (run < pixels && packed(colour_at(frame, run)) == colour) ++run;
      counts[colour] += run - i;
      i = run;
    }
  }
  if (counts.size() > 256) return median_cut(counts);
  Palette palette;
  for (const auto& [colour, count] : counts) {
    palette.entry_of[colour] = static_cast<std::uint8_t>(palette.colours.size());
    palette.colours.push_back(unpacked(colour));
  }
  return palette;
}

struct Rectangle {
  int left, top, width, height;
};

// The part of `frame` that differs from the one before; one pixel when nothing does, for every frame must have an
// image.
Rectangle changed(const std::vector<GifByteType>& before, const std::vector<GifByteType>& frame, int width,
                  int height) {
  int left = width, right = -1, top = height, bottom = -1;
  for (int row = 0; row < height; ++row)
    for (int column = 0; column < width; ++column)
      if (before[std::size_t(row) * width + column] != frame[std::size_t(row) * width + column]) {
        left = std::min(left, column), right = std::max(right, column);
        top = std::min(top, row), bottom = std::max(bottom, row);
      }
  if (right < 0) return {0, 0, 1, 1};
  return {left, top, right - left + 1, bottom - top + 1};
}

}  // namespace

void save_gif(const std::filesystem::path& path, const std::vector<Picture>& frames,
              const std::vector<int>& delays_ms, bool loop) {
  if (frames.empty() || delays_ms.size() != frames.size())
    throw std::logic_error("save_gif: one delay per frame and a frame at least");
  const int width = frames[0].width, height = frames[0].height;
  for (const Picture& frame : frames)
    if (frame.width != width || frame.height != height || (frame.channels != 1 && frame.channels != 3) ||
        frame.pixels.size() != std::size_t(width) * height * frame.channels)
      throw std::logic_error("save_gif: frames of one size, grey or RGB");
  if (width < 1 || height < 1 || width > 65535 || height > 65535)
    throw Error(
        fmt::format("{}: a GIF of {}×{} pixels; 1 to 65535 a side are accepted", path.string(), width, height));
  AtomicFile file(path);

  const Palette palette = palette_of(frames);
  int entries = 2;  // GIF tables are powers of two
  while (entries < static_cast<int>(palette.colours.size())) entries *= 2;
  std::vector<GifColorType> table(entries, GifColorType{0, 0, 0});
  for (std::size_t i = 0; i < palette.colours.size(); ++i)
    table[i] = {palette.colours[i][0], palette.colours[i][1], palette.colours[i][2]};
  const std::unique_ptr<ColorMapObject, void (*)(ColorMapObject*)> map(GifMakeMapObject(entries, table.data()),
                                                                       &GifFreeMapObject);

  std::string encoded;
  const auto append = [](GifFileType* gif, const GifByteType* data, int size) {
    static_cast<std::string*>(gif->UserData)->append(reinterpret_cast<const char*>(data), std::size_t(size));
    return size;
  };
  int error = 0;
  const auto close = [](GifFileType* gif) {
    int ignored;
    EGifCloseFile(gif, &ignored);
  };
  std::unique_ptr<GifFileType, decltype(close)> gif(EGifOpen(&encoded, append, &error), close);
  const auto check = [&](int status) {
    if (status != GIF_OK)
      throw Error(fmt::format("{}: the GIF could not be encoded: {}", path.string(), GifErrorString(gif->Error)));
  };
  if (!gif || !map) throw Error(fmt::format("{}: the GIF could not be encoded: out of memory", path.string()));
  EGifSetGifVersion(gif.get(), true);
  check(EGifPutScreenDesc(gif.get(), width, height, 8, 0, map.get()));
  if (loop && frames.size() > 1) {
    const std::uint8_t forever[] = {1, 0, 0};
    check(EGifPutExtensionLeader(gif.get(), APPLICATION_EXT_FUNC_CODE));
    check(EGifPutExtensionBlock(gif.get(), 11, "NETSCAPE2.0"));
    check(EGifPutExtensionBlock(gif.get(), 3, forever));
    check(EGifPutExtensionTrailer(gif.get()));
  }

  std::vector<GifByteType> before, current(std::size_t(width) * height);
  long long time_ms = 0, written_cs = 0;
  for (std::size_t f = 0; f < frames.size(); ++f) {
    std::uint32_t last = 0xffffffff;
    GifByteType entry = 0;
    for (std::size_t i = 0; i < current.size(); ++i) {
      const std::uint32_t colour = packed(colour_at(frames[f], i));
      if (colour != last) last = colour, entry = palette.entry_of.at(colour);
      current[i] = entry;
    }
    const Rectangle part = f == 0 ? Rectangle{0, 0, width, height} : changed(before, current, width, height);
    time_ms += std::max(0, delays_ms[f]);
    const long long delay = std::clamp((time_ms + 5) / 10 - written_cs, 0LL, 65535LL);
    written_cs += delay;
    GraphicsControlBlock control = {DISPOSE_DO_NOT, false, static_cast<int>(delay), NO_TRANSPARENT_COLOR};
    GifByteType extension[4];
    EGifGCBToExtension(&control, extension);
    check(EGifPutExtension(gif.get(), GRAPHICS_EXT_FUNC_CODE, 4, extension));
    check(EGifPutImageDesc(gif.get(), part.left, part.top, part.width, part.height, false, nullptr));
    for (int row = 0; row < part.height; ++row)
      check(EGifPutLine(gif.get(), &current[std::size_t(part.top + row) * width + part.left], part.width));
    before = current;
  }
  if (EGifCloseFile(gif.release(), &error) != GIF_OK)
    throw Error(fmt::format("{}: the GIF could not be encoded: {}", path.string(), GifErrorString(error)));
  file.write(encoded);
  file.commit();
}

}  // namespace unveil
