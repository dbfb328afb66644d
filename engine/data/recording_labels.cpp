#include "engine/data/recording_labels.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <optional>
#include <regex>
#include <set>

#include "engine/data/class_folders.h"
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
  const auto several =
      std::count_if(said.begin(), said.end(), [](const auto& entry) { return entry.second.size() > 1; });
  return several > 0 && 2 * several >= static_cast<std::ptrdiff_t>(said.size());
}

class Labeller {
 public:
  Labeller(Dataset& dataset, std::vector<Recording> recordings)
      : dataset_(dataset), recordings_(std::move(recordings)) {
    std::vector<std::string> names;
    for (const auto& recording : recordings_) names.push_back(recording.name);
    folders_ = class_folders(names, "recording", "recordings");
  }

  std::string run(std::uint64_t seed) {
    std::string said = label_by_names();
    if (said.empty()) said = label_by_folders();
    if (held_out_.empty()) {
      std::vector<std::string> keys;
      for (const auto& recording : recordings_) keys.push_back(recording.name);
      held_out_ = held_out_by_hash(keys, seed);
    }
    for (std::size_t i = 0; i < recordings_.size(); ++i)
      (held_out_[i] ? dataset_.test_recordings : dataset_.train_recordings).push_back(std::move(recordings_[i]));
    return said;
  }

 private:
  void add_labels(const std::string& name, const std::vector<std::string>& classes,
                  const std::vector<std::string>& values) {
    std::map<std::string, std::uint8_t> numbers;
    for (const auto& c : classes) numbers.emplace(c, static_cast<std::uint8_t>(numbers.size()));
    for (std::size_t i = 0; i < recordings_.size(); ++i) recordings_[i].labels.push_back(numbers.at(values[i]));
    dataset_.label_kinds.push_back({name, classes});
  }
  // False for more classes than a label can tell apart.
  bool add_labels(const std::string& name, const std::vector<std::string>& values) {
    std::vector<std::string> classes = values;
    std::sort(classes.begin(), classes.end(), natural_less);
    classes.erase(std::unique(classes.begin(), classes.end()), classes.end());
    if (classes.size() > kMostClasses) return false;
    add_labels(name, classes, values);
    return true;
  }

  // Keeps those recordings alone; their sides are those of folders called train and test, where both are kept.
  bool keep(const std::vector<bool>& wanted) {
    std::vector<Recording> kept;
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      if (!wanted[i]) continue;
      kept.push_back(std::move(recordings_[i]));
      held_out_.push_back(folders_.parts[i] == ClassFolders::held_out);
    }
    recordings_ = std::move(kept);
    if (!folders_.split || !both_sides(held_out_)) held_out_.clear();
    return !held_out_.empty();
  }

  static bool both_sides(const std::vector<bool>& held_out) {
    const auto count = std::count(held_out.begin(), held_out.end(), true);
    return count > 0 && count < static_cast<std::ptrdiff_t>(held_out.size());
  }

  // Leaves out what has other names. Empty when names say nothing.
  std::string label_by_names() {
    std::vector<SpokenDigit> spoken;
    std::vector<std::string> others;
    std::vector<bool> wanted;
    for (const auto& recording : recordings_) {
      auto parts = spoken_digit(recording.name);
      wanted.push_back(parts.has_value());
      if (parts && spoken.empty()) example_ = fs::path(recording.name).filename().string();
      if (parts)
        spoken.push_back(std::move(*parts));
      else
        others.push_back(recording.name);
    }
    named_ = spoken.size();
    if (spoken.size() <= others.size() || !speakers_say_several(spoken)) return "";
    const bool by_folders = keep(wanted);
    std::vector<std::string> speakers, digits;
    std::vector<bool> by_index;
    for (const auto& parts : spoken) {
      speakers.push_back(parts.speaker);
      digits.push_back(parts.digit);
      by_index.push_back(parts.index < kHeldOutBelow);
    }
    std::string said = add_labels("speaker", speakers)
                           ? "speaker and digit from the names"
                           : fmt::format("digit from the names, which have more than {} speakers", kMostClasses);
    add_labels("digit", digits);
    if (by_folders) {
      said += "; split by their folders";
    } else if (both_sides(by_index)) {
      held_out_ = std::move(by_index);
      said += fmt::format("; indices below {} held out", kHeldOutBelow);
    }
    if (!others.empty())
      said += fmt::format("; {} {} without a name like 3_george_0.wav left out: {}", others.size(),
                          others.size() == 1 ? "file" : "files", first_few(others));
    return said;
  }

  std::string label_by_folders() {
    std::vector<bool> wanted;
    std::vector<std::string> labels;
    for (std::size_t i = 0; i < recordings_.size(); ++i) {
      wanted.push_back(folders_.parts[i] != ClassFolders::left_out);
      if (wanted.back() && !folders_.classes.empty())
        labels.push_back(folders_.classes[static_cast<std::size_t>(folders_.labels[i])]);
    }
    const std::size_t count = recordings_.size();
    const bool by_folders = keep(wanted);
    if (!labels.empty()) add_labels("folder", folders_.classes, labels);
    std::string said = labels.empty() ? fmt::format("no labels ({})", why_none(count)) : "folder labels";
    if (by_folders) said += "; split by their folders";
    for (const auto& left_out : folders_.passed_over) said += fmt::format("; {} left out", left_out);
    return said;
  }

  std::string why_none(std::size_t count) const {
    if (!folders_.why_none.empty()) return folders_.why_none;
    if (named_ == 0) return "neither names like 3_george_0.wav nor subfolders";
    if (2 * named_ <= count) return fmt::format("only {} of {} names are like 3_george_0.wav", named_, count);
    return fmt::format("names like {} are not taken for digits and speakers: hardly anyone says two digits",
                       example_);
  }

  Dataset& dataset_;
  std::vector<Recording> recordings_;
  ClassFolders folders_;        // of all recordings there were
  std::vector<bool> held_out_;  // empty: not decided yet
  std::string example_;
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
