#include "engine/data/npy_header.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <stdexcept>

#include "engine/error.h"

namespace unveil {

const char* const kNpyAccepted =
    "accepted are arrays of 1 to 4 dimensions of booleans, integers of 8 to 64 bits, floats of 16 to 64 bits and "
    "strings";

namespace {

constexpr NpyTypeRow kTypes[] = {{NpyType::boolean, "bool", 'b', 1},    {NpyType::int8, "int8", 'i', 1},
                                 {NpyType::int16, "int16", 'i', 2},     {NpyType::int32, "int32", 'i', 4},
                                 {NpyType::int64, "int64", 'i', 8},     {NpyType::uint8, "uint8", 'u', 1},
                                 {NpyType::uint16, "uint16", 'u', 2},   {NpyType::uint32, "uint32", 'u', 4},
                                 {NpyType::uint64, "uint64", 'u', 8},   {NpyType::float16, "float16", 'f', 2},
                                 {NpyType::float32, "float32", 'f', 4}, {NpyType::float64, "float64", 'f', 8},
                                 {NpyType::text, "strings", 'U', 0},    {NpyType::ascii, "byte strings", 'S', 0}};

// What NumPy means by a kind that is not read.
const char* kind_name(char kind) {
  switch (kind) {
    case 'O': return "Python objects";
    case 'c': return "complex numbers";
    case 'f': return "floats of another size";
    case 'M': return "dates";
    case 'm': return "spans of time";
    case 'V': return "raw records";
    default: return "an unknown type";
  }
}

// "<f8", "|b1", "=i4", "f8", ">U7": fills the type and the size, says whether bytes are to be swapped. False where
// the type is none that is read.
bool parse_descr(std::string_view descr, NpyArray& array, bool& swapped) {
  swapped = descr.starts_with('>');
  if (descr.find_first_of("<>=|") == 0) descr.remove_prefix(1);
  if (descr == "?") descr = "b1";
  int size = 0;
  if (descr.size() < 2) return false;
  const auto [end, error] = std::from_chars(descr.data() + 1, descr.data() + descr.size(), size);
  if (error != std::errc() || end != descr.data() + descr.size() || size < 1 || size > (1 << 26)) return false;
  const char kind = descr[0] == 'a' ? 'S' : descr[0];
  for (const NpyTypeRow& row : kTypes)
    if (row.kind == kind && (row.size == size || row.size == 0)) {
      array.type = row.type;
      array.size = kind == 'U' ? 4 * size : size;
      return true;
    }
  return false;
}

class Parser {
 public:
  Parser(std::string_view text, const std::string& file) : left_(text), file_(file) {}

  NpyHeader parse(NpyArray& array) {
    bool descr = false, order = false, shape = false;
    expect('{');
    while (!accept('}')) {
      const std::string key = quoted();
      expect(':');
      if (key == "descr" && !descr) {
        descr = true;
        skip();
        if (!left_.empty() && left_[0] == '[')
          throw Error(fmt::format("{}: an array of records with fields; {}", file_, kNpyAccepted));
        const std::string found = quoted();
        if (!parse_descr(found, array, header_.swapped)) {
          const auto kind = found.find_first_not_of("<>=|");
          throw Error(fmt::format("{}: elements of type '{}' ({}); {}", file_, found,
                                  kind_name(kind == std::string::npos ? '\0' : found[kind]), kNpyAccepted));
        }
      } else if (key == "fortran_order" && !order) {
        order = true;
        const auto value = word();
        if (value != "False" && value != "True") fail();
        header_.fortran_order = value == "True";
      } else if (key == "shape" && !shape) {
        shape = true;
        expect('(');
        while (!accept(')')) {
          array.shape.push_back(number());
          if (!accept(',')) {
            expect(')');
            break;
          }
        }
      } else {
        fail();
      }
      if (!accept(',')) {
        expect('}');
        break;
      }
    }
    skip();
    if (!left_.empty() || !descr || !order || !shape) fail();
    if (array.shape.empty() || array.shape.size() > 4)
      throw Error(fmt::format("{}: an array of {} dimensions; {}", file_, array.shape.size(), kNpyAccepted));
    return header_;
  }

 private:
  [[noreturn]] void fail() { throw Error(fmt::format("{}: the NPY header is corrupt; {}", file_, kNpyAccepted)); }
  void skip() {
    while (!left_.empty() && (left_[0] == ' ' || left_[0] == '\n')) left_.remove_prefix(1);
  }
  bool accept(char c) {
    skip();
    if (left_.empty() || left_[0] != c) return false;
    left_.remove_prefix(1);
    return true;
  }
  void expect(char c) {
    if (!accept(c)) fail();
  }
  std::string quoted() {
    skip();
    if (left_.empty() || (left_[0] != '\'' && left_[0] != '"')) fail();
    const auto end = left_.find(left_[0], 1);
    if (end == std::string_view::npos) fail();
    std::string text(left_.substr(1, end - 1));
    left_.remove_prefix(end + 1);
    // A message must stay one printable line whatever the file holds.
    if (!std::all_of(text.begin(), text.end(), [](unsigned char c) { return c >= 32 && c < 127; })) fail();
    return text;
  }
  std::string word() {
    skip();
    std::size_t end = 0;
    while (end < left_.size() && std::isalpha(static_cast<unsigned char>(left_[end]))) ++end;
    std::string text(left_.substr(0, end));
    left_.remove_prefix(end);
    return text;
  }
  std::int64_t number() {
    skip();
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(left_.data(), left_.data() + left_.size(), value);
    if (error != std::errc() || value < 0) fail();
    left_.remove_prefix(static_cast<std::size_t>(end - left_.data()));
    if (left_.starts_with('L')) left_.remove_prefix(1);  // as Python 2 wrote whole numbers
    return value;
  }

  std::string_view left_;
  const std::string& file_;
  NpyHeader header_;
};

}  // namespace

const NpyTypeRow& npy_type_row(NpyType type) {
  for (const NpyTypeRow& row : kTypes)
    if (row.type == type) return row;
  throw std::logic_error("npy: unknown element type");
}

NpyHeader parse_npy_header(std::string_view text, const std::string& name, NpyArray& array) {
  return Parser(text, name).parse(array);
}

}  // namespace unveil
