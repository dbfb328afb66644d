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

// size: of the window, pixels; scale: pixels per design unit. In presentation the side panels are hidden.
WindowLayout compute_layout(ImVec2 size, float scale, bool presentation);

}  // namespace unveil
