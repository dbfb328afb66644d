#pragma once
#include <imgui.h>

#include <glm/mat3x3.hpp>
#include <glm/vec2.hpp>

#include "app/widgets/ui.h"

namespace unveil {

// Where a plane lies in a frame of the screen: whole, or as near as the hand brought it. Along the plane's y is up.
// One matrix, so that what is drawn and what is pointed at never disagree.
class View {
 public:
  // The frame, pixels, and half of the plane that is in it when nothing is enlarged. bounded: there is nothing
  // beyond that, and the view does not leave it.
  void frame(ImVec2 at, ImVec2 size, glm::vec2 reach, bool bounded);
  ImVec2 to_screen(glm::vec2 point) const {
    const glm::vec3 p = to_screen_ * glm::vec3(point, 1);
    return {p.x, p.y};
  }
  glm::vec2 from_screen(ImVec2 pixel) const { return from_screen_ * glm::vec3(pixel.x, pixel.y, 1); }
  float unit() const { return to_screen_[0][0]; }  // pixels of one

  // The wheel brings nearer what is under the mouse, the right button drags, a double click shows the whole. over:
  // the mouse is over the frame. True when the view moved.
  bool hand(Ui& ui, bool over);
  void zoom(ImVec2 anchor, float factor);
  void pan(ImVec2 pixels);
  void whole();
  bool zoomed() const { return zoom_ != 1; }

 private:
  void build();
  ImVec2 at_{}, size_{1, 1};
  glm::vec2 reach_{1, 1}, centre_{0, 0};  // centre_: in the middle of the frame
  float zoom_ = 1;
  bool bounded_ = false, panning_ = false;
  glm::mat3 to_screen_{1}, from_screen_{1};
};

}  // namespace unveil
