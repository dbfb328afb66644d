#pragma once
#include <memory>
#include <vector>

#include "app/exhibits/pixelcnn/drawing.h"
#include "app/exhibits/pixelcnn/tab.h"

namespace unveil {

// Keeps the drawings of the Fill tab: the newest samples, the picture that is watched, its forks, and the jobs that
// make them.
class DrawingDesk {
 public:
  static constexpr int kSamples = 64, kForks = 16;

  // What new samples are drawn with.
  std::uint64_t seed = 7;
  int label = -1;  // class of all; negative: one after the other
  float temperature = 1;

  // A new model: everything is dropped, new samples are asked for.
  void rebuild(PixelCnnStage& stage);
  // Takes what the jobs have done and asks for fresh samples when training went on. True when something changed.
  bool update(PixelCnnStage& stage, double now);
  // New samples with the settings above; the watched picture moves to them with its place in the grid.
  void redraw(PixelCnnStage& stage);

  // Turns a pixel of the watched picture over. False while that picture is not whole yet.
  bool force(PixelCnnStage& stage, int pixel);
  bool forked() const { return watched_ && watched_->fork_pixel >= 0; }
  void step_back();  // to what was watched before the last force()
  void watch(std::shared_ptr<const pixelcnn::Drawing> drawing, int picture);

  const std::shared_ptr<const pixelcnn::Drawing>& samples() const { return samples_; }
  const std::shared_ptr<const pixelcnn::Drawing>& watched() const { return watched_; }
  int picture() const { return picture_; }
  bool busy() const { return sampling_ || forking_; }
  bool live = true;     // samples are drawn anew while training
  bool follow = false;  // the watched picture takes its place in each of them, unless it is a fork

 private:
  struct Past {
    std::shared_ptr<const pixelcnn::Drawing> drawing;
    int picture;
  };
  static std::shared_ptr<const pixelcnn::Drawing> take(std::shared_ptr<pixelcnn::DrawingJob>& job);
  bool take_samples(double now);
  bool take_fork();

  std::shared_ptr<const pixelcnn::Drawing> samples_, watched_;
  int picture_ = 0;
  std::vector<Past> past_;
  std::shared_ptr<pixelcnn::DrawingJob> sampling_, forking_;
  std::uint64_t serial_ = 0, fork_seed_ = 1000;
  double sampled_at_ = -1, sampling_seconds_ = 0;
  bool replace_ = false;  // the watched picture follows the samples that are being made
};

}  // namespace unveil
