// BMP, of OS/2 and of Windows: 1 to 32 bits, with masks, run-length coded or not.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstdlib>

#include "engine/data/decode/decoder.h"

namespace unveil::decode {
namespace {

constexpr std::size_t kFileHeader = 14;
enum Compression : std::uint32_t { plain = 0, rle8 = 1, rle4 = 2, masks = 3, alpha_masks = 6 };
enum Header : std::uint32_t { core = 12, info = 40, with_masks = 52, with_alpha = 56 };

struct Bitmap {
  std::size_t width = 0, height = 0;
  bool top_down = false;
  int bits = 0;
  std::uint32_t compression = plain;
  std::size_t pixels = 0;  // where they begin in the file
  std::array<std::array<std::uint8_t, 3>, 256> palette = {};
  std::array<std::uint32_t, 4> mask = {};  // of red, green, blue, alpha
};

class Reader {
 public:
  explicit Reader(Bytes file) : file_(file) {}
  const std::uint8_t* at(std::size_t offset, std::size_t bytes) const {
    if (offset > file_.size() || bytes > file_.size() - offset) refuse_truncated("BMP", file_);
    return data_of(file_) + offset;
  }
  std::uint32_t number(std::size_t offset, int bytes) const {
    return little_endian(at(offset, static_cast<std::size_t>(bytes)), bytes);
  }

