#pragma once
#include <functional>
#include <memory>

#include "app/frame/exports.h"
#include "app/frame/notices.h"
#include "app/widgets/ui.h"

namespace unveil {

class DeviceHost;

// What the shell lends to an exhibit while it updates and draws.
struct ShellContext {
  Ui& ui;
  Notices& notices;
  ExportOffers& exports;
  std::shared_ptr<DeviceHost> host;  // where all trainers of the window live
  bool presentation = false;         // side panels hidden: there is room, and an audience
  std::function<void()> wake;        // ends the window's wait; may be copied and called from any thread
};

}  // namespace unveil
