#include "engine/train/thread_trial.h"

#include <algorithm>

namespace unveil {
namespace {

constexpr int kTurns = 3;             // of each
constexpr double kTurn = 0.3;         // seconds, and at least a step
constexpr double kWorthwhile = 10;    // seconds left: building the model a second time must pay
constexpr double kAboutEqual = 0.97;  // of the simpler one's time

}  // namespace

double ThreadTrial::step_seconds(int which) const {
  auto sorted = times_[which];
  std::ranges::sort(sorted);
  return sorted.empty() ? 0 : sorted[sorted.size() / 4];
}

void ThreadTrial::step(double seconds, double left) {
  if (over_) return;
  // The first step with either compiles its kernels.
  if (!warm_[at_]) {
    warm_[at_] = true;
    return;
  }
  times_[at_].push_back(seconds);
  turn_seconds_ += seconds;
  if (turn_seconds_ < kTurn) return;
  turn_seconds_ = 0;
  if (turns_ == 0 && left < kWorthwhile) {
    over_ = true;
    return;
  }
  if (++turns_ < 2 * kTurns) {
    at_ = 1 - at_;
    return;
  }
  over_ = decided_ = true;
  at_ = step_seconds(1 - simpler_) < kAboutEqual * step_seconds(simpler_) ? 1 - simpler_ : simpler_;
}

}  // namespace unveil
