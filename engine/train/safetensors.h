#pragma once
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace unveil {

// One tensor of a file: row-major little-endian elements, product(shape) of them; an empty shape is one element.
struct TensorEntry {
  std::string name;
  std::string dtype;  // "F32"; see dtype_size
  std::vector<std::int64_t> shape;
  std::vector<std::byte> data;
};

struct SafetensorsFile {
  std::map<std::string, std::string> metadata;
  std::vector<TensorEntry> tensors;

  const TensorEntry* find(std::string_view name) const;  // null where there is none
};

// Bytes of one element: BOOL, U8, I8, F8_E4M3, F8_E5M2, F8_E8M0 1; U16, I16, F16, BF16 2; U32, I32, F32 4; U64, I64,
// F64, C64 8; 0 for a type that this program does not know.
std::size_t dtype_size(std::string_view dtype);

// The safetensors format of Hugging Face: 8 bytes of little-endian header length, a JSON header of dtype, shape and
// data_offsets per tensor with an optional `__metadata__` map of strings, then the data without gaps. Everything is
// checked before anything is returned; tensors come in the order of their data. Bits are kept as they are, NaN
// payloads included. Any type is read; of one that is not known its shape cannot be checked against its bytes. Throws
// Error naming the file, what was found and what is accepted. Takes the memory of the data that are there, and some
// 20 times that of the header, which has 16 MiB at most.
SafetensorsFile read_safetensors(const std::filesystem::path& path);
SafetensorsFile read_safetensors(std::span<const std::byte> bytes, const std::string& name);
// The same without the data, which stay on the disk: names, types, shapes and metadata.
SafetensorsFile read_safetensors_header(const std::filesystem::path& path);
// The same, and the data piece by piece: visit(tensor, some of its bytes, whole elements of a known type) for each
// piece of each tensor in turn, at most 1 MiB at a time; `tensor` is one of those returned.
SafetensorsFile scan_safetensors(
    const std::filesystem::path& path,
    const std::function<void(const TensorEntry& tensor, std::span<const std::byte> piece)>& visit);

// Replaces the file at once or not at all (engine/data/atomic_file.h). Tensors of wider elements come first, in the
// given order otherwise, so that each lies aligned. Throws Error when the disk refuses, std::logic_error for names
// given twice or data that do not fit their shape.
void write_safetensors(const std::filesystem::path& path, const SafetensorsFile& file);

}  // namespace unveil
