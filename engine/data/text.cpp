#include "engine/data/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <fstream>

#include "engine/error.h"

namespace unveil {
namespace {

constexpr std::uint32_t kReplacement = 0xFFFD;
constexpr std::size_t kLooked = 1024;  // bytes in which UTF-16 without a mark is seen

// Code page 1252 where it differs from Latin-1.
constexpr std::array<std::uint16_t, 32> kWindows = {0x20AC, 0x81,   0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021,
                                                    0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0x8D,   0x017D, 0x8F,
                                                    0x90,   0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014,
                                                    0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x9D,   0x017E, 0x0178};

// The character at the beginning of `text` and its length; a length of 0 where it is no UTF-8.
struct Character {
  std::uint32_t code = 0;
  std::size_t length = 0;
};
Character first_character(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint32_t>(static_cast<std::uint8_t>(text[i])); };
  const std::uint32_t lead = byte(0);
  if (lead < 0x80) return {lead, 1};
  const std::size_t length = lead >= 0xF0 && lead < 0xF5   ? 4
                             : lead >= 0xE0 && lead < 0xF0 ? 3
                             : lead >= 0xC2 && lead < 0xE0 ? 2
                                                           : 0;
  if (length == 0 || length > text.size()) return {};
  std::uint32_t code = lead & (0xFFu >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return {};
    code = code << 6 | (byte(i) & 0x3F);
  }
  const bool overlong = (length == 3 && code < 0x800) || (length == 4 && code < 0x10000);
  if (overlong || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000)) return {};
  return {code, length};
}

std::string from_utf16(std::string_view bytes, bool big) {
  std::string text;
  text.reserve(bytes.size() / 2);
  const auto unit = [&](std::size_t i) {
    const auto a = static_cast<std::uint8_t>(bytes[i]), b = static_cast<std::uint8_t>(bytes[i + 1]);
    return static_cast<std::uint32_t>(big ? a << 8 | b : b << 8 | a);
  };
  for (std::size_t i = 0; i + 1 < bytes.size(); i += 2) {
    std::uint32_t code = unit(i);
    if (code >= 0xD800 && code < 0xDC00 && i + 3 < bytes.size() && unit(i + 2) >= 0xDC00 && unit(i + 2) < 0xE000) {
      code = 0x10000 + ((code - 0xD800) << 10) + (unit(i + 2) - 0xDC00);
      i += 2;
    }
    append_utf8(text, code);
  }
  return text;
}

// 'l' or 'b' where nearly every second byte of the beginning is zero and no other is; else 0.
char unmarked_utf16(std::string_view bytes) {
  const auto looked = std::min(bytes.size(), kLooked) / 2 * 2;
  std::size_t zeros[2] = {};
  for (std::size_t i = 0; i < looked; ++i) zeros[i % 2] += bytes[i] == '\0';
  for (const int side : {0, 1})
    if (zeros[1 - side] == 0 && looked >= 4 && 10 * zeros[side] >= 4 * looked) return side == 0 ? 'b' : 'l';
  return 0;
}

}  // namespace

void append_utf8(std::string& text, std::uint32_t code) {
  if (code > 0x10FFFF || (code >= 0xD800 && code < 0xE000)) code = kReplacement;
  const auto put = [&](std::uint32_t byte) { text += static_cast<char>(byte); };
  if (code < 0x80) return put(code);
  if (code < 0x800) return put(0xC0 | code >> 6), put(0x80 | (code & 0x3F));
  if (code < 0x10000) {
    put(0xE0 | code >> 12);
  } else {
    put(0xF0 | code >> 18);
    put(0x80 | (code >> 12 & 0x3F));
  }
  put(0x80 | (code >> 6 & 0x3F));
  put(0x80 | (code & 0x3F));
}

std::u32string utf8_codes(std::string_view text) {
  std::u32string codes;
  while (!text.empty()) {
    const auto [code, length] = first_character(text);
    codes += static_cast<char32_t>(length > 0 ? code : kReplacement);
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return codes;
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const auto length = first_character(text).length;
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

char ascii_lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

std::string ascii_lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = ascii_lower(c);
  return lower;
}

DecodedText decode_text(std::string bytes) {
  if (bytes.starts_with("\xef\xbb\xbf")) bytes.erase(0, 3);
  if (bytes.starts_with("\xff\xfe")) return {from_utf16(std::string_view(bytes).substr(2), false), "UTF-16"};
  if (bytes.starts_with("\xfe\xff")) return {from_utf16(std::string_view(bytes).substr(2), true), "UTF-16"};
  if (const char order = unmarked_utf16(bytes)) return {from_utf16(bytes, order == 'b'), "UTF-16"};
  if (is_utf8(bytes)) return {std::move(bytes), "UTF-8"};
  std::string text;
  text.reserve(bytes.size() + bytes.size() / 8);
  for (const char c : bytes) {
    const auto code = static_cast<std::uint8_t>(c);
    append_utf8(text, code >= 0x80 && code < 0xA0 ? kWindows[code - 0x80u] : code);
  }
  return {std::move(text), "Latin-1"};
}

std::string read_file(const std::filesystem::path& path) {
  std::error_code error;
  std::ifstream file(path, std::ios::binary);
  if (!std::filesystem::is_regular_file(path, error) || !file)
    throw Error(fmt::format("{}: not a readable file", path.string()));
  std::string bytes(std::filesystem::file_size(path, error), '\0');
  file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  if (error || file.gcount() != static_cast<std::streamsize>(bytes.size()))
    throw Error(fmt::format("{}: cannot be read to its end", path.string()));
  return bytes;
}

}  // namespace unveil
