#pragma once
#include "app/exhibit/run_view.h"

namespace unveil {

// What the keys ask of the shell; those of the transport are done at once.
struct KeyRequests {
  bool open = false, save = false, export_view = false, keys = false, presentation = false, full_screen = false;
  int zoom = 0;  // steps of Ctrl + and Ctrl -
  bool reset_zoom = false;
};

// Not while text is being typed; `covered` (a dialog is open) leaves only the keys that open and close.
KeyRequests poll_shortcuts(RunView* run, bool covered);

}  // namespace unveil
