#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "engine/data/picture.h"
#include "engine/error.h"

namespace unveil::decode {

// A file's content, or its beginning.
using Bytes = std::span<const std::byte>;

// One format of pictures; engine/data/decode/<name>.cpp has each. Chosen by content, never by name.
struct PictureDecoder {
  const char* name;                // "PNG"
  bool (*recognises)(Bytes head);  // by the first kHead bytes at most
  // The first picture of the file, upright. Throws Error "the PNG is truncated …", which names the format and leaves
  // the file's name to the caller. Every pixel that it returns was in the file.
  Picture (*decode)(Bytes file);
};
inline constexpr std::size_t kHead = 32;

const PictureDecoder& png_decoder();
const PictureDecoder& jpeg_decoder();
const PictureDecoder& webp_decoder();
const PictureDecoder& tiff_decoder();
const PictureDecoder& gif_decoder();
const PictureDecoder& bmp_decoder();
const PictureDecoder& pnm_decoder();

// What the decoders share.
inline const std::uint8_t* data_of(Bytes bytes) {
  return reinterpret_cast<const std::uint8_t*>(bytes.data());
}
bool starts_with(Bytes bytes, std::string_view magic);
std::uint32_t big_endian(const std::uint8_t* b, int bytes);     // of 1 to 4 bytes
std::uint32_t little_endian(const std::uint8_t* b, int bytes);  // of 1 to 4 bytes
[[noreturn]] void refuse_truncated(const char* format, Bytes file);
[[noreturn]] void refuse(const char* format,
                         const std::string& why);  // "the PNG is damaged or of a kind not read: …"

// Throws Error for a size that no picture here may have, before anything is allocated for it: no side of 0, at most
// kMostPixels, and above 2^24 pixels no more than 8,500 of them a byte of the file, which only a header that lies
// claims (deflate at its limit packs that many).
void check_size(const char* format, std::uint64_t width, std::uint64_t height, Bytes file);

// EXIF's Orientation, 1 to 8, of a TIFF structure ("II*\0…", with or without "Exif\0\0" before it); 1 where it has
// none or is damaged.
int exif_orientation(Bytes exif);
// Stored so, this is how it stands: 1 as it is, 3 upside down, 6 turned to the right, 8 to the left; 2, 4, 5 and 7
// mirrored.
Picture upright(Picture stored, int orientation);
// A picture whose colours are all grey loses the two channels that say nothing.
Picture without_needless_colour(Picture picture);

}  // namespace unveil::decode
