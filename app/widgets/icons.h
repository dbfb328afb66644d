#pragma once
#include <imgui.h>

namespace unveil {

// Signs drawn as vectors, crisp at every scale.
enum class Icon {
  play,
  pause,
  step,
  reset,
  slow,
  close,
  chevron_right,
  chevron_down,
  check,
  folder,
  half_moon,
  question,
  eraser,
  pen,
  save,
  trained
};

// centre and size (the side of the icon's square) in pixels.
void draw_icon(ImDrawList* list, Icon icon, ImVec2 centre, float size, ImU32 colour);

}  // namespace unveil
