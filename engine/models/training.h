#pragma once
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/graph/graph.h"
#include "engine/models/knobs.h"
#include "engine/nn/parameters.h"

namespace unveil {

// The states every training run has: how many updates were made (u32), and the seed (two u32 words, low first).
// Random operations and batches are functions of both.
const DeviceTensor& step_state(ParameterStore& store);
const DeviceTensor& seed_state(ParameterStore& store);
// The step at which Adam's moments were zero: not 0 where training went on from a checkpoint without them.
const DeviceTensor& moments_state(ParameterStore& store);
// A live knob's value on the device: the state kKnobState + its name. A run refuses a model that reads a knob it does
// not declare.
constexpr std::string_view kKnobState = "knob.";
const DeviceTensor& knob_state(ParameterStore& store, const std::string& knob);
// Where a metric of a training step is left: one number ([] or [1]), or a row [1, n] whose parts are called
// "<metric>.0" and so on.
const DeviceTensor& metric_state(ParameterStore& store, const std::string& metric, const Shape& shape = {1});

struct OptimizerDefaults {
  double learning_rate = 1e-3, warm_up = 50, schedule_length = 0, gradient_clip = 0;
};
// learning_rate, warm_up, schedule_length, gradient_clip: all live. A model appends them to its own knobs.
std::vector<Knob> optimizer_knobs(const OptimizerDefaults& defaults);

// Completes a training step and places the store (materialise): gradients of `loss` (a scalar) for every parameter it
// depends on, Adam, the step counter, and the metrics (scalars or rows [1, n]) copied to their states;
// "learning_rate" and "gradient_norm" among them unasked. Live knobs are those of optimizer_knobs(). With `averaged`,
// an exponential moving average of the parameters is kept, whose decay is the live knob "weight_average". Parameters
// and states must all be declared by now.
void add_training(Graph& graph, ParameterStore& store, Tensor loss,
                  const std::vector<std::pair<std::string, Tensor>>& metrics, bool averaged);

}  // namespace unveil
