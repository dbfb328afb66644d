#include "app/shell/gallery.h"

#include <algorithm>

#include "engine/data/format.h"
#include "engine/error.h"

namespace unveil {

Gallery::Gallery(const std::vector<ExhibitEntry>& entries, const std::string& first) {
  for (const auto& entry : entries) rooms_.push_back({std::string(entry.name), entry.make()});
  std::ranges::stable_sort(rooms_, {}, [](const Room& room) { return room.exhibit->chapter(); });
  std::string names;
  for (const auto& room : rooms_) {
    if (current_ < 0 && (first.empty() || room.name == first)) current_ = static_cast<int>(&room - rooms_.data());
    names += (names.empty() ? "" : ", ") + room.name;
  }
  if (!first.empty() && current_ < 0)
    throw UsageError("exhibit '" + first +
                     "': there is none of that name; there are: " + (names.empty() ? "none" : names));
}

void Gallery::visit(int index, const ShellContext& context, const std::string& data, const std::string& load) {
  if (index < 0 || index >= static_cast<int>(rooms_.size())) return;
  if (index != current_ && !at_home_ && exhibit() && current()->started) exhibit()->set_visible(false);
  current_ = index;
  at_home_ = false;
  Room& room = *current();
  room.visited = ++visits_;
  room.since = context.ui.now;
  if (!room.started) {
    room.exhibit->start(context, data, load);
    room.started = true;
  }
  room.exhibit->set_visible(true);
}

void Gallery::go_home() {
  if (at_home_ || !exhibit()) return;
  if (current()->started) exhibit()->set_visible(false);
  at_home_ = true;
}

void Gallery::open(const std::string& what, ShellContext& context) {
  try {
    // The one in front takes single pictures too, also from home.
    const bool rests = at_home_ && exhibit() && current()->started;
    if (rests) exhibit()->set_visible(true);
    const auto rest = [&] {
      if (rests && at_home_) exhibit()->set_visible(false);
    };
    try {
      if (exhibit() && exhibit()->accepts(what)) {
        if (at_home_) visit(current_, context);
        return exhibit()->open(context, what);
      }
    } catch (const Error&) {
      rest();
      throw;
    }
    rest();
    for (int i = 0; i < static_cast<int>(rooms_.size()); ++i) {
      if (i == current_ || !rooms_[static_cast<std::size_t>(i)].exhibit->accepts(what)) continue;
      if (!exhibit() || !current()->started) {
        leaving_ = Leaving{i, what, {}};
        return answer(true, context);
      }
      leaving_ = Leaving{i, what, rooms_[static_cast<std::size_t>(i)].exhibit->told(what)};
      return;
    }
    context.notices.error(what + ": no exhibit can show this; accepted are a checkpoint, " + accepted_specs({}));
  } catch (const Error& error) {
    context.notices.error(error.what());
  }
}

void Gallery::answer(bool go, ShellContext& context) {
  if (!leaving_) return;
  const Leaving leaving = std::move(*leaving_);
  leaving_.reset();
  if (!go) return;
  try {
    visit(leaving.room, context);
    // What trained there when it was left does not go on by itself with something else.
    exhibit()->run().pause();
    exhibit()->open(context, leaving.what);
  } catch (const Error& error) {
    context.notices.error(error.what());
  }
}

}  // namespace unveil
