#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <type_traits>
#include <vector>

namespace unveil {

// NumPy's .npy format, version 1.0 (numpy.lib.format): little-endian float32, float64, uint8, int32 and int64 arrays of one
// to four dimensions; what is in Fortran order in a file is in C order once read.
enum class NpyType { float32, float64, uint8, int32, int64 };

struct NpyArray {
  NpyType type = NpyType::float32;
  std::vector<std::int64_t> shape;
  std::vector<std::uint8_t> bytes;  // the elements, the last index fastest

  std::int64_t count() const;  // elements

  // The elements as T. Throws Error (it names no file: wrap or check `type` first) when the array holds another type.
  template <typename T>
  std::vector<T> as() const;
};

const char* npy_type_name(NpyType type);  // "float32"

// Throws Error naming the file when it is not such a file, truncated, too long, of another type, or when the
// header promises more than the file holds (nothing is allocated before that is known).
NpyArray read_npy(const std::filesystem::path& path);

// Writes through AtomicFile. The count of elements must be the product of shape.
void write_npy(const std::filesystem::path& path, NpyType type, const std::vector<std::int64_t>& shape,
               const void* elements);

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
