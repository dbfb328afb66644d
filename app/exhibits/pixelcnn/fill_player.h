#pragma once
#include "app/widgets/ui.h"

namespace unveil {

// The place in a fill, moved by time at one of three speeds or by the hand.
class FillPlayer {
 public:
  enum Speed { explain, watch, instant };
  // Moves on by what time has passed, over a picture of `pixels` pixels in rows of `width` of which `reached` are
  // there; asks to be called again when the next pixels are due. True when the place shown changed.
  bool update(Ui& ui, int width, int pixels, int reached);
  void place(int pixel);
  void start_over() { place(0), playing = true; }
  // How many pixels are shown.
  int shown() const { return shown_; }
  bool done(int pixels) const { return shown_ >= pixels; }
  double finished_at() const { return finished_at_; }  // when the end was reached; negative before

  int speed = watch;
  bool playing = true;

 private:
  double position_ = 0, last_ = -1, finished_at_ = -1;
  int shown_ = 0;
};

}  // namespace unveil
