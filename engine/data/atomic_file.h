#pragma once
#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

namespace unveil {

// A file that appears whole or not at all: written under another name in the same folder, flushed to the disk and
// renamed by commit(). Whatever fails before that (a full disk, an exception) leaves the old file as it was and
// removes the temporary one; what a process that was killed left beside the file goes when the next one is written
// there. Throws Error naming the file and the system's reason. A name that stands for something
// other than a regular file (a folder, a device) is refused; a symbolic link is followed, so that the link survives.
class AtomicFile {
 public:
  explicit AtomicFile(const std::filesystem::path& path);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  void write(std::span<const std::byte> bytes);
  void write(std::string_view text);
  void commit();

 private:
  [[noreturn]] void fail(std::string_view what, int code);

  std::filesystem::path path_, temporary_;
  int descriptor_ = -1;
};

}  // namespace unveil
