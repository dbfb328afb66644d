#pragma once
#include <memory>
#include <vector>

#include "engine/tsne/affinities.h"
#include "engine/tsne/tsne.h"

namespace unveil {

// Gradient descent on the divergence of given affinities, on the device.
class Descent {
 public:
  // What the iterations change; all [count].
  struct State {
    std::vector<LayoutPoint> points, velocities, gains;
    static State at_rest(std::vector<LayoutPoint> points);
  };
  struct Parameters {
    float exaggeration = 1, momentum = 0, learning_rate = 1;
  };

  Descent(Device& device, const Affinities& affinities, const State& state);
  ~Descent();
  Descent(Descent&&) noexcept;
  Descent& operator=(Descent&&) noexcept;

  int count() const;
  void iterate(int iterations, const Parameters& parameters);
  // Of the layout before the last iteration; NaN before the first.
  double divergence() const;
  State state() const;
  std::vector<LayoutPoint> points() const;
  void set_state(const State& state);
  // Of the layout before the last iteration, without momentum: exaggeration * attraction - repulsion / Z, a quarter
  // of the divergence's gradient. For tests.
  std::vector<LayoutPoint> gradient(float exaggeration) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace unveil
