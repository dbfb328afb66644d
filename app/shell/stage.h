#pragma once
#include "app/frame/context.h"
#include "app/shell/gallery.h"
#include "app/shell/layout.h"

namespace unveil {

// Title, one line, tabs, and below them the exhibit's own view with generous margins; returns where that is.
Rect draw_stage(ShellContext& context, Gallery& gallery, const Rect& rect);

}  // namespace unveil
