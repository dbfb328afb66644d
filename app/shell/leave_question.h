#pragma once
#include "app/frame/context.h"
#include "app/shell/gallery.h"

namespace unveil {

// Asks whether to go to another exhibit for what was dropped or opened, saying what becomes of the models here and
// there. Draws nothing while there is nothing to ask.
void draw_leave_question(ShellContext& context, Gallery& gallery);

}  // namespace unveil
