#pragma once
#include <string>

#include "app/exhibit/run_view.h"
#include "app/frame/context.h"
#include "app/shell/layout.h"

namespace unveil {

struct TransportState {
  std::string seed_text;  // of the box that starts over with another seed
  bool seed_shown = false;
};

// Brand, Reset, Play, Step, Slow, speed, step and epoch, seed. Publishes transport.* and run.* for scripts.
void draw_transport_bar(ShellContext& context, RunView* run, const Rect& rect, TransportState& state);

// What the keys do too.
void toggle_play(RunView& run);

}  // namespace unveil
