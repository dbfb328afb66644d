#pragma once
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "app/widgets/marks.h"

namespace unveil {

// "run.step >= 10", "transport.playing == true", "notices.last contains \"no such\"".
struct Condition {
  std::string name;
  std::string comparison;  // == != < <= > >= contains
  std::string value;
};

struct ScriptCommand {
  int line = 0;
  std::string verb;
  std::vector<std::string> words;  // what follows the verb, quotes removed
  Condition condition;             // of wait-for and expect
  double within = 30;              // seconds, of wait-for
};

// One command a line; '#' begins a comment; words with spaces are quoted with ". Throws UsageError naming the line.
//   click NAME | right-click NAME | double-click NAME | hover NAME [X Y] | drag NAME X1 Y1 X2 Y2 … | scroll NAME
//   TICKS type TEXT | key CHORD | drop PATH | resize WIDTH HEIGHT wait SECONDS | wait-frames N | wait-for CONDITION
//   [within SECONDS] | expect CONDITION screenshot FILE.png | frame-stats | print NAME | marks | quit
// Positions X, Y are 0..1 inside the named rectangle. frame-stats prints the frames since the last one and publishes
// frames.count, frames.median_ms and frames.p95_ms; marks prints every name on the screen.
std::vector<ScriptCommand> parse_script(std::string_view text);

using States = std::map<std::string, StateValue, std::less<>>;
// A condition on a name that was never published is false.
bool holds(const Condition& condition, const States& states);
std::string describe(const StateValue& value);

}  // namespace unveil
