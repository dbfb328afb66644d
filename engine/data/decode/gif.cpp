// The first picture of a GIF, by giflib; the whole file is looked over first, to its trailer.
#include <gif_lib.h>

#include <algorithm>
#include <cstring>
#include <memory>

#include "engine/data/decode/decoder.h"

namespace unveil::decode {
namespace {

// Walks the blocks of the file without decoding them. Throws Error where they do not reach the trailer.
void check_whole(Bytes file) {
  const std::uint8_t* b = data_of(file);
  std::size_t at = 13;
  const auto need = [&](std::size_t bytes) {
    if (at > file.size() || bytes > file.size() - at) refuse_truncated("GIF", file);
  };
  const auto pass_table = [&](std::uint8_t flags) {
    if (flags & 0x80) at += std::size_t{3} << ((flags & 7) + 1);
  };
  const auto pass_blocks = [&] {
    for (std::size_t size = 1; size > 0;) {
      need(1);
      size = b[at];
      at += 1 + size;
    }
  };
  if (file.size() < at) refuse_truncated("GIF", file);
  pass_table(b[10]);
  while (true) {
    need(1);
    const std::uint8_t kind = b[at++];
    if (kind == 0x3b) return;
    if (kind == 0x21) {  // an extension
      ++at;
    } else if (kind == 0x2c) {  // a picture
      need(9);
      const std::uint8_t flags = b[at + 8];
      at += 9;
      pass_table(flags);
      ++at;
    } else {
      refuse("GIF", "a block of an unknown kind");
    }
    pass_blocks();
  }
}

struct Source {
  Bytes file;
  std::size_t at = 0;
};

int read(GifFileType* gif, GifByteType* out, int size) {
  Source& source = *static_cast<Source*>(gif->UserData);
  const std::size_t wanted = std::min(static_cast<std::size_t>(size), source.file.size() - source.at);
  std::memcpy(out, source.file.data() + source.at, wanted);
  source.at += wanted;
  return static_cast<int>(wanted);
}

// Goes to the first picture; the colour that is transparent in it, or -1.
int find_picture(GifFileType* gif) {
  int transparent = NO_TRANSPARENT_COLOR;
  const auto check = [&](int status) {
    if (status != GIF_OK) {
      const char* why = GifErrorString(gif->Error);
      refuse("GIF", why ? why : "unknown");
    }
  };
  while (true) {
    GifRecordType record;
    check(DGifGetRecordType(gif, &record));
    if (record == TERMINATE_RECORD_TYPE) refuse("GIF", "no picture in it");
    if (record == IMAGE_DESC_RECORD_TYPE) {
      check(DGifGetImageDesc(gif));
      return transparent;
    }
    int code;
    GifByteType* block;
    check(DGifGetExtension(gif, &code, &block));
    while (block) {
      GraphicsControlBlock control;
      if (code == GRAPHICS_EXT_FUNC_CODE && DGifExtensionToGCB(block[0], block + 1, &control) == GIF_OK)
        transparent = control.TransparentColor;
      check(DGifGetExtensionNext(gif, &block));
    }
  }
}

Picture decode(Bytes file) {
  check_whole(file);
  Source source{file};
  int error = 0;
  const auto close = [](GifFileType* open) {
    int ignored;
    DGifCloseFile(open, &ignored);
  };
  const std::unique_ptr<GifFileType, decltype(close)> gif(DGifOpen(&source, read, &error), close);
  if (!gif) {
    const char* why = GifErrorString(error);
    refuse("GIF", why ? why : "unknown");
  }
  const int transparent = find_picture(gif.get());
  const GifImageDesc& image = gif->Image;
  const int width = std::max(gif->SWidth, image.Left + image.Width);
  const int height = std::max(gif->SHeight, image.Top + image.Height);
  check_size("GIF", static_cast<std::uint64_t>(width), static_cast<std::uint64_t>(height), file);
  if (image.Width < 1 || image.Height < 1) refuse("GIF", "its picture has no pixels");
  const ColorMapObject* colours = image.ColorMap ? image.ColorMap : gif->SColorMap;
  if (!colours) refuse("GIF", "no table of colours");

  // What the picture leaves of the screen is transparent, as its transparent colour is.
  Picture picture{width, height, 4, std::vector<std::uint8_t>(std::size_t(width) * height * 4)};
  std::vector<GifPixelType> line(static_cast<std::size_t>(image.Width));
  const auto read_row = [&](int row) {
    if (DGifGetLine(gif.get(), line.data(), image.Width) != GIF_OK) {
      const char* why = GifErrorString(gif->Error);
      refuse("GIF", why ? why : "unknown");
    }
    std::uint8_t* out = &picture.pixels[(std::size_t(image.Top + row) * width + image.Left) * 4];
    for (const GifPixelType entry : line) {
      if (entry != transparent) {
        if (entry >= colours->ColorCount) refuse("GIF", "a colour that its table does not have");
        const GifColorType& colour = colours->Colors[entry];
        out[0] = colour.Red, out[1] = colour.Green, out[2] = colour.Blue, out[3] = 255;
      }
      out += 4;
    }
  };
  constexpr int kFirst[] = {0, 4, 2, 1}, kStep[] = {8, 8, 4, 2};
  for (int pass = 0; pass < (image.Interlace ? 4 : 1); ++pass)
    for (int row = image.Interlace ? kFirst[pass] : 0; row < image.Height; row += image.Interlace ? kStep[pass] : 1)
      read_row(row);

  bool opaque = true;
  for (std::size_t i = 3; i < picture.pixels.size() && opaque; i += 4) opaque = picture.pixels[i] == 255;
  if (opaque) {
    const std::size_t pixels = picture.pixels.size() / 4;
    for (std::size_t i = 0; i < pixels; ++i) std::memmove(&picture.pixels[3 * i], &picture.pixels[4 * i], 3);
    picture.pixels.resize(3 * pixels);
    picture.channels = 3;
  }
  return without_needless_colour(std::move(picture));
}

bool recognises(Bytes head) {
  return starts_with(head, "GIF87a") || starts_with(head, "GIF89a");
}

}  // namespace

const PictureDecoder& gif_decoder() {
  static const PictureDecoder decoder = {"GIF", &recognises, &decode};
  return decoder;
}

}  // namespace unveil::decode
