#pragma once
#include <string>

#include "engine/gpu/device.h"

namespace unveil {

struct SelfTest {
  std::string failure;  // "computes softmax wrong: 0.5, where the processor has 0.25"; empty: nothing amiss
  double speed = 1;     // times the lavapipe that the kernels' costs are told in (Device::set_speed)
};

// A dozen small products, reductions and draws and their gradients, compared with the operations' references on the
// processor, and a product and a walk over memory timed. For drivers that no test of ours has run on.
SelfTest self_test(Device& device);

}  // namespace unveil
