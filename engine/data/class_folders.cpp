#include "engine/data/class_folders.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>

#include "engine/data/text.h"

namespace unveil {
namespace {

using Part = ClassFolders::Part;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

std::optional<Part> part_of(const std::string& folder) {
  const std::string name = ascii_lower(folder);
  for (const char* training : {"train", "training"})
    if (name == training) return Part::training;
  for (const char* held_out : {"test", "testing", "val", "valid", "validation"})
    if (name == held_out) return Part::held_out;
  return std::nullopt;
}

// One item's place: its folders, and how many of them lead to the one whose folders are classes.
struct Place {
  std::vector<std::string> folders;
  std::size_t base = 0;
  bool loose() const { return folders.size() <= base; }
};

std::vector<Place> places_of(const std::vector<std::string>& paths) {
  std::vector<Place> places;
  for (const std::string& path : paths) {
    Place place;
    std::size_t from = 0;
    for (std::size_t to; (to = path.find('/', from)) != std::string::npos; from = to + 1)
      place.folders.push_back(path.substr(from, to - from));
    places.push_back(std::move(place));
  }
  return places;
}

class Sorter {
 public:
  Sorter(const std::vector<std::string>& paths, const std::string& item, const std::string& items)
      : paths_(paths), item_(item), items_(items), places_(places_of(paths)) {
    result_.parts.assign(paths.size(), Part::training);
  }

  ClassFolders run() {
    descend();
    if (result_.split) split();
    label();
    return std::move(result_);
  }

 private:
  // Into the folder whose folders mean something: through wrappers, which hold all there is in folders of their own.
  void descend() {
    for (std::size_t base = 0;; ++base) {
      std::map<std::string, std::size_t> inner;  // folders there, and how many items lie loose in each
      bool loose = false;
      for (const Place& place : places_) {
        loose |= place.folders.size() == base;
        if (place.folders.size() > base) inner[place.folders[base]] += place.folders.size() == base + 1;
      }
      for (Place& place : places_) place.base = base;
      bool sides[2] = {};
      for (const auto& [name, count] : inner)
        if (const auto part = part_of(name)) sides[*part] = true;
      if (sides[0] && sides[1]) result_.split = true;
      if (result_.split || loose || inner.size() != 1) return;
      if (inner.begin()->second > 0 && !part_of(inner.begin()->first)) return;
    }
  }

  void split() {
    std::vector<std::size_t> outside;
    for (std::size_t i = 0; i < places_.size(); ++i) {
      const auto part = places_[i].loose() ? std::nullopt : part_of(places_[i].folders[places_[i].base]);
      ++places_[i].base;
      if (part)
        result_.parts[i] = *part;
      else
        outside.push_back(i);
    }
    leave_out(outside, "outside the folders for training and testing");
  }

  void label() {
    std::vector<std::size_t> loose;
    std::size_t used = 0;
    for (std::size_t i = 0; i < places_.size(); ++i) {
      if (result_.parts[i] == Part::left_out) continue;
      ++used;
      if (places_[i].loose()) loose.push_back(i);
    }
    if (loose.size() == used) return;  // no folders, no classes
    if (!loose.empty()) {
      const bool few = loose.size() * 10 < used;
      if (!few && !can_spare(loose)) {
        result_.why_none = fmt::format("{} of {} {} in no class folder, as {}", loose.size(), used,
                                       loose.size() == 1 ? "lies" : "lie", paths_[loose.front()]);
        return;
      }
      leave_out(loose, few ? "beside the class folders" : "of a part without class folders");
    }
    for (std::size_t i = 0; i < places_.size(); ++i)
      if (result_.parts[i] != Part::left_out) result_.classes.push_back(places_[i].folders[places_[i].base]);
    std::sort(result_.classes.begin(), result_.classes.end(), natural_less);
    result_.classes.erase(std::unique(result_.classes.begin(), result_.classes.end()), result_.classes.end());
    if (result_.classes.size() > 256) {
      result_.why_none = fmt::format("{} subfolders; up to 256 are taken as classes", result_.classes.size());
      result_.classes.clear();
      return;
    }
    std::map<std::string, int> number;
    for (const std::string& name : result_.classes) number.emplace(name, static_cast<int>(number.size()));
    for (std::size_t i = 0; i < places_.size(); ++i)
      result_.labels.push_back(result_.parts[i] == Part::left_out ? 0
                                                                  : number.at(places_[i].folders[places_[i].base]));
  }

  // Whether these are whole parts ("test" without classes beside "val" with) whose side keeps others.
  bool can_spare(const std::vector<std::size_t>& loose) const {
    if (!result_.split) return false;
    std::map<std::string, int> of_part, loose_of_part;
    int kept[2] = {};
    for (std::size_t i = 0; i < places_.size(); ++i)
      if (result_.parts[i] != Part::left_out) ++of_part[part_name(i)], kept[result_.parts[i]] += !places_[i].loose();
    for (const std::size_t i : loose) ++loose_of_part[part_name(i)];
    return kept[0] > 0 && kept[1] > 0 &&
           std::all_of(loose_of_part.begin(), loose_of_part.end(),
                       [&](const auto& part) { return of_part.at(part.first) == part.second; });
  }

  const std::string& part_name(std::size_t i) const { return places_[i].folders[places_[i].base - 1]; }

  void leave_out(const std::vector<std::size_t>& which, const char* reason) {
    if (which.empty()) return;
    for (const std::size_t i : which) result_.parts[i] = Part::left_out;
    result_.passed_over.push_back(fmt::format("{} {} {} ({}{})", which.size(), which.size() == 1 ? item_ : items_,
                                              reason, paths_[which.front()], which.size() == 1 ? "" : " …"));
  }

  const std::vector<std::string>& paths_;
  std::string item_, items_;
  std::vector<Place> places_;
  ClassFolders result_;
};

}  // namespace

bool natural_less(const std::string& a, const std::string& b) {
  std::size_t i = 0, j = 0;
  while (i < a.size() && j < b.size()) {
    if (is_digit(a[i]) && is_digit(b[j])) {
      const auto run = [](const std::string& text, std::size_t& at) {
        while (at < text.size() && text[at] == '0') ++at;
        const std::size_t first = at;
        while (at < text.size() && is_digit(text[at])) ++at;
        return text.substr(first, at - first);
      };
      const std::string left = run(a, i), right = run(b, j);
      if (left.size() != right.size()) return left.size() < right.size();
      if (left != right) return left < right;
    } else {
      const auto left = static_cast<unsigned char>(ascii_lower(a[i++])),
                 right = static_cast<unsigned char>(ascii_lower(b[j++]));
      if (left != right) return left < right;
    }
  }
  if (i < a.size() || j < b.size()) return i == a.size();
  return a < b;
}

ClassFolders class_folders(const std::vector<std::string>& paths, const std::string& item, const std::string& items) {
  return Sorter(paths, item, items).run();
}

}  // namespace unveil
