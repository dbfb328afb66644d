#pragma once
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

namespace unveil {

// 8 bit, rows from the top; channels: 1 grey, 2 grey and alpha, 3 RGB, 4 RGBA.
struct Picture {
  int width = 0, height = 0, channels = 1;
  std::vector<std::uint8_t> pixels;  // [height, width, channels]
};

inline constexpr const char* kPictureFormats = "PNG, JPEG, WebP, TIFF, GIF, BMP, PGM, PPM and PBM";

// What a picture may have at most, and a decoder needs up to 20 bytes of memory for each.
inline constexpr std::uint64_t kMostPixels = std::uint64_t{1} << 27;

// Whether the first bytes are those of one of kPictureFormats.
bool is_picture_file(const std::filesystem::path& path);

// The picture in a file's bytes, by its content, the first page or frame of several: 8 bits a channel, standing as
// EXIF's orientation says. Throws Error, which names the format, when they are none, truncated, damaged, or above
// kMostPixels.
Picture decode_picture(std::span<const std::byte> file);
// The same of a file of up to 2^30 bytes; its Errors begin with the path.
Picture load_picture(const std::filesystem::path& path);

// Rec. 601 luma, over white where there is alpha, 0 to 1: [height, width].
std::vector<float> to_grey(const Picture& picture);
// The same in 8 bit, rounded: what fit_grey makes of a picture that fits already.
std::vector<std::uint8_t> grey_bytes(const Picture& picture);

// Whether what can be seen of it has no colour, however many channels it is stored in.
bool is_grey(const Picture& picture);

// Rec. 601 luma, over white where there is alpha; centre crop to a square, then area average to size × size: [size,
// size]. A picture smaller than size is enlarged by the same integral, which repeats pixels. Linear in the stored
// values.
std::vector<std::uint8_t> fit_grey(const Picture& picture, int size);
// Likewise each of red, green and blue: [size, size, 3].
std::vector<std::uint8_t> fit_colour(const Picture& picture, int size);

// These write through AtomicFile and throw its Errors.
void save_png(const std::filesystem::path& path, const Picture& picture);

// An animation. frames: same size, channels 1 or 3; delays_ms: one per frame (GIF counts in 10 ms, rounding is
// carried along; viewers slow anything below 20 ms). loop: repeat for ever. Grey frames get their exact grey levels;
// others their exact colours up to 256, and a median cut (Heckbert 1982) beyond.
void save_gif(const std::filesystem::path& path, const std::vector<Picture>& frames,
              const std::vector<int>& delays_ms, bool loop = true);

}  // namespace unveil
