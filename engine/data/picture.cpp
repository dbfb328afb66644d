#include "engine/data/picture.h"

#include <fmt/format.h>
#include <stb/stb_image.h>
#include <stb/stb_image_write.h>
#include <zlib.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>

#include "engine/data/atomic_file.h"
#include "engine/error.h"

namespace unveil {
namespace {

namespace fs = std::filesystem;
using Bytes = std::vector<std::uint8_t>;

constexpr std::uint64_t kMostPixels = std::uint64_t{1} << 27;
constexpr const char* kAccepted = "PNG, JPEG, BMP, GIF, PGM and PPM are accepted";
constexpr std::string_view kPngMagic = "\x89PNG\r\n\x1a\n";

bool starts_with(const Bytes& bytes, std::string_view magic) {
  return bytes.size() >= magic.size() && std::memcmp(bytes.data(), magic.data(), magic.size()) == 0;
}

bool is_picture(const Bytes& bytes) {
  if (starts_with(bytes, kPngMagic) || starts_with(bytes, "\xff\xd8\xff") || starts_with(bytes, "GIF87a") ||
      starts_with(bytes, "GIF89a"))
    return true;
  if (bytes.size() >= 26 && starts_with(bytes, "BM"))
    return bytes[6] == 0 && bytes[7] == 0 && bytes[8] == 0 && bytes[9] == 0;
  return bytes.size() >= 3 && bytes[0] == 'P' && (bytes[1] == '5' || bytes[1] == '6') && std::isspace(bytes[2]);
}

Bytes read_bytes(const fs::path& path, std::uint64_t most) {
  std::error_code error;
  if (!fs::is_regular_file(path, error)) throw Error(fmt::format("{}: not a readable file", path.string()));
  const std::uint64_t size = fs::file_size(path, error);
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rb"), &std::fclose);
  if (error || !file) throw Error(fmt::format("{}: cannot be opened for reading", path.string()));
  Bytes bytes(std::min(size, most));
  bytes.resize(std::fread(bytes.data(), 1, bytes.size(), file.get()));
  if (std::ferror(file.get())) throw Error(fmt::format("{}: cannot be read", path.string()));
  return bytes;
}

std::uint32_t big_endian(const std::uint8_t* b) {
  return std::uint32_t{b[0]} << 24 | b[1] << 16 | b[2] << 8 | b[3];
}

// stb_image checks neither the checksums of a PNG nor that it ends; a damaged one would pass with wrong pixels.
void check_png(const std::string& name, const Bytes& bytes) {
  std::size_t at = kPngMagic.size();
  while (true) {
    if (bytes.size() - at < 12)
      throw Error(fmt::format("{}: the PNG is truncated after {} bytes", name, bytes.size()));
    const std::uint64_t length = big_endian(&bytes[at]);
    if (length > bytes.size() - at - 12)
      throw Error(fmt::format("{}: the PNG is truncated after {} bytes", name, bytes.size()));
    const std::uint8_t* type = &bytes[at + 4];
    if (crc32(0, type, static_cast<uInt>(length + 4)) != big_endian(type + 4 + length))
      throw Error(fmt::format("{}: the PNG is corrupt: wrong checksum of the chunk at byte {}", name, at));
    if (std::memcmp(type, "IEND", 4) == 0) return;
    at += length + 12;
  }
}

// A truncated JPEG decodes to grey mud below the cut; only its end marker tells.
void check_jpeg(const std::string& name, const Bytes& bytes) {
  for (std::size_t i = bytes.size(); i-- > 3;)
    if (bytes[i] == 0xd9 && bytes[i - 1] == 0xff) return;
  throw Error(fmt::format("{}: the JPEG is truncated after {} bytes: no end marker", name, bytes.size()));
}

// 0 to 255.
float luma(const Picture& picture, int row, int column) {
  const std::uint8_t* p = &picture.pixels[(std::size_t(row) * picture.width + column) * picture.channels];
  const float value = picture.channels < 3 ? p[0] : .299f * p[0] + .587f * p[1] + .114f * p[2];
  if (picture.channels % 2) return value;
  const float alpha = p[picture.channels - 1] / 255.0f;
  return value * alpha + 255 * (1 - alpha);
}

}  // namespace

bool is_picture_file(const fs::path& path) {
  try {
    return is_picture(read_bytes(path, 32));
  } catch (const Error&) {
    return false;
  }
}

Picture load_picture(const fs::path& path) {
  const std::string name = path.string();
  const Bytes bytes = read_bytes(path, std::uint64_t{1} << 30);
  if (!is_picture(bytes)) throw Error(fmt::format("{}: not a picture; {}", name, kAccepted));
  if (starts_with(bytes, kPngMagic)) check_png(name, bytes);
  if (starts_with(bytes, "\xff\xd8\xff")) check_jpeg(name, bytes);
  Picture picture;
  const int size = static_cast<int>(bytes.size());
  const auto refuse = [&] {
    const char* reason = stbi_failure_reason();
    return Error(fmt::format("{}: the picture is corrupt or of a kind not read ({}); {}", name,
                             reason ? reason : "unknown", kAccepted));
  };
  if (!stbi_info_from_memory(bytes.data(), size, &picture.width, &picture.height, &picture.channels)) throw refuse();
  const std::uint64_t pixels = std::uint64_t(picture.width) * picture.height;
  if (picture.width < 1 || picture.height < 1 || pixels > kMostPixels)
    throw Error(
        fmt::format("{}: {}×{} pixels; 1 to {} are accepted", name, picture.width, picture.height, kMostPixels));
  // No format here packs more than about 8,000 pixels into a byte (1-bit PNG at deflate's limit); a header that
  // claims more lies.
  if (pixels / 8500 > bytes.size())
    throw Error(fmt::format("{}: corrupt: the header says {}×{} pixels, the file has {} bytes", name, picture.width,
                            picture.height, bytes.size()));
  const std::unique_ptr<stbi_uc, void (*)(void*)> decoded(
      stbi_load_from_memory(bytes.data(), size, &picture.width, &picture.height, &picture.channels, 0),
      &stbi_image_free);
  if (!decoded) throw refuse();
  picture.pixels.assign(decoded.get(),
                        decoded.get() + std::size_t(picture.width) * picture.height * picture.channels);
  return picture;
}

std::vector<float> to_grey(const Picture& picture) {
  std::vector<float> grey;
  grey.reserve(std::size_t(picture.width) * picture.height);
  for (int row = 0; row < picture.height; ++row)
    for (int column = 0; column < picture.width; ++column) grey.push_back(luma(picture, row, column) / 255.0f);
  return grey;
}

std::vector<std::uint8_t> fit_grey(const Picture& picture, int size) {
  const int side = std::min(picture.width, picture.height);
  const int left = (picture.width - side) / 2, top = (picture.height - side) / 2;
  const auto grey = [&](int row, int column) { return luma(picture, row, column); };
  // Separable: weights[o] of the source pixels that output o covers, in both directions alike.
  struct Tap {
    int first;
    std::vector<float> weights;
  };
  std::vector<Tap> taps(size);
  for (int o = 0; o < size; ++o) {
    const double from = double(o) * side / size, to = double(o + 1) * side / size;
    taps[o].first = static_cast<int>(from);
    for (int i = taps[o].first; i < side && i < to - 1e-9; ++i)
      taps[o].weights.push_back(
          static_cast<float>((std::min<double>(i + 1, to) - std::max<double>(i, from)) / (to - from)));
  }
  std::vector<float> rows(std::size_t(side) * size);
  std::vector<float> line(side);
  for (int row = 0; row < side; ++row) {
    for (int column = 0; column < side; ++column) line[column] = grey(top + row, left + column);
    for (int o = 0; o < size; ++o) {
      float sum = 0;
      for (std::size_t i = 0; i < taps[o].weights.size(); ++i) sum += taps[o].weights[i] * line[taps[o].first + i];
      rows[std::size_t(row) * size + o] = sum;
    }
  }
  std::vector<std::uint8_t> out(std::size_t(size) * size);
  for (int o = 0; o < size; ++o)
    for (int column = 0; column < size; ++column) {
      float sum = 0;
      for (std::size_t i = 0; i < taps[o].weights.size(); ++i)
        sum += taps[o].weights[i] * rows[(taps[o].first + i) * std::size_t(size) + column];
      out[std::size_t(o) * size + column] = static_cast<std::uint8_t>(std::clamp(sum + .5f, 0.0f, 255.0f));
    }
  return out;
}

void save_png(const fs::path& path, const Picture& picture) {
  if (picture.width < 1 || picture.height < 1 || picture.channels < 1 || picture.channels > 4 ||
      picture.pixels.size() != std::size_t(picture.width) * picture.height * picture.channels)
    throw std::logic_error("save_png: a picture whose pixels do not match its size");
  AtomicFile file(path);
  // Encoded to memory first: an exception must not pass through stb's C frames.
  std::string encoded;
  const auto append = [](void* out, void* data, int size) {
    static_cast<std::string*>(out)->append(static_cast<char*>(data), std::size_t(size));
  };
  if (!stbi_write_png_to_func(append, &encoded, picture.width, picture.height, picture.channels,
                              picture.pixels.data(), picture.width * picture.channels))
    throw Error(
        fmt::format("{}: a PNG of {}×{} pixels could not be encoded", path.string(), picture.width, picture.height));
  file.write(encoded);
  file.commit();
}

}  // namespace unveil
