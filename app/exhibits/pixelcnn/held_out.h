#pragma once
#include <atomic>
#include <mutex>
#include <vector>

#include "engine/train/trainer.h"

namespace unveil::pixelcnn {

// Exact nats of the first held-out pictures under the averaged weights, a few pictures a slice, on the trainer's
// thread.
class HeldOutJob : public TrainerJob {
 public:
  static constexpr int kPictures = 200;

  bool advance(Run& run) override;
  void cancelled() override { ended_ = true; }
  bool ended() const { return ended_; }

  struct Result {
    double nats = 0;  // mean per picture
    int pictures = 0;
    double step = 0;  // of training, when the evaluation began
  };
  // pictures is 0 until all of them are done, and for good where the data have none held out.
  Result result() const;

 private:
  int next_ = 0;
  double total_ = 0, step_ = 0;
  std::atomic<bool> ended_ = false;
  mutable std::mutex mutex_;
  Result result_;
};

}  // namespace unveil::pixelcnn
