#pragma once
#include <span>

#include "app/widgets/texture.h"
#include "app/widgets/ui.h"

namespace unveil {

// Dots of a scatter by class: colour and shape. Up to ten classes have a colour and a shape of their own; of more,
// every pair of both is one class. All dots of a call are one draw call.
class Markers {
 public:
  // Pictures of the markers in this theme and scale; radius in design units. Does nothing when they are there.
  void bake(const Ui& ui, float radius);
  // centres in pixels; classes: one each, negative: none. Draws the dots whose `shown` is not 0, or all where it is
  // empty.
  void draw(ImDrawList* list, std::span<const ImVec2> centres, std::span<const int> classes, float alpha = 1,
            std::span<const char> shown = {}) const;

 private:
  Texture sheet_;
  int cell_ = 0;
  float scale_ = 0, radius_ = 0;
  bool dark_ = true;
};

// What a class looks like in a legend and among the dots.
int class_shape(int index);
ImU32 class_colour(const Theme& theme, int index);  // negative: the role colour of data

}  // namespace unveil
