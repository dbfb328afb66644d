#pragma once
#include <span>

#include "app/exhibit/run_view.h"

namespace unveil {

// What keys and Ctrl+K ask of the shell.
struct KeyRequests {
  bool play = false, step = false, slow = false, reset = false, trained = false;  // of the run in front
  bool home = false, find = false, open = false, save = false, export_view = false, keys = false;
  bool presentation = false, full_screen = false, theme = false, fold = false;
  bool panels = false;  // something in them is to be seen
  int zoom = 0;         // steps of Ctrl + and Ctrl -
  bool reset_zoom = false;
};

// A row of the list of keys, and what Ctrl+K finds under its words.
struct CommandRow {
  const char *keys, *meaning;           // empty: a gap between rows
  void (*ask)(KeyRequests&) = nullptr;  // none: only with the hand where it belongs
  bool listed = true;                   // among the keys
};
std::span<const CommandRow> command_rows();

// Not while text is being typed; `covered` (a dialog is open) leaves only the keys that open and close.
KeyRequests poll_shortcuts(bool covered);
// What of them is the transport's.
void ask_run(RunView* run, const KeyRequests& requests);

}  // namespace unveil
