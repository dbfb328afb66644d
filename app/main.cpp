#include <cstdlib>
#include <string>

#include "app/commands/command.h"
#include "app/shell/start.h"
#include "engine/gpu/device.h"

// Decides between the window and a command.
int main(int argc, char** argv) {
  if (!unveil::wants_window(argc, argv)) {
    unveil::prepare_lavapipe();
    return unveil::run_commands(argc, argv);
  }
  // What is asked of the kernels is not meant for the window's drawing: Mesa's OpenGL on the processor crashes at 16
  // lanes.
  constexpr const char* kWidth = "LP_NATIVE_VECTOR_WIDTH";
  const char* asked = std::getenv(kWidth);
  const std::string width = asked ? asked : "";
  if (asked) setenv(kWidth, "256", 1);
  return unveil::start_window(argc, argv, [&] {
    if (!width.empty()) setenv(kWidth, width.c_str(), 1);
    unveil::prepare_lavapipe();
  });
}
