#include "engine/data/walk.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include <algorithm>
#include <deque>
#include <set>
#include <string_view>

#include "engine/data/text.h"
#include "engine/data/what_is.h"
#include "engine/error.h"

namespace unveil {
namespace {

namespace fs = std::filesystem;

constexpr int kGlance = 20'000;     // entries that are looked at before a folder must have shown what it is
constexpr int kSample = 400;        // of those, the files that are opened
constexpr double kLeastShare = .1;  // of them, that must be data

// What systems and programs write beside people's files; what begins with a dot is hidden anyway.
bool is_hidden_or_system(const std::string& name) {
  static constexpr std::string_view kNames[] = {"__macosx",
                                                "thumbs.db",
                                                "ehthumbs.db",
                                                "desktop.ini",
                                                "@eadir",
                                                "#recycle",
                                                "$recycle.bin",
                                                "recycler",
                                                "lost+found",
                                                "__pycache__",
                                                "icon\r",
                                                "folder.htt",
                                                "system volume information"};
  if (name.starts_with(".")) return true;
  return std::find(std::begin(kNames), std::end(kNames), ascii_lower(name)) != std::end(kNames);
}

bool is_below(const fs::path& inner, const fs::path& outer) {
  return std::mismatch(outer.begin(), outer.end(), inner.begin(), inner.end()).first == outer.end();
}

// A folder of the kernel's (proc, sysfs …), whose files are none and may wait for ever when they are opened.
bool is_of_the_kernel(const fs::path& folder) {
  struct statfs info {};
  if (::statfs(folder.c_str(), &info) != 0) return false;
  switch (static_cast<unsigned long>(info.f_type)) {
    case 0x9fa0:
    case 0x62656572:
    case 0x64626720:
    case 0x74726163:
    case 0x27e0eb:
    case 0x63677270:
    case 0x1cd1:
    case 0x73636673:
    case 0xcafe4a11:
    case 0x6165676c:
    case 0x42494e4d:
    case 0x958458f6:
    case 0x19800202: return true;
    default: return false;
  }
}

// One pass over what lies below a folder: real folders first, then links to folders, then those to files, in the
// order of their names.
class Walk {
 public:
  enum class Verdict { go_on, stop };
  using Visit = std::function<Verdict(const fs::path&)>;

  Walk(const fs::path& folder, Visit visit, FolderFiles* report)
      : folder_(folder), visit_(std::move(visit)), report_(report) {}

  // False when it was stopped, or after `most` entries.
  bool run(int most) {
    left_ = most;
    if (!enter_tree(folder_)) return false;
    while (!links_.empty()) {
      const auto link = links_.front();
      links_.pop_front();
      if (!enter_tree(link)) return false;
    }
    for (const auto& link : file_links_) {
      std::error_code error;
      const auto target = fs::canonical(link, error);
      if (error || was_visited(target) || !linked_files_.insert(target).second)
        pass_over("leading to a file that is read already", link);
      else if (visit_(link) == Verdict::stop)
        return false;
    }
    return true;
  }

 private:
  void pass_over(const char* why, const fs::path& path) {
    if (report_) report_->pass_over(why, path.lexically_relative(folder_).generic_string());
  }

  bool enter_tree(const fs::path& folder) {
    std::error_code error;
    auto tree = fs::canonical(folder, error);
    if (error) return pass_over("unreadable", folder), true;
    if (!trees_.empty() && tree != trees_.front() && is_below(trees_.front(), tree))
      return pass_over("leading to a folder above", folder), true;
    trees_.push_back(std::move(tree));
    return enter(folder, 0);
  }

  // Whether the walk came by it without a link; what a hidden folder keeps it did not see.
  bool was_visited(const fs::path& target) const {
    return std::any_of(trees_.begin(), trees_.end(), [&](const fs::path& tree) {
      if (!is_below(target, tree)) return false;
      const auto inner = target.lexically_relative(tree);
      return std::none_of(inner.begin(), inner.end(),
                          [](const fs::path& part) { return is_hidden_or_system(part.string()); });
    });
  }

