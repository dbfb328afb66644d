#pragma once
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "app/exhibit/mailbox.h"
#include "engine/train/trainer.h"

namespace unveil {

constexpr int kCompletions = 9;

// One picture of which some pixels are known, completed in several ways.
struct CompletionRequest {
  std::vector<float> known;           // [height·width]: 0 or 1, negative where the model is to draw
  std::vector<std::uint32_t> labels;  // [kCompletions]; ignored by unconditional models
  std::uint64_t seed = 0;
};

// How far it is: pixels before `reached` in raster order are drawn.
struct CompletionFrame {
  std::vector<float> canvas;  // [kCompletions][height·width]
  int reached = 0;
  std::uint64_t first_step = 0, last_step = 0;  // of training, at the first pixel and at the newest
  bool done = false;
};

// Known pixels that come after the first unknown one in raster order. With none of them the drawing is exact,
// x ~ p(unknown | known); else it keeps them as it passes but could not foresee them.
int unforeseen_pixels(const std::vector<float>& known);

// Draws completions in slices with the averaged weights.
class CompletionJob : public TrainerJob {
 public:
  CompletionJob(CompletionRequest request, std::shared_ptr<Mailbox<CompletionFrame>> mailbox,
                std::function<void()> wake);
  bool advance(Run& run) override;
  void stop() { stopped_ = true; }  // from the window's thread: what comes later would not be looked at

 private:
  CompletionRequest request_;
  std::shared_ptr<Mailbox<CompletionFrame>> mailbox_;
  std::function<void()> wake_;
  std::atomic<bool> stopped_ = false;
  int next_ = -1;  // pixel; negative before the beginning
  std::uint64_t first_step_ = 0;
};

}  // namespace unveil
