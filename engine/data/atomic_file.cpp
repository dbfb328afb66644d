#include "engine/data/atomic_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <functional>
#include <optional>

#include "engine/error.h"

namespace unveil {

namespace fs = std::filesystem;

namespace {

// Temporary names: .NAME.unveil-PLACE-PID-TOKEN.tmp. The place is this machine and its space of process numbers: of
// files on a shared disk nobody else can tell whether their writer lives. The token tells writers of one process
// apart.
constexpr std::string_view kMark = ".unveil-", kTemporary = ".tmp";

std::string place() {
  char host[256] = {};
  ::gethostname(host, sizeof host - 1);
  std::error_code ignored;
  const auto space = fs::read_symlink("/proc/self/ns/pid", ignored).string();
  return fmt::format("{:08x}", static_cast<std::uint32_t>(std::hash<std::string>()(host + ("/" + space))));
}

std::string temporary_name(const fs::path& path) {
  static const auto began = std::chrono::system_clock::now().time_since_epoch().count();
  static std::atomic<unsigned> number = 0;
  return fmt::format(".{:.200}{}{}-{}-{:x}.{}{}", path.filename().string(), kMark, place(), ::getpid(), began,
                     ++number, kTemporary);
}

// Whose a temporary file of this program is, as its name says it; nothing for any other file.
std::optional<pid_t> writer_of(const std::string& name, const std::string& target) {
  if (!name.starts_with('.') || !name.ends_with(kTemporary)) return std::nullopt;
  std::string_view rest = name;
  if (const auto mark = rest.rfind(kMark); mark != rest.npos) {
    rest.remove_prefix(mark + kMark.size());
    const auto here = place() + "-";
    if (!rest.starts_with(here)) return std::nullopt;
    rest.remove_prefix(here.size());
  } else if (const auto old = "." + target + "."; rest.starts_with(old)) {
    rest.remove_prefix(old.size());  // .NAME.PID-N.tmp of earlier versions
  } else {
    return std::nullopt;
  }
  pid_t pid = 0;
  const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), pid);
  if (error != std::errc() || pid <= 0 || end == rest.data() + rest.size() || *end != '-') return std::nullopt;
  return pid;
}

void remove_left_over(const fs::path& folder, const std::string& target) {
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    const auto writer = writer_of(entry->path().filename().string(), target);
    if (writer && ::kill(*writer, 0) != 0 && errno == ESRCH) ::unlink(entry->path().c_str());
  }
}

}  // namespace

AtomicFile::AtomicFile(const fs::path& path) : path_(path) {
  std::error_code ignored;
  if (path_ == "-")
    throw Error(
        "'-' cannot be written: files are not written to standard output; name a file (./- for one called -)");
  if (path_.filename().empty()) throw Error(fmt::format("'{}' cannot be written: it names no file", path.string()));
  if (fs::is_symlink(path_, ignored))
    if (const auto target = fs::weakly_canonical(path_, ignored); !ignored) path_ = target;
  const auto status = fs::status(path_, ignored);
  if (fs::is_directory(status))
    throw Error(fmt::format("'{}' cannot be written: it is a folder; name a file", path.string()));
  if (fs::exists(status) && !fs::is_regular_file(status))
    throw Error(fmt::format("'{}' cannot be written: it is not a regular file", path.string()));
  const auto folder = path_.has_parent_path() ? path_.parent_path() : fs::path(".");
  if (!fs::is_directory(folder, ignored))
    throw Error(fmt::format("'{}' cannot be written: there is no folder '{}'", path.string(), folder.string()));
  remove_left_over(folder, path_.filename().string());
  // Unique by process and by object: two writers in one process never share a temporary file (O_EXCL sees to it).
  for (int attempt = 0; attempt < 100 && descriptor_ < 0; ++attempt) {
    temporary_ = folder / temporary_name(path_);
    descriptor_ = ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (descriptor_ < 0 && errno != EEXIST) break;
  }
  if (descriptor_ < 0) {
    const int code = errno;
    temporary_.clear();
    fail("cannot be written", code);
  }
  if (struct stat old{}; ::stat(path_.c_str(), &old) == 0) {
    // The new content of a file keeps the file's permissions; where that is not allowed, the defaults do.
    [[maybe_unused]] const int kept = ::fchmod(descriptor_, old.st_mode & 07777);
  }
}

AtomicFile::~AtomicFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

void AtomicFile::fail(std::string_view what, int code) {
  std::error_code ignored;
  throw Error(fmt::format("'{}' {}: {}{}", path_.string(), what, std::strerror(code),
                          fs::exists(path_, ignored) ? "; the old file is untouched" : ""));
}

void AtomicFile::write(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const auto written = ::write(descriptor_, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) fail("cannot be written", written < 0 ? errno : ENOSPC);
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
}

void AtomicFile::write(std::string_view text) {
  write(std::as_bytes(std::span(text.data(), text.size())));
}

void AtomicFile::commit() {
  if (::fsync(descriptor_) != 0) fail("cannot be flushed to the disk", errno);
  const int closed = ::close(descriptor_);
  descriptor_ = -1;
  if (closed != 0) fail("cannot be written", errno);
  if (::rename(temporary_.c_str(), path_.c_str()) != 0) fail("cannot be put in place", errno);
  temporary_.clear();
  // The name is safe only when the folder is; a file system that cannot do this is no reason to report a failure.
  const auto folder = path_.has_parent_path() ? path_.parent_path() : fs::path(".");
  if (const int handle = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); handle >= 0) {
    ::fsync(handle);
    ::close(handle);
  }
}

}  // namespace unveil
