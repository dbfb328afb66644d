#pragma once
#include <string>

#include "app/exhibit/run_view.h"
#include "app/frame/context.h"
#include "app/shell/layout.h"

namespace unveil {

struct TimelineState {
  std::string unit;  // of the curves shown; empty: the first
};

// The curves of a run: at the left the quantity and its newest value, to be read from afar; at the right the plot.
// Folded it is a line: the quantity, its newest value, and the held-out one. True when it is to be folded or
// unfolded.
bool draw_timeline(ShellContext& context, RunView* run, const Rect& rect, TimelineState& state, bool folded);

// Its newest value as the timeline tells it: smoothed where the curve is. Not of one without values.
double newest(const Curve& curve);

// Columns: step, then one per curve; empty where a curve has no value at that step. Throws Error naming the file.
void write_curves_csv(const std::filesystem::path& path, const std::vector<Curve>& curves);

}  // namespace unveil
