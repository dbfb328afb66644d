#pragma once
#include <imgui.h>

namespace unveil {

struct Rect {
  ImVec2 min{}, max{};
  float width() const { return max.x - min.x; }
  float height() const { return max.y - min.y; }
};

// Where the parts of the window lie, in pixels, without gaps or overlap; hidden parts are empty.
struct WindowLayout {
  Rect transport, rail, stage, inspector, timeline, status;
};

// The least that everything is drawn for, design units: below it text and pictures would cover each other.
constexpr float kSmallestWidth = 960, kSmallestHeight = 540;
// Pixels per design unit, in steps of 0.05 so that a window pulled larger does not make its fonts anew all the time.
float largest_scale(ImVec2 window_size);

// size: of the window, pixels; scale: pixels per design unit. In presentation the side panels are hidden.
WindowLayout compute_layout(ImVec2 size, float scale, bool presentation);

}  // namespace unveil
