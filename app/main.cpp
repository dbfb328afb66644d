#include "app/commands/command.h"
#include "app/shell/start.h"
#include "engine/gpu/device.h"

// Decides between the window and a command.
int main(int argc, char** argv) {
  if (unveil::wants_window(argc, argv)) return unveil::start_window(argc, argv, [] { unveil::prepare_lavapipe(); });
  unveil::prepare_lavapipe();
  return unveil::run_commands(argc, argv);
}
