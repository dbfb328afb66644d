#pragma once
#include <imgui.h>

#include <algorithm>
#include <cmath>

#include "app/widgets/fonts.h"
#include "app/widgets/marks.h"
#include "app/widgets/theme.h"

namespace unveil {

// What every widget draws with. Passed by reference through the whole frame; there is no global one.
struct Ui {
  Theme theme = dark_theme();
  Fonts fonts;
  float scale = 1;  // pixels per design unit: the display's scale times the user's
  double now = 0;   // seconds since the window opened
  float dt = 0;     // seconds since the last frame, at most 0.1
  double animate_until = 0;
  double look_at = 1e300;
  Marks marks;

  // Design units (the 8-pixel grid) to whole pixels.
  float px(float design) const { return std::round(design * scale); }
  // Something moves: keep drawing for this long. A window in which nothing asks for it does not redraw.
  void animate(double seconds) { animate_until = std::max(animate_until, now + seconds); }
  // Something changes at this moment (seconds, as `now`) and not before: the exhibit is updated by then, nothing is
  // drawn until it says so. Holds for one turn of the event loop.
  void look_again(double at) { look_at = std::min(look_at, at); }
  // Moves value towards target with the given time constant and asks for further frames until it is there.
  float ease(float& value, float target, float seconds = 0.07f) {
    const float left = target - value;
    if (std::abs(left) < 0.004f) return value = target;
    animate(0.25);  // longer than a slow frame takes, so that nothing stops on its way
    return value += left * (1 - std::exp(-dt / seconds));
  }
};

}  // namespace unveil
