// The first page of a TIFF, by libtiff: 1 to 16 bits a channel, every compression it knows. Orientation is applied.
#include <fmt/format.h>
#include <tiffio.h>

#include <algorithm>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <memory>

#include "engine/data/decode/decoder.h"

namespace unveil::decode {
namespace {

// What libtiff may take at once: the strip or tile of a picture of kMostPixels, four bytes each.
constexpr tmsize_t kMostMemory = tmsize_t{4} * kMostPixels;

struct Source {
  Bytes file;
  std::uint64_t at = 0;
  std::string reason;  // the first complaint
};

tmsize_t read(thandle_t handle, void* out, tmsize_t size) {
  Source& source = *static_cast<Source*>(handle);
  if (size < 0 || source.at >= source.file.size()) return 0;
  const std::uint64_t wanted =
      std::min<std::uint64_t>(static_cast<std::uint64_t>(size), source.file.size() - source.at);
  std::memcpy(out, source.file.data() + source.at, wanted);
  source.at += wanted;
  return static_cast<tmsize_t>(wanted);
}

tmsize_t refuse_write(thandle_t, void*, tmsize_t) {
  return 0;
}

toff_t seek(thandle_t handle, toff_t offset, int whence) {
  Source& source = *static_cast<Source*>(handle);
  source.at = offset + (whence == SEEK_CUR ? source.at : whence == SEEK_END ? source.file.size() : 0);
  return source.at;
}

int leave_open(thandle_t) {
  return 0;
}
toff_t size_of(thandle_t handle) {
  return static_cast<Source*>(handle)->file.size();
}

int note(TIFF*, void* user, const char*, const char* format, va_list arguments) {
  Source& source = *static_cast<Source*>(user);
  char text[200];
  std::vsnprintf(text, sizeof(text), format, arguments);
  if (source.reason.empty()) source.reason = text;
  return 1;
}

int ignore(TIFF*, void*, const char*, const char*, va_list) {
  return 1;
}

using OpenTiff = std::unique_ptr<TIFF, void (*)(TIFF*)>;

[[noreturn]] void refuse_for(const Source& source) {
  refuse("TIFF", source.reason.empty() ? "unknown" : source.reason);
}

OpenTiff open(Source& source) {
  const std::unique_ptr<TIFFOpenOptions, void (*)(TIFFOpenOptions*)> options(TIFFOpenOptionsAlloc(),
                                                                             &TIFFOpenOptionsFree);
  if (!options) throw Error("the TIFF cannot be read: out of memory");
  TIFFOpenOptionsSetMaxSingleMemAlloc(options.get(), kMostMemory);
  TIFFOpenOptionsSetErrorHandlerExtR(options.get(), &note, &source);
  TIFFOpenOptionsSetWarningHandlerExtR(options.get(), &ignore, nullptr);
  return OpenTiff(TIFFClientOpenExt("", "rm", &source, &read, &refuse_write, &seek, &leave_open, &size_of, nullptr,
                                    nullptr, options.get()),
                  &TIFFClose);
}

// Where the directory or a strip lies beyond the end of the file, that is what is wrong with it.
void check_directory(Bytes file) {
  const bool little = starts_with(file, "II");
  const auto number = [&](std::uint64_t at, int bytes) -> std::uint64_t {
    if (at > file.size() || static_cast<std::uint64_t>(bytes) > file.size() - at) refuse_truncated("TIFF", file);
    const std::uint8_t* b = data_of(file) + at;
    if (bytes <= 4) return little ? little_endian(b, bytes) : big_endian(b, bytes);
    const std::uint64_t first = little ? little_endian(b, 4) : big_endian(b, 4);
    const std::uint64_t second = little ? little_endian(b + 4, 4) : big_endian(b + 4, 4);
    return little ? first | second << 32 : first << 32 | second;
  };
  const bool big = number(2, 2) == 43;
  const std::uint64_t directory = big ? number(8, 8) : number(4, 4), entries = number(directory, big ? 8 : 2);
  if (entries > file.size()) refuse_truncated("TIFF", file);
  if (entries > 0) number(directory + (big ? 8 + 20 * entries - 8 : 2 + 12 * entries - 4), 4);
}

void check_strips(TIFF* tiff, Bytes file) {
  const std::uint32_t count = TIFFIsTiled(tiff) ? TIFFNumberOfTiles(tiff) : TIFFNumberOfStrips(tiff);
  for (std::uint32_t i = 0; i < count; ++i) {
    int no_offset = 0, no_size = 0;
    const std::uint64_t at = TIFFGetStrileOffsetWithErr(tiff, i, &no_offset);
    const std::uint64_t bytes = TIFFGetStrileByteCountWithErr(tiff, i, &no_size);
    if (no_offset || no_size || at > file.size() || bytes > file.size() - at) refuse_truncated("TIFF", file);
  }
}

Picture decode(Bytes file) {
  Source source{file, 0, {}};
  check_directory(file);
  const OpenTiff tiff = open(source);
  if (!tiff) refuse_for(source);
  std::uint32_t width = 0, height = 0;
  std::uint16_t orientation = ORIENTATION_TOPLEFT;
  if (!TIFFGetField(tiff.get(), TIFFTAG_IMAGEWIDTH, &width) ||
      !TIFFGetField(tiff.get(), TIFFTAG_IMAGELENGTH, &height))
    refuse("TIFF", "it does not say its size");
  TIFFGetFieldDefaulted(tiff.get(), TIFFTAG_ORIENTATION, &orientation);
  check_size("TIFF", width, height, file);
  check_strips(tiff.get(), file);

  char reason[1024] = "";
  TIFFRGBAImage image = {};
  if (!TIFFRGBAImageOK(tiff.get(), reason) || !TIFFRGBAImageBegin(&image, tiff.get(), 1, reason))
    refuse("TIFF", reason);
  const std::unique_ptr<TIFFRGBAImage, void (*)(TIFFRGBAImage*)> end(&image, &TIFFRGBAImageEnd);
  image.req_orientation = image.orientation;  // as stored: upright() turns, which libtiff does not
  const bool alpha = image.alpha != 0;
  std::vector<std::uint32_t> raster(std::size_t{width} * height);
  if (!TIFFRGBAImageGet(&image, raster.data(), width, height)) refuse_for(source);

  // Colours come multiplied by alpha, greys do not: over white, the rest is white.
  const bool multiplied = image.samplesperpixel != 2 || image.alpha == EXTRASAMPLE_ASSOCALPHA;
  Picture picture{static_cast<int>(width), static_cast<int>(height), 3, {}};
  picture.pixels.reserve(raster.size() * 3);
  for (const std::uint32_t p : raster) {
    const std::uint32_t opacity = alpha ? TIFFGetA(p) : 255;
    for (const std::uint32_t value : {TIFFGetR(p), TIFFGetG(p), TIFFGetB(p)}) {
      const std::uint32_t light = multiplied ? value : (value * opacity + 127) / 255;
      picture.pixels.push_back(static_cast<std::uint8_t>(std::min<std::uint32_t>(light + 255 - opacity, 255)));
    }
  }
  return upright(without_needless_colour(std::move(picture)), orientation);
}

bool recognises(Bytes head) {
  constexpr std::string_view kMagics[] = {{"II*\0", 4}, {"MM\0*", 4}, {"II+\0", 4}, {"MM\0+", 4}};
  return std::ranges::any_of(kMagics, [&](std::string_view magic) { return starts_with(head, magic); });
}

}  // namespace

const PictureDecoder& tiff_decoder() {
  static const PictureDecoder decoder = {"TIFF", &recognises, &decode};
  return decoder;
}

}  // namespace unveil::decode
