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
                 "steps of the cosine that lowers the learning rate to 2 %; 0 keeps it constant"),
      real_knob("gradient_clip", defaults.gradient_clip, 0, 1000, "",
                "largest norm of the gradient over all parameters; 0: no limit"),
  };
}

void add_training(Graph& graph, ParameterStore& store, Tensor loss,
                  const std::vector<std::pair<std::string, Tensor>>& metrics, bool averaged) {
  for (const auto& [name, value] : metrics) metric_state(store, name, graph.shape(value));
  for (const char* name : {"learning_rate", "gradient_norm"}) metric_state(store, name);
  for (const char* name : {"learning_rate", "warm_up", "schedule_length", "gradient_clip"}) knob_state(store, name);
  if (averaged) knob_state(store, "weight_average");
  step_state(store);
  moments_state(store);
  store.materialise(averaged);

  std::vector<Tensor> parameters;
  for (const auto& path : store.paths())
    parameters.push_back(graph.external(store.tensor(path, ParameterStore::value)));
  // d loss / d loss; the loss itself gives the geometry.
  const Tensor one = affine(graph, loss, 0, 1);
  const auto gradients = gradients_of(graph, loss, one, parameters);
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    if (!gradients[i]) continue;  // its gradient stays zero
    const auto& place = store.tensor(store.paths()[i], ParameterStore::gradient);
    leave_in(graph, gradients[i], place);
  }
  const auto knob = [&](const char* name) { return graph.external(knob_state(store, name)); };
  const Tensor row =
      adam(graph, {.values = graph.external(store.flat(ParameterStore::value)),
                   .gradients = graph.external(store.flat(ParameterStore::gradient)),
                   .first_moments = graph.external(store.flat(ParameterStore::first_moment)),
                   .second_moments = graph.external(store.flat(ParameterStore::second_moment)),
                   .average = averaged ? graph.external(store.flat(ParameterStore::average)) : Tensor{},
                   .step = graph.external(step_state(store)),
                   .moments_from = graph.external(moments_state(store)),
                   .learning_rate = knob("learning_rate"),
                   .warm_up = knob("warm_up"),
                   .schedule_length = knob("schedule_length"),
                   .gradient_clip = knob("gradient_clip"),
                   .average_decay = averaged ? knob("weight_average") : Tensor{}});
  for (const auto& [name, value] : metrics) leave_in(graph, value, metric_state(store, name, graph.shape(value)));
  leave_in(graph, slice(graph, row, 0, 0, 1), metric_state(store, "learning_rate"));
  leave_in(graph, slice(graph, row, 0, 1, 2), metric_state(store, "gradient_norm"));
}

}  // namespace unveil
