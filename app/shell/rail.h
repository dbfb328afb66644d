#pragma once
#include "app/frame/context.h"
#include "app/shell/gallery.h"
#include "app/shell/layout.h"

namespace unveil {

struct RailResult {
  int visit = -1;  // an exhibit was chosen
  bool open = false, theme = false, keys = false;
};

// One entry per exhibit; below them opening, the theme, the keys.
RailResult draw_rail(ShellContext& context, Gallery& gallery, const Rect& rect);

}  // namespace unveil
