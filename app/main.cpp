#include "app/commands/command.h"
#include "app/shell/start.h"

// Decides between the window and a command.
int main(int argc, char** argv) {
  return unveil::wants_window(argc, argv) ? unveil::start_window(argc, argv) : unveil::run_commands(argc, argv);
}
