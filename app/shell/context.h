#pragma once
#include <functional>

#include "app/shell/exports.h"
#include "app/shell/notices.h"
#include "app/widgets/ui.h"

namespace unveil {

// What the shell lends to an exhibit while it updates and draws.
struct ShellContext {
  Ui& ui;
  Notices& notices;
  ExportOffers& exports;
  bool presentation = false;   // side panels hidden: there is room, and an audience
  std::function<void()> wake;  // ends the window's wait; may be copied and called from any thread
};

}  // namespace unveil
