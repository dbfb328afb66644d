#pragma once
#include "engine/graph/graph.h"

namespace unveil {

// What an optimiser reads and changes. All flat tensors are of one geometry; scalars are tensors of one element, so
// that they may change from step to step without recording anew.
struct AdamTensors {
  Tensor values, gradients, first_moments, second_moments;
  Tensor average;  // optional: exponential moving average of the values
  Tensor step;     // u32, counts finished steps; increased by one, where this update ends the step (AdamOptions)
  // u32, optional: the step at which the moments were zero; bias corrections count from there
  Tensor moments_from;
  Tensor learning_rate;    // peak
  Tensor warm_up;          // steps over which the rate rises linearly; 0: none
  Tensor schedule_length;  // steps of the cosine down to final_fraction of the peak; 0: constant
  Tensor gradient_clip;    // largest global norm of the gradient; 0: none
  Tensor schedule_shape;   // optional: a ScheduleShape; none: cosine
  Tensor beta1, beta2;     // optional; none: those of AdamOptions
  Tensor weight_decay;     // optional; by which share of the rate values shrink at each step, beside their gradient
  Tensor average_decay;  // of `average`; optional as it. At update t the decay is at most (1 + t) / (10 + t): a young
                         // average forgets the beginning sooner
};

enum class ScheduleShape { cosine, linear, linear_to_zero };  // down to final_fraction of the peak, or to nothing

// How a gradient g moves a value.
enum class OptimizerRule {
  adam,      // Kingma & Ba 2015, bias-corrected
  momentum,  // m = beta1 m + g, the value less rate · m (Polyak 1964); the second moments stay zero
  rms_prop,  // v = beta2 v + (1 - beta2) g², the value less rate · g / (√v + epsilon) (Hinton 2012)
};

struct AdamOptions {
  OptimizerRule rule = OptimizerRule::adam;
  float beta1 = 0.9f, beta2 = 0.999f, epsilon = 1e-8f;
  float final_fraction = 0.02f;
  bool ends_step = true;  // false: another update of the same step follows, of other parameters
};

// One update by the rule, with clipping by the global norm (Pascanu et al. 2013), linear warm-up, a schedule in steps
// (cosine: Loshchilov & Hutter 2017) and decoupled weight decay (Loshchilov & Hutter 2019). Changes values, moments,
// average and step in place. Returns a row of 16: learning rate of this step, gradient norm before clipping, clip
// factor, …
Tensor adam(Graph& graph, const AdamTensors& tensors, const AdamOptions& options = {});

// The learning rate of update number `step` (from 0), as the kernel computes it.
double scheduled_rate(double peak, double warm_up, double length, double final_fraction, std::int64_t step,
                      ScheduleShape shape = ScheduleShape::cosine);

}  // namespace unveil
