#pragma once
#include "app/frame/context.h"
#include "app/shell/card_pictures.h"
#include "app/shell/gallery.h"
#include "app/shell/layout.h"

namespace unveil {

struct CourseMapState {
  int selected = -1;  // card that the arrow keys have reached; -1: the exhibit in front
  float scroll = 0, wanted_scroll = 0;
};

// The home of the program: every exhibit as a card with a picture of its own, what it is, and how far it is. Returns
// the exhibit that was chosen, or -1.
int draw_course_map(ShellContext& context, Gallery& gallery, CardPictures& pictures, const Rect& rect,
                    CourseMapState& state, bool covered);

}  // namespace unveil
