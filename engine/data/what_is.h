#pragma once
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

namespace unveil {

enum class FileKind {
  unknown,
  empty,
  picture,      // of any kind, also of those that are not read
  sound,        // of a kind that libsndfile reads
  other_media,  // sounds that it does not, videos, notes
  idx,
  array,  // NPY, NPZ
  safetensors,
  other_model,  // PyTorch, ONNX, GGUF …
  pointer,      // stands for a file that was not fetched
  archive,
  document,
  text,
  system,  // what a system leaves behind
};

// What a file is, told from its first bytes and never from its name.
struct WhatItIs {
  FileKind kind = FileKind::unknown;
  std::string text;  // behind "is": "a PNG picture", "a Git LFS pointer (the file itself was not fetched)"
};

constexpr std::size_t kWhatIsBytes = 4096;  // so many first bytes are enough; fewer only where the file has no more
WhatItIs what_is(std::span<const std::byte> head, std::uint64_t file_size);
// The same of a path; a folder or a file that cannot be read is told as such. Throws nothing.
WhatItIs what_is(const std::filesystem::path& path);

}  // namespace unveil
