#include "engine/data/decode/decoder.h"

#include <stb/stb_image_write.h>
#include <tiffio.h>
#include <webp/encode.h>

#include <algorithm>

#include "engine/data/picture.h"
#include "tests/catch.h"
#include "tests/data/files.h"

namespace unveil {
namespace {

using Pixels = std::vector<std::uint8_t>;

Picture decoded(const std::string& bytes) {
  return decode_picture(std::as_bytes(std::span(bytes)));
}
std::string refusal(const std::string& bytes) {
  return error_of([&] { decoded(bytes); });
}

std::string little(std::uint32_t value, int bytes) {
  std::string text;
  for (int i = 0; i < bytes; ++i) text += static_cast<char>(value >> (8 * i));
  return text;
}

// Nothing repeats in it, so that no part can be left out by packing.
Picture noise(int width, int height, int channels) {
  Picture picture{width, height, channels, Pixels(std::size_t(width) * height * channels)};
  std::uint32_t state = 7;
  for (auto& pixel : picture.pixels) pixel = static_cast<std::uint8_t>((state = state * 1664525 + 1013904223) >> 24);
  return picture;
}

std::string png_of(const Picture& picture) {
  const TestFolder folder;
  save_png(folder / "a.png", picture);
  return read_text(folder / "a.png");
}

std::string jpeg_of(const Picture& picture) {
  std::string bytes;
  stbi_write_jpg_to_func(
      [](void* out, void* data, int size) {
        static_cast<std::string*>(out)->append(static_cast<char*>(data), std::size_t(size));
      },
      &bytes, picture.width, picture.height, picture.channels, picture.pixels.data(), 95);
  return bytes;
}

std::string gif_of(const Picture& picture) {
  const TestFolder folder;
  save_gif(folder / "a.gif", {picture}, {100});
  return read_text(folder / "a.gif");
}

std::string webp_of(const Picture& rgba) {
  std::uint8_t* packed = nullptr;
  const std::size_t size =
      WebPEncodeLosslessRGBA(rgba.pixels.data(), rgba.width, rgba.height, 4 * rgba.width, &packed);
  const std::string bytes(reinterpret_cast<char*>(packed), size);
  WebPFree(packed);
  return bytes;
}

std::string tiff_of(const Picture& picture, int orientation, int compression) {
  const TestFolder folder;
  TIFF* tiff = TIFFOpen((folder / "a.tif").c_str(), "w");
  TIFFSetField(tiff, TIFFTAG_IMAGEWIDTH, picture.width);
  TIFFSetField(tiff, TIFFTAG_IMAGELENGTH, picture.height);
  TIFFSetField(tiff, TIFFTAG_BITSPERSAMPLE, 8);
  TIFFSetField(tiff, TIFFTAG_SAMPLESPERPIXEL, picture.channels);
  TIFFSetField(tiff, TIFFTAG_PHOTOMETRIC, picture.channels < 3 ? PHOTOMETRIC_MINISBLACK : PHOTOMETRIC_RGB);
  TIFFSetField(tiff, TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG);
  TIFFSetField(tiff, TIFFTAG_COMPRESSION, compression);
  TIFFSetField(tiff, TIFFTAG_ORIENTATION, orientation);
  const std::uint16_t unassociated = EXTRASAMPLE_UNASSALPHA;
  if (picture.channels % 2 == 0) TIFFSetField(tiff, TIFFTAG_EXTRASAMPLES, 1, &unassociated);
  for (int y = 0; y < picture.height; ++y)
    TIFFWriteScanline(tiff,
                      const_cast<std::uint8_t*>(&picture.pixels[std::size_t(y) * picture.width * picture.channels]),
                      static_cast<std::uint32_t>(y));
  TIFFClose(tiff);
  return read_text(folder / "a.tif");
}

// Bottom up, 24 bits.
std::string bmp_of(const Picture& rgb) {
  std::string rows;
  for (int y = rgb.height; y-- > 0;) {
    for (int x = 0; x < rgb.width; ++x)
      for (int k = 2; k >= 0; --k) rows += static_cast<char>(rgb.pixels[(std::size_t(y) * rgb.width + x) * 3 + k]);
    rows.resize((rows.size() + 3) / 4 * 4);
  }
  return "BM" + little(54 + rows.size(), 4) + little(0, 4) + little(54, 4) + little(40, 4) + little(rgb.width, 4) +
         little(rgb.height, 4) + little(1, 2) + little(24, 2) + std::string(24, '\0') + rows;
}

// A BMP of one pixel in a row of 4 bytes, or of whatever `rows` is.
std::string small_bmp(int width, int height, int bits, int compression, const std::string& palette,
                      const std::string& rows) {
  return "BM" + little(0, 4) + little(0, 4) + little(54 + palette.size(), 4) + little(40, 4) + little(width, 4) +
         little(height, 4) + little(1, 2) + little(bits, 2) + little(compression, 4) + std::string(20, '\0') +
         palette + rows;
}

std::string exif(int orientation) {
  return std::string("II*\0", 4) + little(8, 4) + little(1, 2) + little(0x0112, 2) + little(3, 2) + little(1, 4) +
         little(orientation, 4) + little(0, 4);
}

std::string with_exif(const std::string& jpeg, const std::string& block) {
  const std::string content = std::string("Exif\0\0", 6) + block;
  const auto size = static_cast<std::uint32_t>(content.size() + 2);
  return jpeg.substr(0, 2) + "\xff\xe1" + static_cast<char>(size >> 8) + static_cast<char>(size) + content +
         jpeg.substr(2);
}

}  // namespace

TEST_CASE("greys of any maxval come out as value times 255 over maxval", "[data][pictures]") {
  using namespace std::string_literals;
  CHECK(decoded("P5 3 1 255\n\x00\x40\xff"s).pixels == Pixels{0, 64, 255});
  CHECK(decoded("P5 3 1 15\n\x00\x04\x0f"s).pixels == Pixels{0, 68, 255});
  CHECK(decoded("P5 3 1 100\n\x00\x32\x64"s).pixels == Pixels{0, 128, 255});
  CHECK(decoded("P5 2 1 1\n\x00\x01"s).pixels == Pixels{0, 255});
  CHECK(decoded("P5 3 1 4095\n\x00\x00\x08\x00\x0f\xff"s).pixels == Pixels{0, 128, 255});
  // As the 16-bit PNG of the same picture: its upper byte, for bytes that differ.
  CHECK(decoded("P5 4 1 65535\n\x00\xff\x12\x34\x80\x00\xff\xff"s).pixels == Pixels{0, 0x12, 0x80, 255});
  CHECK(decoded("P6 1 1 1023\n\x03\xff\x02\x00\x00\x00"s).pixels == Pixels{255, 128, 0});
}

TEST_CASE("PNM in digits and bits is read, with comments wherever they may stand", "[data][pictures]") {
  using namespace std::string_literals;
  CHECK(decoded("P2\n# by a scanner\n3 # wide\n1\n# largest\n15\n0 4\n15").pixels == Pixels{0, 68, 255});
  const Picture colours = decoded("P3 1 2 255 1 2 3\n4 5 6\n");
  CHECK(colours.channels == 3);
  CHECK(colours.height == 2);
  CHECK(colours.pixels == Pixels{1, 2, 3, 4, 5, 6});
  CHECK(decoded("P1 3 2\n1 0 1\n010").pixels == Pixels{0, 255, 0, 255, 0, 255});
  CHECK(decoded("P4 10 2\n\x80\x40\x7f\x80"s).pixels ==
        Pixels{0, 255, 255, 255, 255, 255, 255, 255, 255, 0, 255, 0, 0, 0, 0, 0, 0, 0, 0, 255});
  CHECK(decoded("P5 2 1 255\r\n\x05\x06"s).pixels == Pixels{5, 6});
  CHECK(decoded("P5 2 1 255\r\n\x06"s).pixels == Pixels{10, 6});  // a pixel that looks like the line's end
  CHECK_THAT(refusal("P5 2 1 0\n\x05\x06"s), Contains("largest value of 0"));
  CHECK_THAT(refusal("P5 2 1 100\n\x05\x65"s), Contains("101 above"));
  CHECK_THAT(refusal("P2 2 1 100\n5 x"s), Contains("no number"));
  CHECK_THAT(refusal("P5 is a name of mine"), Contains("not a picture"));
}

TEST_CASE("a picture cut anywhere is refused as truncated, whatever its format", "[data][pictures]") {
  const Picture grey = noise(40, 30, 1), rgb = noise(40, 30, 3), rgba = noise(40, 30, 4);
  const std::string greys(grey.pixels.begin(), grey.pixels.end()), colours(rgb.pixels.begin(), rgb.pixels.end());
  std::string digits = "P2 40 30 255\n";
  for (const int v : grey.pixels) digits += std::to_string(v) + ' ';
  const std::pair<const char*, std::string> files[] = {
      {"PNG", png_of(rgb)},
      {"JPEG", jpeg_of(rgb)},
      {"JPEG", with_exif(jpeg_of(rgb), exif(6) + jpeg_of(noise(8, 8, 3)))},  // its thumbnail has an end marker
      {"GIF", gif_of(grey)},
      {"BMP", bmp_of(rgb)},
      {"WebP", webp_of(rgba)},
      {"TIFF", tiff_of(rgb, 1, COMPRESSION_NONE)},
      {"TIFF", tiff_of(grey, 1, COMPRESSION_LZW)},
      {"PNM", "P5 40 30 255\n" + greys},
      {"PNM", "P6 40 30 255\n" + colours},
      {"PNM", digits}};
  for (const auto& [format, whole] : files) {
    CAPTURE(format, whole.size());
    CHECK(decoded(whole).width == 40 - 10 * (whole.find("Exif") != std::string::npos));
    for (const std::size_t cut : {50, 80, 95}) {
      CAPTURE(cut);
      CHECK_THAT(refusal(whole.substr(0, whole.size() * cut / 100)),
                 Contains(format) && Contains("truncated") && !Contains("\n"));
    }
    for (std::size_t size = 1; size < whole.size() - 4; size += 1 + whole.size() / 50) {
      CAPTURE(size);
      CHECK(!refusal(whole.substr(0, size)).empty());
    }
  }
  const TestFolder folder;
  write_text(folder / "half.pgm", "P5 40 30 255\n" + greys.substr(600));
  CHECK_THAT(error_of([&] { load_picture(folder / "half.pgm"); }), Contains("half.pgm") && Contains("truncated"));
}

TEST_CASE("a picture stands as EXIF's orientation says", "[data][pictures]") {
  // What it looks like: 1 2 3 over 4 5 6. Stored turned or mirrored, each tag undoes it.
  const std::vector<std::pair<int, Picture>> stored = {
      {1, {3, 2, 1, {1, 2, 3, 4, 5, 6}}}, {2, {3, 2, 1, {3, 2, 1, 6, 5, 4}}}, {3, {3, 2, 1, {6, 5, 4, 3, 2, 1}}},
      {4, {3, 2, 1, {4, 5, 6, 1, 2, 3}}}, {5, {2, 3, 1, {1, 4, 2, 5, 3, 6}}}, {6, {2, 3, 1, {3, 6, 2, 5, 1, 4}}},
      {7, {2, 3, 1, {6, 3, 5, 2, 4, 1}}}, {8, {2, 3, 1, {4, 1, 5, 2, 6, 3}}}};
  for (const auto& [orientation, picture] : stored) {
    CAPTURE(orientation);
    const auto looks = [](const Picture& seen, int scale) {
      CHECK(seen.width == 3 * scale);
      CHECK(seen.height == 2 * scale);
      Pixels order;
      for (int i = 0; i < 6; ++i)
        order.push_back(static_cast<std::uint8_t>(
            (to_grey(seen)[std::size_t((i / 3 * scale + scale / 2) * seen.width + i % 3 * scale + scale / 2)] * 255 +
             20) /
            40));
      CHECK(order == Pixels{1, 2, 3, 4, 5, 6});
    };
    // Blocks of 16 pixels, which JPEG keeps; 40 levels apart.
    Picture large{16 * picture.width, 16 * picture.height, 3, {}};
    for (int y = 0; y < large.height; ++y)
      for (int x = 0; x < large.width; ++x)
        for (int k = 0; k < 3; ++k)
          large.pixels.push_back(
              static_cast<std::uint8_t>(40 * picture.pixels[std::size_t(y / 16 * picture.width + x / 16)]));
    looks(decoded(with_exif(jpeg_of(large), exif(orientation))), 16);
    looks(decoded(tiff_of(large, orientation, COMPRESSION_ADOBE_DEFLATE)), 16);
  }
  // A damaged block turns nothing.
  const Picture picture = noise(24, 16, 3);
  for (const std::string& block :
       {std::string(), exif(9), exif(6).substr(0, 12), std::string("II*\0\xff\xff\xff\xff", 8)})
    CHECK(decoded(with_exif(jpeg_of(picture), block)).width == 24);
}

TEST_CASE("WebP, TIFF, GIF and BMP come back as they were saved", "[data][pictures]") {
  const Picture rgb = noise(13, 7, 3), rgba = noise(13, 7, 4), grey = noise(13, 7, 1);
  Picture solid = rgba;  // lossless WebP may drop the colour of what cannot be seen
  for (std::size_t i = 3; i < solid.pixels.size(); i += 4) solid.pixels[i] |= 1;
  CHECK(decoded(webp_of(solid)).pixels == solid.pixels);
  for (const int compression : {COMPRESSION_NONE, COMPRESSION_LZW, COMPRESSION_ADOBE_DEFLATE}) {
    CHECK(decoded(tiff_of(rgb, 1, compression)).pixels == rgb.pixels);
    CHECK(decoded(tiff_of(grey, 1, compression)).pixels == grey.pixels);
    CHECK(decoded(tiff_of(grey, 1, compression)).channels == 1);
  }
  CHECK(decoded(tiff_of({2, 1, 2, {0, 255, 100, 0}}, 1, COMPRESSION_NONE)).pixels == Pixels{0, 255});  // over white
  CHECK(decoded(gif_of(grey)).pixels == grey.pixels);
  CHECK(decoded(bmp_of(rgb)).pixels == rgb.pixels);
}

TEST_CASE("BMP of few colours, of masks and in runs is read", "[data][pictures]") {
  using namespace std::string_literals;
  const std::string two = "\x10\x20\x30\0\xff\xff\xff\0"s;
  CHECK(decoded(small_bmp(3, 1, 1, 0, two, "\x40\0\0\0"s)).pixels ==
        Pixels{0x30, 0x20, 0x10, 255, 255, 255, 0x30, 0x20, 0x10});
  CHECK(decoded(small_bmp(2, -1, 24, 0, "", "\1\1\1\2\2\2\0\0"s)).pixels == Pixels{1, 2});
  CHECK(decoded(small_bmp(1, 1, 16, 0, "", "\x1f\x7c\0\0"s)).pixels == Pixels{255, 0, 255});
  CHECK(decoded(small_bmp(1, 1, 32, 0, "", "\1\2\3\0"s)).pixels == Pixels{3, 2, 1});  // the fourth means nothing
  CHECK(decoded(small_bmp(1, 1, 32, 3, "\xff\0\0\0\0\xff\0\0\0\0\xff\0"s, "\1\2\3\0"s)).pixels == Pixels{1, 2, 3});
  // Eight bits in runs: three of 1, two literals, the end of the row, a jump, one of 1, the end.
  std::string greys;
  for (int i = 0; i < 256; ++i) greys += std::string(3, static_cast<char>(i)) + '\0';
  CHECK(decoded(small_bmp(6, 2, 8, 1, greys, "\2\7\0\3\5\6\7\0\0\0\0\2\4\0\1\11\0\1"s)).pixels ==
        Pixels{0, 0, 0, 0, 9, 0, 7, 7, 5, 6, 7, 0});
  CHECK_THAT(refusal(small_bmp(6, 2, 8, 1, greys, "\2\7\0\0"s)), Contains("truncated"));
  CHECK_THAT(refusal(small_bmp(6, 2, 7, 0, greys, "\2\7\0\0"s)), Contains("7 bits"));
}

TEST_CASE("what is no picture is called by its name", "[data][pictures]") {
  CHECK_THAT(refusal(""), Contains("empty"));
  CHECK_THAT(refusal("<!DOCTYPE html><html>404</html>"), Contains("HTML page") && Contains("PNG, JPEG, WebP"));
  CHECK_THAT(refusal("version https://git-lfs.github.com/spec/v1"), Contains("Git LFS"));
  CHECK_THAT(refusal(std::string("\0\0\0\x18"
                                 "ftypheic\0\0\0\0",
                                 16)),
             Contains("HEIC"));
}

TEST_CASE("no header takes memory for pixels that its file cannot hold", "[data][pictures]") {
  CHECK_THAT(refusal("P5 60000 60000 255\nx"), Contains("60000×60000"));
  CHECK_THAT(refusal("P5 10000 10000 255\nx"), Contains("PNM"));
  CHECK_THAT(refusal(small_bmp(30000, 30000, 24, 0, "", "x")), Contains("30000×30000"));
  std::string screen = gif_of(noise(4, 4, 1));
  screen[7] = screen[9] = '\x27';
  CHECK_THAT(refusal(screen), Contains("its header says"));
}

}  // namespace unveil
