#pragma once
#include "app/exhibit/run_view.h"
#include "app/frame/context.h"
#include "app/shell/layout.h"

namespace unveil {

// device · ms per step · images/s · frames/s · memory, and at the right what is under way.
void draw_status_bar(ShellContext& context, const RunView* run, const Rect& rect, double frames_per_second);

}  // namespace unveil
