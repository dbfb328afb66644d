#pragma once
#include "app/exhibits/pixelcnn/drawing.h"
#include "app/widgets/ui.h"

namespace unveil {

// How one pixel was drawn: the unit line split at its probability, the random number that fell on it, and the bits
// that the value cost. size in pixels.
struct PixelCard {
  const pixelcnn::Drawing* drawing = nullptr;
  int picture = 0;
  int pixel = -1;  // whose numbers; negative: none yet
  int drawn = 0;   // pixels that are on the screen
  bool hovered = false;
};
void draw_pixel_card(Ui& ui, const PixelCard& card, ImVec2 size);

// Ink and paper of a binary picture, the same in both themes: pictures are light on dark.
ImU32 ink_colour(bool ink);

}  // namespace unveil
