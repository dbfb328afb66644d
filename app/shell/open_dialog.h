#pragma once
#include <optional>
#include <string>
#include <vector>

#include "app/exhibit/exhibit.h"
#include "app/frame/context.h"
#include "app/shell/paths.h"

namespace unveil {

// Ctrl+O: a path field with completion; below it what can be opened without typing, and the recent ones.
class OpenDialog {
 public:
  void show();
  bool shown() const { return shown_; }
  // Returns what is to be opened: a path or a data SPEC.
  std::optional<std::string> draw(ShellContext& context, const std::vector<OpenSuggestion>& suggestions,
                                  const RecentPaths& recent);

 private:
  struct Row {
    std::string value, note;
  };
  std::vector<Row> rows(const std::vector<OpenSuggestion>& suggestions, const RecentPaths& recent) const;
  bool shown_ = false, focus_ = false;
  std::string typed_;
  int selected_ = -1;  // row chosen with the arrow keys, -1: the field itself
};

}  // namespace unveil
