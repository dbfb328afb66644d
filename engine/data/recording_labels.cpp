#include "engine/data/recording_labels.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <optional>
#include <regex>
#include <set>

#include "engine/data/split.h"

namespace unveil {
namespace {

namespace fs = std::filesystem;

constexpr int kHeldOutBelow = 5;  // of {digit}_{speaker}_{index}, as the Free Spoken Digit Dataset has it
constexpr std::size_t kMostClasses = 256;

struct SpokenDigit {
  std::string digit, speaker;
  int index = 0;
};
std::optional<SpokenDigit> spoken_digit(const fs::path& file) {
  static const std::regex pattern("([0-9])_(.+)_([0-9]{1,6})");
  std::smatch match;
  const std::string stem = file.stem().string();
  // The matcher recurses by character: a name of thousands would be none of these anyway.
  if (stem.size() > 255 || !std::regex_match(stem, match, pattern)) return std::nullopt;
  return SpokenDigit{match[1], match[2], std::stoi(match[3])};
}

// Whether at least half of the speakers say more than one digit, as they do where digits are what is said. Takes of
// songs (1_intro_0, 2_verse_0) have a number for each title.
bool speakers_say_several(const std::vector<SpokenDigit>& spoken) {
  std::map<std::string, std::set<std::string>> said;
  for (const auto& parts : spoken) said[parts.speaker].insert(parts.digit);
  const auto several = std::count_if(said.begin(), said.end(), [](const auto& entry) { return entry.second.size() > 1; });
  return several > 0 && 2 * several >= static_cast<std::ptrdiff_t>(said.size());
}

// The folders a file lies in, below the one that was opened.
std::vector<std::string> folders_of(const Recording& recording) {
  std::vector<std::string> folders;
  for (const auto& part : fs::path(recording.name).parent_path()) folders.push_back(part.string());
  return folders;
}

// The part of a split that a folder's name stands for: true for held out.
std::optional<bool> part_by_name(std::string name) {
  std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
  if (name == "train" || name == "training") return false;
  for (const char* held : {"test", "testing", "val", "valid", "validation"})
    if (name == held) return true;
  return std::nullopt;
}

class Labeller {
 public:
  Labeller(Dataset& dataset, std::vector<Recording> recordings) : dataset_(dataset), recordings_(std::move(recordings)) {}

  std::string run(std::uint64_t seed) {
    split_by_folders();
    std::string said = label_by_names();
    if (said.empty()) said = label_by_folders();
    if (held_out_.empty()) {
      std::vector<std::string> keys;
      for (const auto& recording : recordings_) keys.push_back(recording.name);
      held_out_ = held_out_by_hash(keys, seed);
    }
    for (std::size_t i = 0; i < recordings_.size(); ++i)
      (held_out_[i] ? dataset_.test_recordings : dataset_.train_recordings).push_back(std::move(recordings_[i]));
    return split_said_.empty() ? said : fmt::format("{}; {}", said, split_said_);
  }

 private:
  bool add_kind(const std::string& name, const std::vector<std::string>& values) {
    const std::set<std::string> classes(values.begin(), values.end());
    if (classes.size() > kMostClasses) return false;
    LabelKind kind{name, {classes.begin(), classes.end()}};
    for (std::size_t i = 0; i < recordings_.size(); ++i)
      recordings_[i].labels.push_back(static_cast<std::uint8_t>(
          std::lower_bound(kind.classes.begin(), kind.classes.end(), values[i]) - kind.classes.begin()));
    dataset_.label_kinds.push_back(std::move(kind));
    return true;
  }

  bool both_sides(const std::vector<bool>& held_out) const {
    const auto count = std::count(held_out.begin(), held_out.end(), true);
    return count > 0 && count < static_cast<std::ptrdiff_t>(held_out.size());
  }

  void split_by_folders() {
    std::vector<bool> held_out;
    std::set<std::string> names;
    for (const auto& recording : recordings_) {
      const auto folders = folders_of(recording);
      const auto part = folders.empty() ? std::nullopt : part_by_name(folders.front());
      if (!part) return;
      held_out.push_back(*part);
      names.insert(folders.front());
    }
    if (!both_sides(held_out)) return;
    held_out_ = std::move(held_out);
    split_said_ = fmt::format("split as the folders {} say", fmt::join(names, ", "));
  }

