#pragma once
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>

namespace unveil {

// Bytes that are read at any place: those of a file, which stay on the disk, or of a block of memory, which must
// outlive this.
class ByteSource {
 public:
  explicit ByteSource(std::span<const std::byte> memory) : memory_(memory), size_(memory.size()) {}
  // Throws Error, which names no file, when it is no regular file or cannot be opened.
  explicit ByteSource(const std::filesystem::path& path);
  ~ByteSource();
  ByteSource(const ByteSource&) = delete;
  ByteSource& operator=(const ByteSource&) = delete;

  std::uint64_t size() const { return size_; }  // when it was opened
  // Fills `to` from `at` on; returns how many bytes there were: fewer only at the end or where the disk fails.
  std::size_t read(std::uint64_t at, std::span<std::byte> to) const;

 private:
  std::span<const std::byte> memory_;
  std::uint64_t size_ = 0;
  int descriptor_ = -1;
};

}  // namespace unveil