  bool enter(const fs::path& folder, dev_t parent_device) {
    struct stat info {};
    if (::stat(folder.c_str(), &info) != 0) return pass_over("unreadable", folder), true;
    if (!entered_.insert({info.st_dev, info.st_ino}).second)
      return pass_over("leading to a folder that is read already", folder), true;
    if (info.st_dev != parent_device && is_of_the_kernel(folder)) return pass_over("of the kernel", folder), true;
    std::error_code error;
    std::vector<fs::directory_entry> entries;
    fs::directory_iterator at(folder, error), end;
    if (error) return pass_over("unreadable", folder), true;
    for (; !error && at != end && left_ > 0; at.increment(error), --left_) entries.push_back(*at);
    const bool cut = !error && at != end;
    std::sort(entries.begin(), entries.end());
    std::vector<fs::path> folders;
    for (const auto& entry : entries) {
      std::error_code ignored;
      if (is_hidden_or_system(entry.path().filename().string())) {
        pass_over("hidden or system", entry.path());
      } else if (entry.is_directory(ignored)) {
        if (entry.is_symlink(ignored))
          links_.push_back(entry.path());
        else
          folders.push_back(entry.path());
      } else if (entry.is_regular_file(ignored)) {
        if (entry.is_symlink(ignored))
          file_links_.push_back(entry.path());
        else if (visit_(entry.path()) == Verdict::stop)
          return false;
      } else {
        pass_over(entry.is_symlink(ignored) ? "broken link" : "neither file nor folder", entry.path());
      }
    }
    return !cut && std::all_of(folders.begin(), folders.end(),
                               [&](const fs::path& inner) { return enter(inner, info.st_dev); });
  }

  fs::path folder_;
  Visit visit_;
  FolderFiles* report_;
  int left_ = 0;
  std::set<std::pair<dev_t, ino_t>> entered_;
  std::vector<fs::path> trees_;              // canonical: what was entered by a name of its own
  std::deque<fs::path> links_, file_links_;  // met and not yet followed: to folders, to files
  std::set<fs::path> linked_files_;          // canonical
};

bool is_data(const fs::path& file) {
  const auto kind = what_is(file).kind;
  return kind == FileKind::picture || kind == FileKind::sound || kind == FileKind::idx || kind == FileKind::array;
}

}  // namespace

void FolderFiles::pass_over(const std::string& why, const std::string& name) {
  auto& reason = passed_over[why];
  if (reason.count++ == 0) reason.first = name;
}

std::string FolderFiles::passed_over_text() const {
  std::string text;
  for (const auto& [why, reason] : passed_over)
    text += fmt::format("{}{} {} ({}{})", text.empty() ? "; passed over: " : ", ", reason.count, why, reason.first,
                        reason.count > 1 ? " …" : "");
  return text;
}

void require_data_folder(const fs::path& folder) {
  constexpr const char* kMeant =
      "a data folder holds pictures or recordings, in subfolders by class if you like, and little else: name that "
      "one";
  if (std::error_code ignored; fs::equivalent(folder, "/", ignored))
    throw Error(fmt::format("{}: the whole disk; {}", folder.string(), kMeant));
  std::vector<fs::path> files;
  const bool all =
      Walk(
          folder, [&](const fs::path& file) { return files.push_back(file), Walk::Verdict::go_on; }, nullptr)
          .run(kGlance);
  if (all) return;
  const std::size_t step = std::max<std::size_t>(1, files.size() / kSample);
  int looked = 0, found = 0;
  for (std::size_t i = 0; i < files.size(); i += step, ++looked) found += is_data(files[i]);
  if (found < kLeastShare * looked || looked == 0)
    throw Error(fmt::format("{}: more than {} entries, and of {} files looked at {} are pictures or recordings; {}",
                            folder.string(), kGlance, looked, found, kMeant));
}

FolderFiles files_below(const fs::path& folder) {
  require_data_folder(folder);
  FolderFiles found;
  const bool all =
      Walk(
          folder, [&](const fs::path& file) { return found.files.push_back(file), Walk::Verdict::go_on; }, &found)
          .run(kMostEntries);
  if (!all)
    throw Error(fmt::format("{}: more than {} entries; a smaller folder is accepted", folder.string(), kMostEntries));
  std::sort(found.files.begin(), found.files.end());
  return found;
}

bool any_file_below(const fs::path& folder, const std::function<bool(const fs::path&)>& wanted) {
  bool found = false;
  Walk(
      folder,
      [&](const fs::path& file) {
        found = wanted(file);
        return found ? Walk::Verdict::stop : Walk::Verdict::go_on;
      },
      nullptr)
      .run(kGlance);
  return found;
}

}  // namespace unveil
