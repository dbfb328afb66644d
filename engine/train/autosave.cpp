#include "engine/train/autosave.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <vector>

namespace unveil {
namespace {

namespace fs = std::filesystem;

constexpr int kMostSlots = 100;

fs::path slot_path(const fs::path& folder, const std::string& model, int slot) {
  return folder / (slot == 1 ? model + ".safetensors" : fmt::format("{}-{}.safetensors", model, slot));
}

}  // namespace

void AutosaveSlot::claim_for(const fs::path& folder, const std::string& model, bool restore) {
  std::error_code error;
  fs::create_directories(folder, error);
  struct Left {
    fs::path path;
    fs::file_time_type time;
  };
  std::vector<Left> all;
  for (int slot = 1; slot <= kMostSlots; ++slot) {
    const auto path = slot_path(folder, model, slot);
    if (const auto time = fs::last_write_time(path, error); !error) all.push_back({path, time});
  }
  std::ranges::sort(all, std::greater<>(), &Left::time);
  for (const auto& [path, time] : all) {
    if (!restore || !claim(path)) continue;
    // Its holder may have ended well since it was seen.
    left_ = fs::exists(path, error);
    return;
  }
  for (int slot = 1; slot <= kMostSlots; ++slot) {
    const auto path = slot_path(folder, model, slot);
    if (fs::exists(path, error) || !claim(path)) continue;
    if (!fs::exists(path, error)) return;
    release();  // another saved and died in between
  }
  path_ = slot_path(folder, model, 1);
}

bool AutosaveSlot::claim(const fs::path& path) {
  const auto lock_path = path.parent_path() / ("." + path.stem().string() + ".lock");
  for (int attempt = 0; attempt < 10; ++attempt) {
    const int lock = ::open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (lock < 0) return false;
    const bool held = ::flock(lock, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
    // The holder removes the lock's file when it ends: what is locked must still be what has the name.
    struct stat locked {
    }, named{};
    const bool same = ::fstat(lock, &locked) == 0 && ::stat(lock_path.c_str(), &named) == 0 &&
                      locked.st_ino == named.st_ino && locked.st_dev == named.st_dev;
    if (!held && same) {
      path_ = path;
      lock_path_ = lock_path;
      lock_ = lock;
      return true;
    }
    ::close(lock);
    if (held) return false;
  }
  return false;
}

AutosaveSlot::~AutosaveSlot() {
  release();
}

void AutosaveSlot::release() {
  if (lock_ < 0) return;
  ::unlink(lock_path_.c_str());
  ::close(lock_);
  lock_ = -1;
}

fs::path AutosaveSlot::put_aside() {
  std::error_code error;
  left_ = false;
  for (int number = 1; number <= kMostSlots; ++number) {
    auto aside = path_;
    aside.replace_filename(fmt::format("{}.kept-{}.safetensors", path_.stem().string(), number));
    if (fs::exists(aside, error)) continue;
    fs::rename(path_, aside, error);
    return error ? path_ : aside;
  }
  return path_;
}

}  // namespace unveil
