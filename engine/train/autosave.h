#pragma once
#include <filesystem>
#include <string>

namespace unveil {

// The file that one trainer saves by itself: MODEL.safetensors of a folder, or MODEL-2.safetensors and so on where
// other processes have the names before. It is claimed by a lock (flock) on a file beside it, which the system takes
// from whoever dies; so a file without a holder is what a dead process left. Where nothing can be locked, the first
// name is taken unlocked.
class AutosaveSlot {
 public:
  AutosaveSlot() = default;  // none
  // Once. restore: takes over the newest of the dead, where there is one; theirs are never taken otherwise.
  void claim_for(const std::filesystem::path& folder, const std::string& model, bool restore);
  ~AutosaveSlot();  // the file stays, claimed by nobody
  AutosaveSlot(const AutosaveSlot&) = delete;
  AutosaveSlot& operator=(const AutosaveSlot&) = delete;

  const std::filesystem::path& path() const { return path_; }  // empty: none
  bool left_by_dead() const { return left_; }
  // What could not be restored is kept under another name, which is returned.
  std::filesystem::path put_aside();

 private:
  bool claim(const std::filesystem::path& path);
  void release();
  std::filesystem::path path_, lock_path_;
  int lock_ = -1;
  bool left_ = false;
};

}  // namespace unveil
