#pragma once
#include <memory>
#include <span>
#include <vector>

#include "engine/graph/program.h"
#include "engine/models/vae/network.h"

// What a trained network is asked, on the trainer's thread. Parameters stay the store's: answers follow training, and
// may be asked for between two segments of a step.
namespace unveil::vae {

// Codes of pictures, [n][Z] each.
struct Codes {
  std::vector<float> mean, log_variance;
};

// Reconstruction and KL of pictures, one draw of z each.
class Scorer {
 public:
  Scorer(ParameterStore& store, const Architecture& architecture, int pictures);
  int pictures() const { return count_; }
  // pictures: [pictures()][H·W]. The noise is a function of `draw` alone, which numbers the calls.
  void run(std::span<const float> pictures, std::uint32_t draw);
  std::vector<float> reconstruction() const;  // nats, [pictures()]
  Codes codes() const;

 private:
  int count_;
  Graph graph_;
  Tensor pictures_, seed_, step_, reconstruction_;
  Posterior posterior_;
  std::unique_ptr<Program> program_;
};

// Importance weights of samples of the posterior (Burda et al. 2016, equation 8).
class ImportanceSampler {
 public:
  // `samples` of each of `pictures` pictures at a time.
  ImportanceSampler(ParameterStore& store, const Architecture& architecture, int pictures, int samples);
  int pictures() const { return count_; }
  int samples() const { return samples_; }
  void set_pictures(std::span<const float> pictures);  // [pictures()][H·W]
  // log p(x, z) - log q(z | x) in nats of new samples, [pictures()][samples()]; the noise is a function of `draw`.
  std::vector<float> draw(std::uint32_t draw);

 private:
  int count_, samples_, pixels_;
  Graph graph_;
  Tensor pictures_, targets_, rows_, seed_, step_, log_weights_;
  std::unique_ptr<Program> program_;
};

// log((e^x1 + … + e^xn) / n) of numbers that come one by one, without overflow: only the largest so far and a sum
// relative to it are kept.
class LogMeanExp {
 public:
  void add(double x);
  double value() const;
  std::int64_t count() const { return count_; }

 private:
  double largest_ = 0, sum_ = 0;
  std::int64_t count_ = 0;
};

}  // namespace unveil::vae
