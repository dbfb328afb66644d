#include <fmt/format.h>

#include <cmath>
#include <cstring>

#include "engine/data/npy_header.h"
#include "engine/data/text.h"
#include "engine/error.h"

namespace unveil {
namespace {

// IEEE 754 binary16.
double half(std::uint16_t bits) {
  const int exponent = bits >> 10 & 31, fraction = bits & 1023;
  const double size = exponent == 0    ? std::ldexp(fraction, -24)
                      : exponent == 31 ? (fraction ? std::nan("") : HUGE_VAL)
                                       : std::ldexp(1024 + fraction, exponent - 25);
  return bits & 0x8000 ? -size : size;
}

// Calls visit(element of the array's own number type) for each.
template <typename Visit>
void each_number(const NpyArray& array, Visit visit) {
  const auto run = [&]<typename T>(T) {
    for (std::size_t at = 0; at < array.bytes.size(); at += sizeof(T)) {
      T value;
      std::memcpy(&value, &array.bytes[at], sizeof(T));
      visit(value);
    }
  };
  switch (array.type) {
    case NpyType::boolean:
      for (const auto byte : array.bytes) visit(static_cast<std::uint8_t>(byte != 0));
      return;
    case NpyType::int8: return run(std::int8_t{});
    case NpyType::int16: return run(std::int16_t{});
    case NpyType::int32: return run(std::int32_t{});
    case NpyType::int64: return run(std::int64_t{});
    case NpyType::uint8: return run(std::uint8_t{});
    case NpyType::uint16: return run(std::uint16_t{});
    case NpyType::uint32: return run(std::uint32_t{});
    case NpyType::uint64: return run(std::uint64_t{});
    case NpyType::float32: return run(float{});
    case NpyType::float64: return run(double{});
    case NpyType::float16:
      for (std::size_t at = 0; at < array.bytes.size(); at += 2)
        visit(half(static_cast<std::uint16_t>(array.bytes[at] | array.bytes[at + 1] << 8)));
      return;
    case NpyType::text:
    case NpyType::ascii: break;
  }
  throw Error("an array of strings where numbers are expected");
}

std::string text_at(const NpyArray& array, std::size_t at) {
  const std::uint8_t* begin = &array.bytes[at];
  const auto size = static_cast<std::size_t>(array.size);
  std::string text;
  if (array.type == NpyType::ascii) {
    text.assign(reinterpret_cast<const char*>(begin), size);
    text.resize(text.find_last_not_of('\0') + 1);
    return decode_text(std::move(text)).utf8;
  }
  for (std::size_t i = 0; i + 4 <= size; i += 4) {
    std::uint32_t code;
    std::memcpy(&code, begin + i, 4);
    append_utf8(text, code);
  }
  text.resize(text.find_last_not_of('\0') + 1);
  return text;
}

}  // namespace

const char* npy_type_name(NpyType type) {
  return npy_type_row(type).name;
}

template <typename T>
std::vector<T> NpyArray::as() const {
  if (type != npy_type_of<T>())
    throw Error(
        fmt::format("an array of {} where {} is expected", npy_type_name(type), npy_type_name(npy_type_of<T>())));
  std::vector<T> elements(bytes.size() / sizeof(T));
  if (!elements.empty()) std::memcpy(elements.data(), bytes.data(), bytes.size());
  return elements;
}
template std::vector<float> NpyArray::as<float>() const;
template std::vector<double> NpyArray::as<double>() const;
template std::vector<std::uint8_t> NpyArray::as<std::uint8_t>() const;
template std::vector<std::int32_t> NpyArray::as<std::int32_t>() const;
template std::vector<std::int64_t> NpyArray::as<std::int64_t>() const;

std::vector<double> NpyArray::numbers() const {
  std::vector<double> values;
  if (!is_text()) values.reserve(static_cast<std::size_t>(count()));
  each_number(*this, [&](auto value) { values.push_back(static_cast<double>(value)); });
  return values;
}

std::vector<std::string> NpyArray::texts() const {
  std::vector<std::string> all;
  if (is_text())
    for (std::size_t at = 0; at < bytes.size(); at += static_cast<std::size_t>(size))
      all.push_back(text_at(*this, at));
  else
    each_number(*this, [&](auto value) {
      all.push_back(type == NpyType::boolean ? (value ? "True" : "False") : fmt::format("{}", value));
    });
  return all;
}

}  // namespace unveil
