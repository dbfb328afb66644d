#pragma once
#include <filesystem>
#include <string>
#include <vector>

namespace unveil {

// What a path typed so far may become: entries of its folder that begin with its last part, folders with a '/' at the
// end and first, hidden ones only when a dot is typed. "~/" is the home folder. At most `most`.
std::vector<std::string> complete_path(const std::string& typed, std::size_t most = 12);
// The longest common beginning of the completions, or what was typed.
std::string common_beginning(const std::vector<std::string>& completions, const std::string& typed);
std::string expand_home(const std::string& path);

// Paths and SPECs opened lately, newest first, kept in the user's state folder (XDG_STATE_HOME).
class RecentPaths {
 public:
  RecentPaths();
  explicit RecentPaths(std::filesystem::path file);
  const std::vector<std::string>& items() const { return items_; }
  void add(const std::string& path);  // a state folder that cannot be written is no error

 private:
  std::filesystem::path file_;
  std::vector<std::string> items_;
};

}  // namespace unveil
