#pragma once
#include <string>
#include <vector>

namespace unveil {

struct FrameStats {
  int frames = 0;
  double seconds = 0;                                // since the last take
  double median_ms = 0, p95_ms = 0, longest_ms = 0;  // work of a frame: from its begin until it is presented
  std::string line() const;
};

// Times the frames and says when the next is due: at most 60 a second, fewer where a frame is dear, so that drawing
// leaves a processor to the training.
class FrameClock {
 public:
  void record(double begin, double end);  // seconds
  FrameStats take(double now);            // since the last take
  double next_due() const;                // earliest begin of the next frame
  double frames_per_second(double now) const;

 private:
  std::vector<float> work_ms_;
  std::vector<double> recent_;  // begins of the last frames
  double since_ = 0, last_begin_ = -1, mean_work_ = 0.005;
};

}  // namespace unveil
