#pragma once
#include <filesystem>

namespace unveil {

// Calls visit(path) for the regular files below a folder, until it returns false; what cannot be entered is passed over.
template <typename Visit>
void walk_files(const std::filesystem::path& folder, Visit visit) {
  namespace fs = std::filesystem;
  std::error_code error;
  fs::recursive_directory_iterator at(folder, fs::directory_options::skip_permission_denied, error), end;
  for (; !error && at != end; at.increment(error)) {
    std::error_code ignored;
    if (at->is_regular_file(ignored) && !visit(at->path())) return;
  }
}

}  // namespace unveil
