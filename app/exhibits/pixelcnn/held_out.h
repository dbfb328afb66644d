#pragma once
#include "app/exhibits/run_exhibit.h"

namespace unveil::pixelcnn {

// Exact nats of the first held-out pictures under the averaged weights.
class HeldOutNats : public HeldOutJob {
 public:
  using HeldOutJob::HeldOutJob;

 protected:
  int count(Run& run) override;
  int evaluate(Run& run, int first, int count, double& sum) override;
};

}  // namespace unveil::pixelcnn
