#pragma once
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "app/exhibit/mailbox.h"
#include "app/exhibit/run_exhibit.h"
#include "engine/train/trainer.h"

namespace unveil {

// The plane of the latent space that is shown, through the origin: z = u·first + v·second. With two latents it is the
// space itself, with more the two leading principal axes of the codes.
struct PlaneBasis {
  std::vector<float> first, second;  // [Z], orthonormal; second is zero when Z = 1

  std::vector<float> point(float u, float v) const;  // [Z]
  void project(std::span<const float> z, float& u, float& v) const;
};
// means: [count][Z]. Power iteration, begun from `before` where that has the same size, so that axes do not jump from
// one look to the next.
PlaneBasis plane_basis(std::span<const float> means, int latent, const PlaneBasis& before);

// What the model makes of many held-out pictures and of a piece of its latent plane, at one time.
struct Atlas {
  std::uint64_t build = 0, step = 0;
  int count = 0, latent = 0;
  std::vector<float> mean, log_variance;  // [count][Z] of q(z | x)
  std::vector<int> labels;                // [count], -1: none
  PlaneBasis basis;
  std::vector<float> u, v;     // [count], the means in the plane
  std::vector<double> kl;      // [Z], nats, mean over pictures
  std::vector<double> spread;  // [Z], variance of the means over pictures
  int active = 0;              // units whose spread exceeds 0.01 (Burda et al. 2016, section 5.2)
  float radius = 3.3f;         // the square |u|, |v| ≤ radius holds the prior and all but the outermost codes
  int height = 0, width = 0;   // of a picture
  std::vector<std::uint8_t> manifold;  // [kGrid][kGrid][height][width]: decoded at the middles of the square's cells
  double seconds = 0;                  // spent

  static constexpr int kGrid = 16;
  // Of the pictures in `manifold` the one that was decoded nearest to a point of the square: [height][width], 0..1.
  std::vector<float> nearest_decoded(float to_u, float to_v) const;
};

// Makes an atlas in slices on the trainer's thread.
class AtlasJob : public TrainerJob {
 public:
  static constexpr int kPictures = 2000;

  AtlasJob(PlaneBasis before, std::uint64_t build, std::shared_ptr<Mailbox<std::shared_ptr<const Atlas>>> mailbox,
           std::function<void()> wake);
  bool advance(Run& run) override;
  void cancelled() override { ended_ = true; }
  bool ended() const { return ended_; }

 private:
  void summarise(const Run& run);
  PlaneBasis before_;
  std::shared_ptr<Atlas> atlas_ = std::make_shared<Atlas>();
  int decoded_ = 0;
  bool summarised_ = false;
  std::shared_ptr<Mailbox<std::shared_ptr<const Atlas>>> mailbox_;
  std::function<void()> wake_;
  std::atomic<bool> ended_ = false;
};

}  // namespace unveil