  // Leaves out what has other names. Empty when names say nothing.
  std::string label_by_names() {
    std::vector<SpokenDigit> spoken;
    std::vector<std::string> others;
    for (const auto& recording : recordings_) {
      if (auto parts = spoken_digit(recording.name)) {
        if (spoken.empty()) example_ = fs::path(recording.name).filename().string();
        spoken.push_back(std::move(*parts));
      } else {
        others.push_back(recording.name);
      }
    }
    named_ = spoken.size();
    if (spoken.size() <= others.size() || !speakers_say_several(spoken)) return "";
    std::vector<Recording> kept;
    std::vector<bool> sides, by_index;
    for (std::size_t i = 0; i < recordings_.size(); ++i) {
      if (!spoken_digit(recordings_[i].name)) continue;
      kept.push_back(std::move(recordings_[i]));
      if (!held_out_.empty()) sides.push_back(held_out_[i]);
    }
    recordings_ = std::move(kept);
    std::vector<std::string> speakers, digits;
    for (const auto& parts : spoken) {
      speakers.push_back(parts.speaker);
      digits.push_back(parts.digit);
      by_index.push_back(parts.index < kHeldOutBelow);
    }
    std::string said = add_kind("speaker", speakers)
                           ? "speaker and digit from the names"
                           : fmt::format("digit from the names, which have more than {} speakers", kMostClasses);
    add_kind("digit", digits);
    if (!sides.empty() && both_sides(sides)) {
      held_out_ = std::move(sides);
    } else {
      split_said_.clear();
      held_out_.clear();
      if (both_sides(by_index)) {
        held_out_ = std::move(by_index);
        split_said_ = fmt::format("indices below {} held out", kHeldOutBelow);
      }
    }
    if (!others.empty())
      said += fmt::format("; {} {} without a name like 3_george_0.wav left out: {}", others.size(),
                          others.size() == 1 ? "file" : "files", first_few(others));
    return said;
  }

  // The first folder that is no part of the split.
  std::string folder_label(const Recording& recording) const {
    const auto folders = folders_of(recording);
    const std::size_t at = held_out_.empty() ? 0 : 1;
    return folders.size() > at ? folders[at] : "";
  }

  std::string label_by_folders() {
    std::vector<std::string> labels;
    for (const auto& recording : recordings_) labels.push_back(folder_label(recording));
    const auto without = std::find(labels.begin(), labels.end(), "");
    if (without == labels.end())
      return add_kind("folder", labels) ? "folder labels" : fmt::format("no labels (more than {} subfolders)", kMostClasses);
    if (std::any_of(labels.begin(), labels.end(), [](const auto& label) { return !label.empty(); }))
      return fmt::format("no labels ({} lies in no subfolder)",
                         recordings_[static_cast<std::size_t>(without - labels.begin())].name);
    if (named_ > 0 && 2 * named_ <= recordings_.size())
      return fmt::format("no labels (only {} of {} names are like 3_george_0.wav)", named_, recordings_.size());
    if (named_ > 0)
      return fmt::format("no labels (names like {} are not taken for digits and speakers: hardly anyone says two digits)",
                         example_);
    return "no labels (neither names like 3_george_0.wav nor subfolders)";
  }

  Dataset& dataset_;
  std::vector<Recording> recordings_;
  std::vector<bool> held_out_;  // empty: not decided yet
  std::string split_said_, example_;
  std::size_t named_ = 0;  // {digit}_{speaker}_{index}
};

}  // namespace

std::string first_few(const std::vector<std::string>& names) {
  constexpr std::size_t kNamed = 3;
  const auto end = names.begin() + static_cast<std::ptrdiff_t>(std::min(kNamed, names.size()));
  return fmt::format("{}{}", fmt::join(names.begin(), end, ", "), names.size() > kNamed ? " …" : "");
}

std::string label_recordings(Dataset& dataset, std::vector<Recording> recordings, std::uint64_t seed) {
  return Labeller(dataset, std::move(recordings)).run(seed);
}

}  // namespace unveil
