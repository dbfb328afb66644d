#include "engine/data/byte_source.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "engine/error.h"

namespace unveil {

ByteSource::ByteSource(const std::filesystem::path& path) {
  // A pipe would wait for its other end for ever.
  descriptor_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor_ < 0) throw Error(std::strerror(errno));
  struct stat info {};
  if (::fstat(descriptor_, &info) != 0 || !S_ISREG(info.st_mode)) {
    ::close(descriptor_);
    throw Error("not a regular file");
  }
  size_ = static_cast<std::uint64_t>(info.st_size);
}

ByteSource::~ByteSource() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

std::size_t ByteSource::read(std::uint64_t at, std::span<std::byte> to) const {
  if (at >= size_) return 0;
  const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(to.size(), size_ - at));
  if (descriptor_ < 0) {
    std::copy_n(memory_.begin() + static_cast<std::ptrdiff_t>(at), wanted, to.begin());
    return wanted;
  }
  std::size_t done = 0;
  while (done < wanted) {
    const auto got = ::pread(descriptor_, to.data() + done, wanted - done, static_cast<off_t>(at + done));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    done += static_cast<std::size_t>(got);
  }
  return done;
}

}  // namespace unveil
