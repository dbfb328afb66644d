#pragma once
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace unveil {

// The files below a folder of data. Hidden entries and those that systems leave behind (.DS_Store, ._a.wav, __MACOSX,
// Thumbs.db …) are passed over; links are followed, each folder is entered once, so that loops end and no file counts
// twice.
struct FolderFiles {
  struct Reason {
    int count = 0;
    std::string first;  // relative to the folder
  };
  std::vector<std::filesystem::path> files;   // regular files, sorted
  std::map<std::string, Reason> passed_over;  // by why: "hidden or system", "broken link" …

  void pass_over(const std::string& why, const std::string& name);
  // "; passed over: 2 hidden or system (.DS_Store …), 1 broken link (a.png)"; empty where nothing was.
  std::string passed_over_text() const;
};

// Throws Error for a folder that is none of data: one too large to be meant (above kMostEntries, or with thousands of
// entries of which hardly any is a picture or a sound), such as the whole disk. It says so after a glance.
FolderFiles files_below(const std::filesystem::path& folder);
constexpr int kMostEntries = 4'000'000;

// The check of files_below alone: looks at a bounded number of entries.
void require_data_folder(const std::filesystem::path& folder);

// Whether one of the first files below a folder (a bounded number) is wanted. Throws nothing of its own.
bool any_file_below(const std::filesystem::path& folder,
                    const std::function<bool(const std::filesystem::path&)>& wanted);

}  // namespace unveil
