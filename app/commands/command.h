#pragma once
#include <cstdint>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace unveil {

// What every command shares. app/commands/<name>.cpp defines add_<name>_command(), which adds one subcommand to `app`
// with its options and hands its work to `context.work`; the options below are added to every subcommand by the
// frame. Options' variables must outlive add_<name>_command(): keep them in a shared_ptr that the callback captures.
//
//   auto* command = app.add_subcommand("frob", "one line that says what it does");
//   command->callback([&context, options] { context.work = [&context, options] { … }; });
struct CommandContext {
  std::string device;                 // --device: an index or a part of a name; empty: the best
  std::optional<std::uint64_t> seed;  // --seed, where it was given
  bool json = false;                  // --json: one object on standard output and nothing else there
  std::function<void()> work;  // what the chosen command does, run after all of the command line was understood
};

using AddCommand = void (*)(CLI::App&, CommandContext&);
std::vector<AddCommand> registered_commands();

// The object that --json prints, with every key of it; what does not apply to a command stays null.
// Keys: command, exhibit, device, seed, data, split, images, seconds, steps, metrics (an object).
nlohmann::ordered_json command_result(const CommandContext& context, const std::string& command);

// Prints one JSON object and a line break on standard output; numbers that JSON cannot hold become null.
// Throws Error when standard output does not take it.
void print_json(const nlohmann::ordered_json& result);

// The same for text that is meant for people.
void print_text(const std::string& text);

// What may stand on a terminal: control characters, which a file's names may hold, are escaped.
std::string printable(const std::string& text);

// Thrown by work that a signal ended when all that was done is saved and told.
struct EndedBySignal {
  explicit EndedBySignal(int number) : signal(number) {}
  int signal;
};

// Runs the command line. Returns the exit status: 0 done, 1 the work failed, 2 wrong usage, 128 + n ended by signal
// n; an error is one line on standard error. Needs no display and touches no OpenGL.
int run_commands(int argc, char** argv);

}  // namespace unveil
