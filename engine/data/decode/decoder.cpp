#include "engine/data/decode/decoder.h"

#include <fmt/format.h>

#include <cstring>

namespace unveil::decode {

bool starts_with(Bytes bytes, std::string_view magic) {
  return bytes.size() >= magic.size() && std::memcmp(bytes.data(), magic.data(), magic.size()) == 0;
}

std::uint32_t big_endian(const std::uint8_t* b, int bytes) {
  std::uint32_t value = 0;
  for (int i = 0; i < bytes; ++i) value = value << 8 | b[i];
  return value;
}

std::uint32_t little_endian(const std::uint8_t* b, int bytes) {
  std::uint32_t value = 0;
  for (int i = bytes; i-- > 0;) value = value << 8 | b[i];
  return value;
}

void refuse_truncated(const char* format, Bytes file) {
  throw Error(fmt::format("the {} is truncated after {} bytes", format, file.size()));
}

void refuse(const char* format, const std::string& why) {
  throw Error(fmt::format("the {} is damaged or of a kind not read: {}", format, why));
}

void check_size(const char* format, std::uint64_t width, std::uint64_t height, Bytes file) {
  constexpr std::uint64_t kUnquestioned = std::uint64_t{1} << 24, kPixelsPerByte = 8500;
  if (width < 1 || height < 1 || width > kMostPixels || height > kMostPixels || width * height > kMostPixels)
    throw Error(fmt::format("the {} is of {}×{} pixels; 1 to {} are accepted", format, width, height, kMostPixels));
  if (width * height > kUnquestioned && width * height / kPixelsPerByte > file.size())
    throw Error(fmt::format("the {} is corrupt: its header says {}×{} pixels, the file has {} bytes", format, width,
                            height, file.size()));
}

int exif_orientation(Bytes exif) {
  if (starts_with(exif, std::string_view("Exif\0\0", 6))) exif = exif.subspan(6);
  const bool little = starts_with(exif, std::string_view("II*\0", 4));
  if (!little && !starts_with(exif, std::string_view("MM\0*", 4))) return 1;
  const auto number = [&](std::size_t at, int bytes) -> std::uint32_t {
    if (at + static_cast<std::size_t>(bytes) > exif.size()) return 0;
    return little ? little_endian(data_of(exif) + at, bytes) : big_endian(data_of(exif) + at, bytes);
  };
  constexpr std::uint32_t kOrientation = 0x0112, kShort = 3;
  const std::size_t directory = number(4, 4);
  const std::uint32_t entries = number(directory, 2);
  for (std::uint32_t i = 0; i < entries; ++i) {
    const std::size_t entry = directory + 2 + std::size_t{12} * i;
    if (number(entry, 2) != kOrientation || number(entry + 2, 2) != kShort) continue;
    const std::uint32_t value = number(entry + 8, 2);
    return value >= 1 && value <= 8 ? static_cast<int>(value) : 1;
  }
  return 1;
}

Picture upright(Picture stored, int orientation) {
  if (orientation <= 1 || orientation > 8) return stored;
  const int w = stored.width, h = stored.height;
  const bool lying = orientation >= 5;
  Picture turned{lying ? h : w, lying ? w : h, stored.channels, {}};
  turned.pixels.resize(stored.pixels.size());
  const auto channels = static_cast<std::size_t>(stored.channels);
  std::uint8_t* out = turned.pixels.data();
  for (int y = 0; y < turned.height; ++y)
    for (int x = 0; x < turned.width; ++x, out += channels) {
      int column = lying ? y : x, row = lying ? x : y;
      if (orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8) column = w - 1 - column;
      if (orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7) row = h - 1 - row;
      std::memcpy(out, &stored.pixels[(static_cast<std::size_t>(row) * w + column) * channels], channels);
    }
  return turned;
}

Picture without_needless_colour(Picture picture) {
  if (picture.channels < 3) return picture;
  const auto from = static_cast<std::size_t>(picture.channels), to = from - 2;
  const std::size_t pixels = picture.pixels.size() / from;
  std::uint8_t* p = picture.pixels.data();
  for (std::size_t i = 0; i < pixels; ++i)
    if (p[i * from] != p[i * from + 1] || p[i * from] != p[i * from + 2]) return picture;
  for (std::size_t i = 0; i < pixels; ++i) {
    p[i * to] = p[i * from];
    if (to == 2) p[i * to + 1] = p[i * from + 3];
  }
  picture.channels = static_cast<int>(to);
  picture.pixels.resize(pixels * to);
  return picture;
}

}  // namespace unveil::decode
