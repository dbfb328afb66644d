#pragma once
#include <vector>

namespace CLI {
class App;
}

namespace unveil {

// What every command shares: the options before and beside it.
struct CommandContext {};

using AddCommand = void (*)(CLI::App&, CommandContext&);
std::vector<AddCommand> registered_commands();

}  // namespace unveil
