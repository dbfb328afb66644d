#pragma once
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/graph/graph.h"
#include "engine/models/knobs.h"
#include "engine/nn/parameters.h"
#include "engine/ops/adam.h"

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
  int schedule = 0;  // ScheduleShape
};
// learning_rate, warm_up, schedule_length, schedule, gradient_clip: all live. A model appends them to its own knobs.
std::vector<Knob> optimizer_knobs(const OptimizerDefaults& defaults);

// What one update of a training step lessens, and what it moves for that.
struct Objective {
  Tensor loss;                         // a scalar
  std::string group = {};              // the parameters whose paths begin so; empty: all that the loss depends on
  std::string rate = "learning_rate";  // the live knob that is its peak learning rate; also a metric
  std::string norm = "gradient_norm";  // the metric that tells its gradient's length
  AdamOptions adam = {};
};

// A training step as it is built: one update or several, one after another, each of its own parameters. What is added
// to the graph after an update sees the parameters that it moved.
class Training {
 public:
  // Declares the states of a step, its metrics' and the given live knobs' among them, and places the store:
  // parameters and other states must all be declared by now. With `averaged`, an exponential moving average of the
  // parameters is kept, whose decay is the live knob "weight_average". Schedule and clipping are those of
  // optimizer_knobs().
  struct Declared {
    std::vector<std::pair<std::string, Shape>> metrics;
    std::vector<std::string> rates = {"learning_rate"}, norms = {"gradient_norm"};
    bool averaged = false;
  };
  Training(Graph& graph, ParameterStore& store, const Declared& declared);

  // Gradients of the loss, and Adam; another one follows.
  void update(Objective objective);
  // The last one, or the only one: it ends the step.
  void finish(Objective objective);
  // A metric: a scalar, or a row [1, n].
  void leave(const std::string& metric, Tensor value);

 private:
  void add(const Objective& objective);
  Graph& graph_;
  ParameterStore& store_;
  bool averaged_;
};

// The training of most: one update of all parameters by the gradients of `loss`; then the metrics, "learning_rate"
// and "gradient_norm" unasked.
void add_training(Graph& graph, ParameterStore& store, Tensor loss,
                  const std::vector<std::pair<std::string, Tensor>>& metrics, bool averaged);

}  // namespace unveil
