#pragma once
#include <map>
#include <optional>
#include <string>

#include "app/exhibit/run_view.h"
#include "app/frame/context.h"

namespace unveil {

constexpr double kLit = 3;

struct KnobsState {
  std::map<std::string, double> pending;  // rebuilding knobs changed by hand but not yet applied
  std::string editing;                    // the knob whose number is being typed
  std::string typed;
  // What was changed but not applied was meant for one model of one exhibit: another model makes it void, so that the
  // panel never shows a knob that no model has.
  void meant_for(const std::string& exhibit, std::uint64_t build);
  std::string exhibit;
  std::uint64_t build = 0;
  // One to be shown: unfolded, scrolled to and lit up until then (seconds, as Ui::now), which is so long.
  std::string lit;
  double lit_until = 0;
};

// Where a value lies on its slider, 0..1, and back; a value from a slider has few digits, and is whole for integers.
double knob_position(const KnobView& knob, double value);
double knob_value(const KnobView& knob, double position);
// "0.001", "on", "gated"
std::string knob_text(const KnobView& knob, double value);

// One row of knobs: its label (whose click puts the default back), number and slider, named "<group>.<knob>". Returns
// a new value when the hand changed it; `changed` marks it as differing from what is meant to be.
std::optional<double> knob_row(ShellContext& context, const KnobView& knob, double value, KnobsState& state,
                               bool changed, const std::string& group = "knob");

// The declared knobs: live ones as "knob.<name>", then those that rebuild the model, with a button that applies them.
void draw_knobs(ShellContext& context, RunView& run, KnobsState& state);

}  // namespace unveil
