#pragma once
#include <chrono>
#include <thread>

#include "engine/train/trainer.h"

namespace unveil::test {

// Waits for the trainer to reach a state; false after a generous while.
template <class Condition>
bool eventually(const Trainer& trainer, Condition condition) {
  for (int i = 0; i < 6000; ++i) {
    if (condition(*trainer.snapshot())) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return false;
}

inline bool ready(const TrainerSnapshot& s) {
  return s.ready && s.progress.empty();
}

}  // namespace unveil::test
