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

constexpr float kLowWindow = 600;  // design units: below it the view needs the timeline's room
constexpr float kLeastInspector = 240, kMostInspector = 560;  // design units

struct LayoutOptions {
  bool presentation = false;  // the side panels are hidden
  bool home = false;          // there is no run whose knobs and curves could be shown: the stage has their room
  bool folded = false;        // the timeline is one line
  float inspector = 0;        // as wide as the hand made it, design units; 0: by the window's width
};
// size: of the window, pixels; scale: pixels per design unit.
WindowLayout compute_layout(ImVec2 size, float scale, const LayoutOptions& options = {});

}  // namespace unveil
