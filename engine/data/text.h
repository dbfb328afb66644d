#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace unveil {

void append_utf8(std::string& text, std::uint32_t code);  // U+FFFD for what is no character
std::u32string utf8_codes(std::string_view text);         // bytes that are no UTF-8 become U+FFFD
bool is_utf8(std::string_view text);
char ascii_lower(char c);  // A to Z; all else stays
std::string ascii_lower(std::string_view text);

struct DecodedText {
  std::string utf8;      // without a byte order mark
  std::string encoding;  // "UTF-8", "UTF-16", "Latin-1": for people
};
// A text file's bytes. UTF-16 of either order is known by its byte order mark, or by every second byte being zero;
// bytes that are no UTF-8 are Latin-1, as Windows has it (code page 1252).
DecodedText decode_text(std::string bytes);

// A whole file. Throws Error naming it.
std::string read_file(const std::filesystem::path& path);

}  // namespace unveil
