// The formats of Netpbm: P1 to P3 in digits, P4 to P6 in bytes; bits, greys, colours of any maxval.
#include <fmt/format.h>

#include <algorithm>

#include "engine/data/decode/decoder.h"

namespace unveil::decode {
namespace {

bool is_space(std::uint8_t c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}
bool is_digit(std::uint8_t c) {
  return c >= '0' && c <= '9';
}

class Reader {
 public:
  explicit Reader(Bytes file) : file_(file), at_(data_of(file) + 2), end_(data_of(file) + file.size()) {}

  // The next number; white space and comments before it are passed over.
  std::uint32_t number(const char* what) {
    pass_over();
    if (!is_digit(*at_)) refuse("PNM", fmt::format("no number where {} is expected", what));
    std::uint32_t value = 0;
    for (; at_ < end_ && is_digit(*at_); ++at_) value = std::min<std::uint32_t>(value * 10 + (*at_ - '0'), 1u << 27);
    return value;
  }

  // The next 0 or 1 of P1, where no space need stand between them.
  bool bit() {
    pass_over();
    if (*at_ != '0' && *at_ != '1') refuse("PNM", "something else than 0 or 1 among the bits");
    return *at_++ == '1';
  }

  // The bytes after the header, which one white space ends: two where the line ends as Windows' do and both are
  // there.
  const std::uint8_t* bytes(std::uint64_t size) {
    if (at_ == end_) refuse_truncated("PNM", file_);
    if (!is_space(*at_)) refuse("PNM", "no white space after the header");
    ++at_;
    if (at_[-1] == '\r' && at_ < end_ && *at_ == '\n' && left() > size) ++at_;
    if (left() < size)
      throw Error(fmt::format("the PNM is truncated: {} bytes of pixels, its header promises {}", left(), size));
    return at_;
  }

  std::uint64_t left() const { return static_cast<std::uint64_t>(end_ - at_); }

 private:
  void pass_over() {
    while (at_ < end_ && (is_space(*at_) || *at_ == '#')) {
      if (*at_ == '#')
        at_ = std::find_if(at_, end_, [](std::uint8_t c) { return c == '\n' || c == '\r'; });
      else
        ++at_;
    }
    if (at_ == end_) refuse_truncated("PNM", file_);
  }

  Bytes file_;
  const std::uint8_t *at_, *end_;
};

// value × 255 / maxval, rounded; of 16 full bits the upper ones, as of a PNG.
std::vector<std::uint8_t> levels(std::uint32_t maxval) {
  std::vector<std::uint8_t> table(maxval + 1);
  for (std::uint32_t v = 0; v <= maxval; ++v)
    table[v] = static_cast<std::uint8_t>(maxval == 65535 ? v >> 8 : (v * 255 + maxval / 2) / maxval);
  return table;
}

Picture decode_bits(Reader& reader, Picture picture, bool digits) {
  const auto width = static_cast<std::size_t>(picture.width), height = static_cast<std::size_t>(picture.height);
  const std::size_t stride = (width + 7) / 8;
  // 1 is black.
  const std::uint8_t* bytes = digits ? nullptr : reader.bytes(stride * height);
  if (digits && reader.left() < width * height)
    throw Error(fmt::format("the PNM is truncated: {} bytes for {}×{} bits", reader.left(), width, height));
  picture.pixels.reserve(width * height);
  for (std::size_t y = 0; y < height; ++y)
    for (std::size_t x = 0; x < width; ++x)
      picture.pixels.push_back((digits ? reader.bit() : bytes[y * stride + x / 8] >> (7 - x % 8) & 1) ? 0 : 255);
  return picture;
}

Picture decode(Bytes file) {
  if (file.size() < 3) refuse_truncated("PNM", file);
  const int kind = data_of(file)[1] - '0';
  const bool digits = kind <= 3, bits = kind == 1 || kind == 4;
  Reader reader(file);
  const std::uint32_t width = reader.number("the width"), height = reader.number("the height");
  check_size("PNM", width, height, file);
  Picture picture{static_cast<int>(width), static_cast<int>(height), kind == 3 || kind == 6 ? 3 : 1, {}};
  if (bits) return decode_bits(reader, std::move(picture), digits);

  const std::uint32_t maxval = reader.number("the largest value");
  if (maxval < 1 || maxval > 65535)
    refuse("PNM", fmt::format("a largest value of {}; 1 to 65535 are accepted", maxval));
  const std::uint64_t values = std::uint64_t{width} * height * static_cast<std::uint64_t>(picture.channels);
  const int bytes_each = maxval > 255 ? 2 : 1;
  const std::uint8_t* bytes = digits ? nullptr : reader.bytes(values * static_cast<std::uint64_t>(bytes_each));
  if (digits && reader.left() < values * 2)  // a space and a digit each
    throw Error(fmt::format("the PNM is truncated: {} bytes for {} numbers", reader.left(), values));
  const auto table = levels(maxval);
  picture.pixels.reserve(values);
  for (std::uint64_t i = 0; i < values; ++i) {
    const std::uint32_t v = digits ? reader.number("a pixel")
                                   : big_endian(bytes + i * static_cast<std::uint64_t>(bytes_each), bytes_each);
    if (v > maxval) refuse("PNM", fmt::format("a value of {} above its largest, {}", v, maxval));
    picture.pixels.push_back(table[v]);
  }
  return picture;
}

bool recognises(Bytes head) {
  const std::uint8_t* b = data_of(head);
  if (head.size() < 3 || b[0] != 'P' || b[1] < '1' || b[1] > '6') return false;
  // "P1 is the first…" is no picture: a number or a comment follows.
  std::size_t at = 2;
  while (at < head.size() && is_space(b[at])) ++at;
  return (at > 2 && (at == head.size() || is_digit(b[at]) || b[at] == '#')) || b[2] == '#';
}

}  // namespace

const PictureDecoder& pnm_decoder() {
  static const PictureDecoder decoder = {"PNM", &recognises, &decode};
  return decoder;
}

}  // namespace unveil::decode
