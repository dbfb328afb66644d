#pragma once
#include <functional>
#include <string>
#include <vector>

#include "app/exhibit/exhibit.h"

namespace unveil {

struct WindowOptions {
  std::string exhibit, data, load;  // which one opens, on what
  std::string script;               // file of commands for the driver
  std::string theme;                // "dark" or "light"; empty: as it was last
  std::string size = "1440x900";
  double scale = 0;  // pixels per design unit; 0: what the display asks for, times what was chosen last
};

// Opens the window and stays until it is closed. context_ready is called once the OpenGL context exists and before
// any exhibit (and with it any Vulkan instance) is made. Returns the exit status: 1 when a script failed, 128 + the
// signal that ended it (what was trained is then kept for the next start). Throws
// UsageError for options that make no sense, Error when there is no display.
int run_window(const WindowOptions& options, const std::vector<ExhibitEntry>& exhibits,
               const std::function<void()>& context_ready = {});

}  // namespace unveil
