#include "engine/models/training.h"

#include "engine/nn/gradients.h"
#include "engine/ops/adam.h"
#include "engine/ops/copy.h"
#include "engine/ops/unary.h"

namespace unveil {
namespace {

// Every dispatch counts in small models: a result is left where it is wanted, and copied only where it has a place
// already.
void leave_in(Graph& graph, Tensor value, const DeviceTensor& place) {
  if (!graph.place(value, place)) copy_to(graph, value, graph.external(place));
}

}  // namespace

const DeviceTensor& step_state(ParameterStore& store) {
  return store.state("step", {1}, DType::u32);
}
const DeviceTensor& seed_state(ParameterStore& store) {
  return store.state("seed", {2}, DType::u32);
}
const DeviceTensor& moments_state(ParameterStore& store) {
  return store.state("moments_from", {1}, DType::u32);
}
const DeviceTensor& knob_state(ParameterStore& store, const std::string& knob) {
  return store.state(std::string(kKnobState) + knob, {1}, DType::f32);
}
const DeviceTensor& metric_state(ParameterStore& store, const std::string& metric, const Shape& shape) {
  return store.state("metric." + metric, shape, DType::f32);
}

std::vector<Knob> optimizer_knobs(const OptimizerDefaults& defaults) {
  return {
      real_knob("learning_rate", defaults.learning_rate, 1e-6, 0.1, "", "size of Adam's steps, at its peak").log(),
      whole_knob("warm_up", defaults.warm_up, 0, 10000, "steps",
                 "steps over which the learning rate rises to its peak"),
      whole_knob("schedule_length", defaults.schedule_length, 0, 10000000, "steps",
                 "steps in which the learning rate falls; 0 keeps it constant"),
      choice_knob("schedule", defaults.schedule, {"cosine", "linear", "linear_to_zero"},
                  "how it falls: along a cosine or a line to 2 % of its peak, or along a line to nothing"),
      real_knob("gradient_clip", defaults.gradient_clip, 0, 1000, "",
                "largest norm of the gradient over all parameters; 0: no limit"),
  };
}

Training::Training(Graph& graph, ParameterStore& store, const Declared& declared)
    : graph_(graph), store_(store), averaged_(declared.averaged) {
  for (const auto& [name, shape] : declared.metrics) metric_state(store, name, shape);
  for (const auto* names : {&declared.rates, &declared.norms})
    for (const auto& name : *names) metric_state(store, name);
  for (const auto& name : declared.rates) knob_state(store, name);
  for (const char* name : {"warm_up", "schedule_length", "schedule", "gradient_clip"}) knob_state(store, name);
  if (averaged_) knob_state(store, "weight_average");
  step_state(store);
  moments_state(store);
  store.materialise(averaged_);
}

void Training::add(const Objective& objective) {
  std::vector<std::string> paths;
  std::vector<Tensor> parameters;
  for (const auto& path : store_.paths())
    if (path.starts_with(objective.group)) {
      paths.push_back(path);
      parameters.push_back(graph_.external(store_.tensor(path, ParameterStore::value)));
    }
  // d loss / d loss; the loss itself gives the geometry.
  const Tensor one = affine(graph_, objective.loss, 0, 1);
  const auto gradients = gradients_of(graph_, objective.loss, one, parameters);
  for (std::size_t i = 0; i < paths.size(); ++i)
    if (gradients[i])  // else it stays zero
      leave_in(graph_, gradients[i], store_.tensor(paths[i], ParameterStore::gradient));
  const auto flat = [&](ParameterStore::Slot slot) { return graph_.external(store_.flat(slot, objective.group)); };
  const auto knob = [&](const std::string& name) { return graph_.external(knob_state(store_, name)); };
  const Tensor row = adam(graph_,
                          {.values = flat(ParameterStore::value),
                           .gradients = flat(ParameterStore::gradient),
                           .first_moments = flat(ParameterStore::first_moment),
                           .second_moments = flat(ParameterStore::second_moment),
                           .average = averaged_ ? flat(ParameterStore::average) : Tensor{},
                           .step = graph_.external(step_state(store_)),
                           .moments_from = graph_.external(moments_state(store_)),
                           .learning_rate = knob(objective.rate),
                           .warm_up = knob("warm_up"),
                           .schedule_length = knob("schedule_length"),
                           .gradient_clip = knob("gradient_clip"),
                           .schedule_shape = knob("schedule"),
                           .average_decay = averaged_ ? knob("weight_average") : Tensor{}},
                          objective.adam);
  leave(objective.rate, slice(graph_, row, 0, 0, 1));
  leave(objective.norm, slice(graph_, row, 0, 1, 2));
}

void Training::update(Objective objective) {
  objective.adam.ends_step = false;
  add(objective);
}

void Training::finish(Objective objective) {
  objective.adam.ends_step = true;
  add(objective);
}

void Training::leave(const std::string& metric, Tensor value) {
  leave_in(graph_, value, metric_state(store_, metric, graph_.shape(value)));
}

void add_training(Graph& graph, ParameterStore& store, Tensor loss,
                  const std::vector<std::pair<std::string, Tensor>>& metrics, bool averaged) {
  Training::Declared declared{.averaged = averaged};
  for (const auto& [name, value] : metrics) declared.metrics.emplace_back(name, graph.shape(value));
  Training training(graph, store, declared);
  training.finish({.loss = loss});
  for (const auto& [name, value] : metrics) training.leave(name, value);
}

}  // namespace unveil
