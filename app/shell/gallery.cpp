#include "app/shell/gallery.h"

#include "engine/error.h"

namespace unveil {

Gallery::Gallery(const std::vector<ExhibitEntry>& entries, const std::string& first) {
  std::string names;
  for (const auto& entry : entries) {
    if (entry.name == first || (first.empty() && current_ < 0)) current_ = static_cast<int>(rooms_.size());
    rooms_.push_back({std::string(entry.name), entry.make(), false, 0});
    names += (names.empty() ? "" : ", ") + std::string(entry.name);
  }
  if (!first.empty() && current_ < 0)
    throw UsageError("exhibit '" + first +
                     "': there is none of that name; there are: " + (names.empty() ? "none" : names));
}

void Gallery::visit(int index, const ShellContext& context, const std::string& data, const std::string& load) {
  if (index < 0 || index >= static_cast<int>(rooms_.size())) return;
  if (index != current_ && exhibit() && current()->started) exhibit()->set_visible(false);
  current_ = index;
  Room& room = *current();
  if (!room.started) {
    room.exhibit->start(context, data, load);
    room.started = true;
  }
  room.exhibit->set_visible(true);
}

void Gallery::open(const std::string& what, ShellContext& context) {
  try {
    if (exhibit() && exhibit()->open(context, what)) return;
    for (int i = 0; i < static_cast<int>(rooms_.size()); ++i) {
      Room& room = rooms_[static_cast<std::size_t>(i)];
      if (i == current_) continue;
      if (!room.started) {
        room.exhibit->start(context, {}, {});
        room.exhibit->set_visible(false);
        room.started = true;
      }
      if (!room.exhibit->open(context, what)) continue;
      visit(i, context);
      return;
    }
    context.notices.error(what +
                          ": no exhibit can show this; IDX files, a folder of pictures or a checkpoint are accepted");
  } catch (const Error& error) {
    context.notices.error(error.what());
  }
}

}  // namespace unveil
