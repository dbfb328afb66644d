#pragma once
#include "app/frame/context.h"
#include "app/shell/gallery.h"
#include "app/shell/layout.h"

namespace unveil {

struct RailState {
  float scroll = 0;
  int followed = -1;  // the exhibit that was last scrolled to
};

struct RailResult {
  int visit = -1;  // an exhibit was chosen
  bool home = false, open = false, theme = false, keys = false;
};

// The map of the course, then the chapters with their exhibits; below them opening, the theme, the keys. Where the
// window is too low for all, only the chapter in front is unfolded; and where it is lower still, the list scrolls.
RailResult draw_rail(ShellContext& context, Gallery& gallery, const Rect& rect, RailState& state);

}  // namespace unveil