 private:
  Bytes file_;
};

void read_masks(const Reader& file, std::uint32_t header, Bitmap& map) {
  if (map.compression == plain) {
    if (map.bits == 16) map.mask = {0x7c00, 0x03e0, 0x001f, 0};
    if (map.bits == 32) map.mask = {0xff0000, 0x00ff00, 0x0000ff, 0};
    return;
  }
  const bool alpha = header >= with_alpha || (header == info && map.compression == alpha_masks);
  for (std::size_t i = 0; i < (alpha ? 4u : 3u); ++i) map.mask[i] = file.number(kFileHeader + info + 4 * i, 4);
  for (const std::uint32_t mask : map.mask)
    if (mask && std::popcount(mask) != 32 - std::countl_zero(mask) - std::countr_zero(mask))
      refuse("BMP", "a mask whose bits do not hang together");
}

void read_palette(const Reader& file, std::uint32_t header, std::uint32_t used, Bitmap& map) {
  std::size_t at = kFileHeader + header;
  if (header == info && map.compression == masks) at += 12;
  const std::size_t each = header == core ? 3 : 4;
  std::size_t count = std::size_t{1} << map.bits;
  if (used > 0) count = std::min<std::size_t>(count, used);
  if (map.pixels > at) count = std::min(count, (map.pixels - at) / each);
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint8_t* entry = file.at(at + i * each, 3);
    map.palette[i] = {entry[2], entry[1], entry[0]};
  }
}

Bitmap read_header(Bytes bytes) {
  const Reader file(bytes);
  Bitmap map;
  map.pixels = file.number(10, 4);
  const std::uint32_t header = file.number(kFileHeader, 4);
  if (header != core && (header < info || header > 1024)) refuse("BMP", fmt::format("a header of {} bytes", header));
  file.at(kFileHeader, header);
  std::uint32_t used = 0;
  std::int64_t width, height;
  if (header == core) {
    width = file.number(18, 2), height = file.number(20, 2);
    map.bits = static_cast<int>(file.number(24, 2));
  } else {
    width = static_cast<std::int32_t>(file.number(18, 4)), height = static_cast<std::int32_t>(file.number(22, 4));
    map.bits = static_cast<int>(file.number(28, 2));
    map.compression = file.number(30, 4);
    used = file.number(46, 4);
  }
  map.top_down = height < 0;
  if (width < 0) refuse("BMP", "a negative width");
  check_size("BMP", static_cast<std::uint64_t>(width), static_cast<std::uint64_t>(std::abs(height)), bytes);
  map.width = static_cast<std::size_t>(width), map.height = static_cast<std::size_t>(std::abs(height));

  constexpr int kBits[] = {1, 2, 4, 8, 16, 24, 32};
  const bool masked = map.compression == masks || map.compression == alpha_masks;
  const bool sound = std::ranges::find(kBits, map.bits) != std::end(kBits) &&
                     (map.compression == plain || (map.compression == rle8 && map.bits == 8) ||
                      (map.compression == rle4 && map.bits == 4) || (masked && (map.bits == 16 || map.bits == 32)));
  if (!sound) refuse("BMP", fmt::format("{} bits a pixel with compression {}", map.bits, map.compression));
  if (map.bits <= 8)
    read_palette(file, header, used, map);
  else if (map.bits != 24)
    read_masks(file, header, map);
  return map;
}

// The palette's entry of each pixel, row by row as stored; what the codes pass over stays 0.
std::vector<std::uint8_t> unpack_runs(Bytes bytes, const Bitmap& map) {
  const Reader file(bytes);
  const bool four = map.compression == rle4;
  std::vector<std::uint8_t> entries(map.width * map.height);
  std::size_t at = map.pixels, x = 0, y = 0;
  const auto put = [&](std::uint8_t entry) {
    if (x < map.width && y < map.height) entries[y * map.width + x] = entry;
    ++x;
  };
  while (true) {
    const std::uint8_t count = *file.at(at, 2), value = file.at(at, 2)[1];
    at += 2;
    if (count > 0) {
      for (int i = 0; i < count; ++i) put(four ? static_cast<std::uint8_t>(i % 2 ? value & 15 : value >> 4) : value);
    } else if (value == 0) {
      x = 0, ++y;
    } else if (value == 1) {
      return entries;
    } else if (value == 2) {
      x += *file.at(at, 2), y += file.at(at, 2)[1];
      at += 2;
    } else {
      const std::size_t size = four ? (std::size_t{value} + 1) / 2 : value;
      const std::uint8_t* literal = file.at(at, size);
      for (int i = 0; i < value; ++i)
        put(four ? static_cast<std::uint8_t>(i % 2 ? literal[i / 2] & 15 : literal[i / 2] >> 4) : literal[i]);
      at += size + size % 2;
    }
  }
}

std::uint8_t channel(std::uint32_t pixel, std::uint32_t mask) {
  if (mask == 0) return 0;
  const std::uint64_t most = mask >> std::countr_zero(mask), value = (pixel & mask) >> std::countr_zero(mask);
  return static_cast<std::uint8_t>((value * 255 + most / 2) / most);
}

Picture decode(Bytes bytes) {
  const Bitmap map = read_header(bytes);
  const bool runs = map.compression == rle8 || map.compression == rle4;
  const auto bits = static_cast<std::size_t>(map.bits);
  const std::size_t stride = (map.width * bits + 31) / 32 * 4;
  // The last row may lack its padding.
  if (!runs) Reader(bytes).at(map.pixels, stride * (map.height - 1) + (map.width * bits + 7) / 8);
  const auto entries = runs ? unpack_runs(bytes, map) : std::vector<std::uint8_t>();
  const std::uint8_t* stored = runs ? nullptr : data_of(bytes) + map.pixels;

  const bool alpha = map.mask[3] != 0;
  Picture picture{static_cast<int>(map.width), static_cast<int>(map.height), alpha ? 4 : 3, {}};
  picture.pixels.reserve(map.width * map.height * static_cast<std::size_t>(picture.channels));
  bool opaque = false;
  for (std::size_t row = 0; row < map.height; ++row) {
    const std::size_t y = map.top_down ? row : map.height - 1 - row;
    for (std::size_t x = 0; x < map.width; ++x) {
      if (map.bits <= 8) {
        const std::size_t first = x * bits;
        const std::size_t entry =
            runs ? entries[y * map.width + x]
                 : stored[y * stride + first / 8] >> (8 - bits - first % 8) & ((std::size_t{1} << bits) - 1);
        picture.pixels.insert(picture.pixels.end(), map.palette[entry].begin(), map.palette[entry].end());
      } else if (map.bits == 24) {
        const std::uint8_t* p = stored + y * stride + 3 * x;
        picture.pixels.insert(picture.pixels.end(), {p[2], p[1], p[0]});
      } else {
        const std::uint32_t p = little_endian(stored + y * stride + x * bits / 8, map.bits / 8);
        for (std::size_t k = 0; k < 3; ++k) picture.pixels.push_back(channel(p, map.mask[k]));
        if (alpha) picture.pixels.push_back(channel(p, map.mask[3])), opaque |= picture.pixels.back() > 0;
      }
    }
  }
  // Writers that know of no alpha leave it 0 everywhere.
  if (alpha && !opaque)
    for (std::size_t i = 3; i < picture.pixels.size(); i += 4) picture.pixels[i] = 255;
  return without_needless_colour(std::move(picture));
}

bool recognises(Bytes head) {
  return head.size() >= 26 && starts_with(head, "BM") && big_endian(data_of(head) + 6, 4) == 0;
}

}  // namespace

const PictureDecoder& bmp_decoder() {
  static const PictureDecoder decoder = {"BMP", &recognises, &decode};
  return decoder;
}

}  // namespace unveil::decode
