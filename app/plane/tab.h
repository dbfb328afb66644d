#pragma once
#include <memory>
#include <string>
#include <vector>

#include "app/exhibit/run_tab.h"

namespace unveil {

// What a tab of the plane calls what it shows of a model that makes points (PlaneModel).
struct PlaneWords {
  std::string field;      // what the model gives every point: "the judge's verdict"
  std::string low, high;  // the ends of its scale, in a word each: "made", "real"
  double field_low = 0, field_high = 1;
  bool uphill = false;  // arrows from made points to where the field rises
  std::string story;    // what to look at, in a sentence or two
};

// Data as dots, made points as dots of another colour, the field behind them as colours, the sheet of the noise as
// the model bends it, and a point of noise under the hand.
std::unique_ptr<RunTab> make_points_tab(PlaneWords words);

}  // namespace unveil
