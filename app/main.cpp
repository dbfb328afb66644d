#include "app/commands/command.h"

int main(int argc, char** argv) {
  return unveil::run_commands(argc, argv);
}
