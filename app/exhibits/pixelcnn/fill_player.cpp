#include "app/exhibits/pixelcnn/fill_player.h"

namespace unveil {
namespace {
constexpr double kUnit = 0.25;     // seconds: of a pixel when explaining, of a row when watching
constexpr int kUpdatesOfARow = 7;  // how often the picture changes within a row that is watched
}  // namespace

bool FillPlayer::update(Ui& ui, int width, int pixels, int reached) {
  const double passed = last_ < 0 ? 0 : std::min(0.5, ui.now - last_);
  last_ = ui.now;
  const int before = shown_;
  if (playing && pixels > 0) {
    const double rate = speed == explain ? 1 / kUnit : width / kUnit;  // pixels a second
    const int grain = speed == explain ? 1 : std::max(1, width / kUpdatesOfARow);
    position_ = speed == instant ? reached : std::min(position_ + passed * rate, static_cast<double>(reached));
    shown_ = static_cast<int>(position_);
    if (shown_ < pixels) {
      shown_ = std::max(before, shown_ / grain * grain);
      const double next = speed == instant ? 0.03 : (shown_ + grain - position_) / rate;
      ui.look_again(ui.now + std::max(0.004, next));
    }
  }
  if (shown_ < pixels)
    finished_at_ = -1;
  else if (finished_at_ < 0)
    finished_at_ = ui.now;
  return shown_ != before;
}

void FillPlayer::place(int pixel) {
  position_ = shown_ = pixel;
  finished_at_ = -1;
}

}  // namespace unveil
