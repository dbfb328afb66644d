#include "engine/data/picture.h"

#include <fmt/format.h>
#include <stb/stb_image_write.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <span>
#include <string>

#include "engine/data/atomic_file.h"
#include "engine/data/decode/decoder.h"
#include "engine/data/what_is.h"
#include "engine/error.h"

namespace unveil {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMostBytes = std::uint64_t{1} << 30;

const decode::PictureDecoder* decoder_of(decode::Bytes file) {
  using namespace decode;
  const Bytes head = file.first(std::min(file.size(), kHead));
  for (const PictureDecoder* decoder : {&png_decoder(), &jpeg_decoder(), &webp_decoder(), &tiff_decoder(),
                                        &gif_decoder(), &bmp_decoder(), &pnm_decoder()})
    if (decoder->recognises(head)) return decoder;
  return nullptr;
}

decode::Bytes bytes_of(const std::vector<std::uint8_t>& bytes) {
  return std::as_bytes(std::span(bytes));
}

// At most `most` bytes from the beginning.
std::vector<std::uint8_t> read_bytes(const fs::path& path, std::uint64_t most) {
  std::error_code error;
  if (!fs::is_regular_file(path, error)) throw Error(fmt::format("{}: not a readable file", path.string()));
  const std::uint64_t size = fs::file_size(path, error);
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rb"), &std::fclose);
  if (error || !file) throw Error(fmt::format("{}: cannot be opened for reading", path.string()));
  std::vector<std::uint8_t> bytes(std::min(size, most));
  bytes.resize(std::fread(bytes.data(), 1, bytes.size(), file.get()));
  if (std::ferror(file.get())) throw Error(fmt::format("{}: cannot be read", path.string()));
  return bytes;
}

const std::uint8_t* pixel_of(const Picture& picture, int row, int column) {
  return &picture.pixels[(std::size_t(row) * picture.width + column) * picture.channels];
}

float over_white(const Picture& picture, const std::uint8_t* pixel, float value) {
  if (picture.channels % 2) return value;
  const float alpha = pixel[picture.channels - 1] / 255.0f;
  return value * alpha + 255 * (1 - alpha);
}

// 0 to 255.
float luma(const Picture& picture, int row, int column) {
  const std::uint8_t* p = pixel_of(picture, row, column);
  return over_white(picture, p, picture.channels < 3 ? p[0] : .299f * p[0] + .587f * p[1] + .114f * p[2]);
}

// As fit_grey of what value(row, column) says, 0 to 255, to every `step`th byte of `out`.
template <typename Value>
void fit(const Picture& picture, int size, const Value& value, std::uint8_t* out, std::size_t step) {
  const int side = std::min(picture.width, picture.height);
  const int left = (picture.width - side) / 2, top = (picture.height - side) / 2;
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
    for (int column = 0; column < side; ++column) line[column] = value(top + row, left + column);
    for (int o = 0; o < size; ++o) {
      float sum = 0;
      for (std::size_t i = 0; i < taps[o].weights.size(); ++i) sum += taps[o].weights[i] * line[taps[o].first + i];
      rows[std::size_t(row) * size + o] = sum;
    }
  }
  for (int o = 0; o < size; ++o)
    for (int column = 0; column < size; ++column) {
      float sum = 0;
      for (std::size_t i = 0; i < taps[o].weights.size(); ++i)
        sum += taps[o].weights[i] * rows[(taps[o].first + i) * std::size_t(size) + column];
      out[(std::size_t(o) * size + column) * step] = static_cast<std::uint8_t>(std::clamp(sum + .5f, 0.0f, 255.0f));
    }
}

}  // namespace

bool is_picture_file(const fs::path& path) {
  try {
    return decoder_of(bytes_of(read_bytes(path, decode::kHead)));
  } catch (const Error&) {
    return false;
  }
}

Picture decode_picture(std::span<const std::byte> file) {
  const decode::PictureDecoder* decoder = decoder_of(file);
  if (!decoder)
    throw Error(fmt::format("not a picture that is read but {}; {} are accepted",
                            what_is(file.first(std::min(file.size(), kWhatIsBytes)), file.size()).text,
                            kPictureFormats));
  return decoder->decode(file);
}

Picture load_picture(const fs::path& path) {
  const auto bytes = read_bytes(path, kMostBytes + 1);
  if (bytes.size() > kMostBytes)
    throw Error(fmt::format("{}: larger than the 2^30 bytes that a picture may have", path.string()));
  try {
    return decode_picture(bytes_of(bytes));
  } catch (const Error& error) {
    throw Error(fmt::format("{}: {}", path.string(), error.what()));
  }
}

std::vector<float> to_grey(const Picture& picture) {
  std::vector<float> grey;
  grey.reserve(std::size_t(picture.width) * picture.height);
  for (int row = 0; row < picture.height; ++row)
    for (int column = 0; column < picture.width; ++column) grey.push_back(luma(picture, row, column) / 255.0f);
  return grey;
}

std::vector<std::uint8_t> grey_bytes(const Picture& picture) {
  std::vector<std::uint8_t> grey;
  grey.reserve(std::size_t(picture.width) * picture.height);
  for (int row = 0; row < picture.height; ++row)
    for (int column = 0; column < picture.width; ++column)
      grey.push_back(static_cast<std::uint8_t>(std::min(luma(picture, row, column) + .5f, 255.0f)));
  return grey;
}

bool is_grey(const Picture& picture) {
  if (picture.channels < 3) return true;
  for (std::size_t i = 0; i < picture.pixels.size(); i += picture.channels) {
    const std::uint8_t* p = &picture.pixels[i];
    if ((p[0] != p[1] || p[1] != p[2]) && (picture.channels == 3 || p[3] > 0)) return false;
  }
  return true;
}

std::vector<std::uint8_t> fit_grey(const Picture& picture, int size) {
  if (picture.channels == 1 && picture.width == size && picture.height == size) return picture.pixels;
  std::vector<std::uint8_t> out(std::size_t(size) * size);
  fit(
      picture, size, [&](int row, int column) { return luma(picture, row, column); }, out.data(), 1);
  return out;
}

std::vector<std::uint8_t> fit_colour(const Picture& picture, int size) {
  std::vector<std::uint8_t> out(std::size_t(size) * size * 3);
  for (int c = 0; c < 3; ++c) {
    const auto value = [&](int row, int column) {
      const std::uint8_t* p = pixel_of(picture, row, column);
      return over_white(picture, p, p[picture.channels < 3 ? 0 : c]);
    };
    fit(picture, size, value, &out[c], 3);
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
