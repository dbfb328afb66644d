#pragma once
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "engine/models/pixelcnn/sampler.h"
#include "engine/train/trainer.h"

namespace unveil::pixelcnn {

// Pictures drawn pixel by pixel, with all that explains them. Tables are [count][pixels]. Views replay it at whatever
// speed; nothing of it changes once it is published.
struct Drawing {
  int count = 0, height = 0, width = 0;
  int reached = 0;                   // pixels [0, reached) are drawn
  std::vector<float> canvas;         // 0 or 1
  std::vector<float> probabilities;  // of a 1, given the pixels before
  std::vector<float> uniforms;       // a pixel is 1 where this lies below its probability
  std::vector<float> given;          // the value that a hand forced; negative: drawn
  std::vector<std::uint32_t> labels;
  float temperature = 1;
  std::uint64_t seed = 0, step = 0;  // of the random numbers; of training, when drawing began
  std::uint64_t id = 0;              // the request's, set by who asks: a drawing under way is published several times
  // Of a fork: the pixel that was forced. Picture 0 is the one before, picture 1 is drawn from the same random
  // numbers with that pixel turned over, the others from new ones. Negative: no fork.
  int fork_pixel = -1;

  int pixels() const { return height * width; }
  std::size_t at(int picture, int pixel) const {
    return static_cast<std::size_t>(picture) * static_cast<std::size_t>(pixels()) + static_cast<std::size_t>(pixel);
  }
  bool ink(int picture, int pixel) const { return canvas[at(picture, pixel)] > 0.5f; }
  // −log2 of the probability that the pixel's value had.
  double bits(int picture, int pixel) const;
};

// 64 new pictures, all from one seed; label: the class of all, negative: one after the other.
Drawing fresh_request(std::uint64_t seed, int count, int height, int width, int classes, int label,
                      float temperature);
// `count` pictures that share what `picture` has before `pixel`, and have this pixel turned over.
Drawing fork_request(const Drawing& from, int picture, int pixel, int count, std::uint64_t seed);

// Draws what a request says, in slices, on the trainer's thread. One at a time of each count of pictures: the sampler
// is made once per model and shared; a later job ends an earlier one by stop().
class DrawingJob : public TrainerJob {
 public:
  DrawingJob(Drawing request, std::shared_ptr<const Drawing> fork_of, int fork_picture);
  bool advance(Run& run) override;
  void cancelled() override { ended_ = true; }

  void stop() { stop_ = true; }
  bool ended() const { return ended_; }
  // The newest state, perhaps half done; null before there is one.
  std::shared_ptr<const Drawing> result() const;
  double seconds() const { return seconds_; }  // of work, so far

 private:
  void publish(const Sampler& sampler);
  Drawing drawing_;
  std::shared_ptr<const Drawing> fork_of_;
  int fork_picture_;
  bool begun_ = false;
  int next_ = 0, at_once_ = 2;  // the next pixel; how many go into one submission
  std::chrono::steady_clock::time_point published_{};
  std::atomic<bool> stop_ = false, ended_ = false;
  std::atomic<double> seconds_ = 0;
  mutable std::mutex mutex_;
  std::shared_ptr<const Drawing> result_;
};

}  // namespace unveil::pixelcnn
