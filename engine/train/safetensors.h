#pragma once
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace unveil {

// One tensor of a file: row-major little-endian elements, product(shape) of them; an empty shape is one element.
struct TensorEntry {
  std::string name;
  std::string dtype;  // "F32", "U32" or "U8"
  std::vector<std::int64_t> shape;
  std::vector<std::byte> data;
};

struct SafetensorsFile {
  std::map<std::string, std::string> metadata;
  std::vector<TensorEntry> tensors;

  const TensorEntry* find(std::string_view name) const;  // null where there is none
};

// Bytes of one element; 0 for a type that is not accepted.
std::size_t dtype_size(std::string_view dtype);

// The safetensors format of Hugging Face: 8 bytes of little-endian header length, a JSON header of dtype, shape and
// data_offsets per tensor with an optional `__metadata__` map of strings, then the data without gaps. Everything is
// checked before anything is returned; tensors come in the order of their data. Bits are kept as they are, NaN
// payloads included. Throws Error naming the file, what was found and what is accepted.
SafetensorsFile read_safetensors(const std::filesystem::path& path);
// The same without the data, which stay on the disk: names, types, shapes and metadata.
SafetensorsFile read_safetensors_header(const std::filesystem::path& path);

// Replaces the file at once or not at all (engine/data/atomic_file.h). Tensors of wider elements come first, in the
// given order otherwise, so that each lies aligned. Throws Error when the disk refuses, std::logic_error for names
// given twice or data that do not fit their shape.
void write_safetensors(const std::filesystem::path& path, const SafetensorsFile& file);

}  // namespace unveil
