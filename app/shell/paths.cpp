#include "app/shell/paths.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>

namespace unveil {
namespace {

constexpr std::size_t kMostRecent = 8;

std::filesystem::path state_file() {
  if (const char* state = std::getenv("XDG_STATE_HOME"); state && *state)
    return std::filesystem::path(state) / "unveil/recent";
  if (const char* home = std::getenv("HOME"); home && *home)
    return std::filesystem::path(home) / ".local/state/unveil/recent";
  return {};
}

}  // namespace

std::string expand_home(const std::string& path) {
  const char* home = std::getenv("HOME");
  if (home && (path == "~" || path.rfind("~/", 0) == 0)) return home + path.substr(1);
  return path;
}

std::vector<std::string> complete_path(const std::string& typed, std::size_t most) {
  const auto slash = typed.rfind('/');
  const std::string folder = slash == std::string::npos ? "" : typed.substr(0, slash + 1);
  const std::string begun = slash == std::string::npos ? typed : typed.substr(slash + 1);
  std::vector<std::pair<bool, std::string>> found;  // is a file, path
  std::error_code error;
  const std::string where = folder.empty() ? "." : expand_home(folder);
  for (std::filesystem::directory_iterator
           it(where, std::filesystem::directory_options::skip_permission_denied, error),
       end;
       !error && it != end; it.increment(error)) {
    const std::string name = it->path().filename().string();
    if (name.rfind(begun, 0) != 0 || (begun.empty() && name[0] == '.')) continue;
    std::error_code ignored;
    const bool is_folder = it->is_directory(ignored);
    found.emplace_back(!is_folder, folder + name + (is_folder ? "/" : ""));
  }
  std::sort(found.begin(), found.end());
  std::vector<std::string> out;
  for (auto& [file, path] : found) {
    if (out.size() == most) break;
    out.push_back(std::move(path));
  }
  return out;
}

std::string common_beginning(const std::vector<std::string>& completions, const std::string& typed) {
  if (completions.empty()) return typed;
  std::string common = completions.front();
  for (const auto& path : completions) {
    const auto [a, b] = std::mismatch(common.begin(), common.end(), path.begin(), path.end());
    common.erase(a, common.end());
  }
  return common.size() > typed.size() ? common : typed;
}

RecentPaths::RecentPaths() : RecentPaths(state_file()) {}

RecentPaths::RecentPaths(std::filesystem::path file) : file_(std::move(file)) {
  if (file_.empty()) return;
  std::ifstream in(file_);
  for (std::string line; std::getline(in, line) && items_.size() < kMostRecent;) {
    if (!line.empty()) items_.push_back(line);
  }
}

void RecentPaths::add(const std::string& path) {
  std::erase(items_, path);
  items_.insert(items_.begin(), path);
  if (items_.size() > kMostRecent) items_.resize(kMostRecent);
  if (file_.empty()) return;
  std::error_code ignored;
  std::filesystem::create_directories(file_.parent_path(), ignored);
  std::ofstream out(file_);
  for (const auto& item : items_) out << item << '\n';
}

}  // namespace unveil
