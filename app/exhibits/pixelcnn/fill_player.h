#pragma once
#include <span>

#include "app/widgets/ui.h"

namespace unveil {

// The place in a fill, moved by time at one of three speeds or by the hand.
class FillPlayer {
 public:
  enum Speed { explain, watch, instant };
  // Moves on by what time has passed, over a picture in rows of `width` of which `reached` pixels are there;
  // probabilities: [pixels], of ink. What was certain passes quickly. Asks to be called again when the next pixels
  // are due. True when the place shown changed.
  bool update(Ui& ui, int width, int reached, std::span<const float> probabilities);
  void place(int pixel);
  void start_over() { place(0), playing = true; }
  // How many pixels are shown.
  int shown() const { return shown_; }
  bool done(int pixels) const { return shown_ >= pixels; }
  double finished_at() const { return finished_at_; }  // when the end was reached; negative before

  int speed = watch;
  bool playing = true;

 private:
  double seconds_at(int pixel, int width, int reached, std::span<const float> probabilities) const;
  double position_ = 0, last_ = -1, finished_at_ = -1;
  int shown_ = 0;
};

}  // namespace unveil
