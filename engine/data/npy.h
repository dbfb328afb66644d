#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace unveil {

// NumPy's .npy format, versions 1.0 to 3.0 (numpy.lib.format): arrays of one to four dimensions of every plain number
// type and of strings. Whatever the byte order and the order of the indices in the file, elements are little-endian
// and in C order once read.
enum class NpyType {
  boolean,
  int8,
  int16,
  int32,
  int64,
  uint8,
  uint16,
  uint32,
  uint64,
  float16,
  float32,
  float64,
  text,   // of characters: UTF-32 ('<U7')
  ascii,  // of bytes ('S7'), read as UTF-8
};

struct NpyArray {
  NpyType type = NpyType::float32;
  int size = 4;  // bytes of an element
  std::vector<std::int64_t> shape;
  std::vector<std::uint8_t> bytes;  // the elements, the last index fastest

  std::int64_t count() const { return static_cast<std::int64_t>(bytes.size()) / size; }  // elements
  bool is_text() const { return type == NpyType::text || type == NpyType::ascii; }
  bool is_float() const { return type == NpyType::float16 || type == NpyType::float32 || type == NpyType::float64; }

  // The elements as T. Throws Error (it names no file: wrap or check `type` first) when the array holds another type.
  template <typename T>
  std::vector<T> as() const;
  // Of any number type, booleans as 0 and 1; integers beyond 2^53 are rounded. Throws Error for texts.
  std::vector<double> numbers() const;
  // As NumPy writes them: "3", "-1.5", "True", or the text itself, in UTF-8.
  std::vector<std::string> texts() const;
};

const char* npy_type_name(NpyType type);  // "float32"

// Whether these first bytes of a file are those of an array.
bool is_npy(std::string_view bytes);

// Throws Error naming the file when it is not such a file (saying what it is where that is known), truncated, too
// long, of another type, or when the header promises more than the file holds (nothing is allocated before that is
// known). At most three times the file is held.
NpyArray read_npy(const std::filesystem::path& path);
// The same of a file's bytes; `name` is what errors call it.
NpyArray parse_npy(std::string_view bytes, const std::string& name);

// Writes through AtomicFile. The count of elements must be the product of shape.
void write_npy(const std::filesystem::path& path, NpyType type, const std::vector<std::int64_t>& shape,
               const void* elements);
// An array of one dimension of characters, as NumPy writes a list of strings. texts: UTF-8.
void write_npy(const std::filesystem::path& path, const std::vector<std::string>& texts);

template <typename T>
constexpr NpyType npy_type_of() {
  if constexpr (std::is_same_v<T, float>)
    return NpyType::float32;
  else if constexpr (std::is_same_v<T, double>)
    return NpyType::float64;
  else if constexpr (std::is_same_v<T, std::uint8_t>)
    return NpyType::uint8;
  else if constexpr (std::is_same_v<T, std::int32_t>)
    return NpyType::int32;
  else {
    static_assert(std::is_same_v<T, std::int64_t>, "npy: float, double, uint8, int32 and int64");
    return NpyType::int64;
  }
}

// Throws std::logic_error when the count of elements is not the product of shape.
template <typename T>
void write_npy(const std::filesystem::path& path, const std::vector<std::int64_t>& shape,
               const std::vector<T>& elements);

// Where the labels of the items in x.npy are written: x.labels.npy.
std::filesystem::path labels_beside(const std::filesystem::path& path);

}  // namespace unveil
