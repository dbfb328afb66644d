#include "app/exhibits/pixelcnn/fill_player.h"

#include <algorithm>

namespace unveil {
namespace {
constexpr double kUnit = 0.25;     // seconds: of a pixel when explaining, of a row when watching
constexpr double kCertain = 0.01;  // of being otherwise, at most
constexpr double kQuick = 0.15;    // of the time, where nothing was to be decided: rows of paper
constexpr int kUpdatesOfARow = 7;  // how often the picture changes within a row that is watched

bool certain(float probability) {
  return probability < kCertain || probability > 1 - kCertain;
}

}  // namespace

double FillPlayer::seconds_at(int pixel, int width, int reached, std::span<const float> probabilities) const {
  if (speed == explain) return kUnit * (certain(probabilities[static_cast<std::size_t>(pixel)]) ? kQuick : 1);
  const int row = pixel / width * width;
  for (int i = row; i < std::min(row + width, reached); ++i)
    if (!certain(probabilities[static_cast<std::size_t>(i)])) return kUnit / width;
  return kQuick * kUnit / width;
}

bool FillPlayer::update(Ui& ui, int width, int reached, std::span<const float> probabilities) {
  const int pixels = static_cast<int>(probabilities.size());
  double left = last_ < 0 ? 0 : std::min(0.5, ui.now - last_);
  last_ = ui.now;
  const int before = shown_;
  if (playing && pixels > 0) {
    if (speed == instant) position_ = reached;
    double pace = kUnit;
    while (left > 0 && position_ < reached) {
      const int pixel = static_cast<int>(position_);
      pace = seconds_at(pixel, width, reached, probabilities);
      const double moved = std::min(pixel + 1 - position_, left / pace);
      // Onto the next pixel and not beside it, or a rounding would hold it up for ever.
      position_ = moved < pixel + 1 - position_ ? position_ + moved : pixel + 1;
      left -= moved * pace;
    }
    const int grain = speed == explain ? 1 : std::max(1, width / kUpdatesOfARow);
    shown_ = static_cast<int>(position_);
    if (shown_ < pixels) {
      shown_ = std::max(before, shown_ / grain * grain);
      const double next = speed == instant ? 0.03 : (shown_ + grain - position_) * pace;
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
