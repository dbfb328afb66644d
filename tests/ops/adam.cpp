#include "engine/ops/adam.h"

#include <cmath>

#include "engine/graph/program.h"
#include "engine/nn/parameters.h"
#include "tests/catch.h"
#include "tests/device.h"

using namespace unveil;
using namespace unveil::test;

TEST_CASE("Adam follows its double-precision reference with warm-up, cosine, clipping and averaging", "[ops]") {
  ParameterStore store(device());
  store.parameter("a", {3, 5}, he_normal(3));
  store.parameter("b", {1100}, normal(0.1f));
  const auto& step = store.state("step", {1}, DType::u32);
  std::vector<const DeviceTensor*> settings;
  for (const char* name : {"rate", "warm_up", "length", "clip", "decay"})
    settings.push_back(&store.state(name, {1}, DType::f32));
  store.materialise(true);
  store.initialise(3);
  const float values[] = {0.01f, 4, 12, 1.5f, 0.9f};
  for (std::size_t i = 0; i < settings.size(); ++i) write_tensor(device(), *settings[i], {&values[i], 1});

  Graph graph;
  const AdamTensors tensors{.values = graph.external(store.flat(ParameterStore::value)),
                            .gradients = graph.external(store.flat(ParameterStore::gradient)),
                            .first_moments = graph.external(store.flat(ParameterStore::first_moment)),
                            .second_moments = graph.external(store.flat(ParameterStore::second_moment)),
                            .average = graph.external(store.flat(ParameterStore::average)),
                            .step = graph.external(step),
                            .learning_rate = graph.external(*settings[0]),
                            .warm_up = graph.external(*settings[1]),
                            .schedule_length = graph.external(*settings[2]),
                            .gradient_clip = graph.external(*settings[3]),
                            .average_decay = graph.external(*settings[4])};
  const Tensor row = adam(graph, tensors);
  Program program(device(), graph, {.name = "adam", .keep = {row}});
  CHECK(find_hazards(program.commands()).empty());

  std::vector<std::pair<Tensor, HostTensor>> state;
  const auto host = [&](Tensor tensor, const std::vector<float>& from) {
    HostTensor value(graph.shape(tensor));
    value.values.assign(from.begin(), from.end());
    state.emplace_back(tensor, std::move(value));
  };
  for (const Tensor tensor : {tensors.values, tensors.first_moments, tensors.second_moments, tensors.average})
    host(tensor, read_tensor(device(), *graph.info(tensor).external));
  for (std::size_t i = 0; i < settings.size(); ++i)
    host(std::vector{tensors.learning_rate, tensors.warm_up, tensors.schedule_length, tensors.gradient_clip,
                     tensors.average_decay}[i],
         {values[i]});
  state.emplace_back(tensors.step, HostTensor({1}));
  state.emplace_back(tensors.gradients, HostTensor(graph.shape(tensors.gradients)));

  for (int t = 0; t < 15; ++t) {
    std::vector<float> a(15), b(1100);
    for (std::size_t i = 0; i < a.size(); ++i) a[i] = std::sin(0.7f * static_cast<float>(i) + static_cast<float>(t));
    for (std::size_t i = 0; i < b.size(); ++i)
      b[i] = 0.1f * std::cos(0.3f * static_cast<float>(i * static_cast<std::size_t>(t + 1)));
    write_tensor(device(), store.tensor("a", ParameterStore::gradient), a);
    write_tensor(device(), store.tensor("b", ParameterStore::gradient), b);
    const auto flat = read_tensor(device(), store.flat(ParameterStore::gradient));
    state.back().second.values.assign(flat.begin(), flat.end());
    program.run();
    const auto expected = run_reference(graph, state);
    const auto found_row = program.read(row);
    CHECK(found_row[0] == Approx(scheduled_rate(0.01, 4, 12, 0.02, t)).epsilon(1e-4));
    for (auto& [tensor, value] : state) value = expected[static_cast<std::size_t>(tensor.id)];
    for (std::size_t s = 0; s < 4; ++s) {
      const auto found = read_tensor(device(), *graph.info(state[s].first).external);
      double worst = 0;
      for (std::size_t i = 0; i < found.size(); ++i)
        worst = std::max(worst, std::abs(found[i] - state[s].second.values[i]));
      CHECK(worst < 2e-5);
    }
  }
  CHECK(read_tensor_u32(device(), step)[0] == 15);

  // Decay 0: the average is the values themselves, to the bit.
  const float none = 0;
  write_tensor(device(), *settings[4], {&none, 1});
  program.run();
  CHECK(read_tensor(device(), store.flat(ParameterStore::average)) ==
        read_tensor(device(), store.flat(ParameterStore::value)));
  require_silent_validation();
}

TEST_CASE("momentum, RMSprop, weight decay, live betas and falling lines follow the reference", "[ops]") {
  const auto rule = GENERATE(OptimizerRule::adam, OptimizerRule::momentum, OptimizerRule::rms_prop);
  const auto shape = GENERATE(ScheduleShape::linear, ScheduleShape::linear_to_zero);
  ParameterStore store(device());
  store.parameter("a", {70}, normal(0.5f));
  const auto& step = store.state("step", {1}, DType::u32);
  const std::vector<std::pair<const char*, float>> settings{
      {"rate", 0.02f}, {"warm_up", 2},  {"length", 5},   {"clip", 0}, {"shape", static_cast<float>(shape)},
      {"beta1", 0.7f}, {"beta2", 0.8f}, {"shrink", 0.3f}};
  for (const auto& [name, value] : settings) store.state(name, {1}, DType::f32);
  store.materialise(false);
  store.initialise(3);
  Graph graph;
  std::vector<Tensor> knobs;
  std::vector<std::pair<Tensor, HostTensor>> state;
  const auto host = [&](Tensor tensor, const std::vector<float>& from) {
    HostTensor value(graph.shape(tensor));
    value.values.assign(from.begin(), from.end());
    state.emplace_back(tensor, std::move(value));
  };
  const auto flat = [&](ParameterStore::Slot slot) { return graph.external(store.flat(slot)); };
  const AdamTensors tensors{.values = flat(ParameterStore::value),
                            .gradients = flat(ParameterStore::gradient),
                            .first_moments = flat(ParameterStore::first_moment),
                            .second_moments = flat(ParameterStore::second_moment),
                            .step = graph.external(step),
                            .learning_rate = graph.external(store.state("rate", {1}, DType::f32)),
                            .warm_up = graph.external(store.state("warm_up", {1}, DType::f32)),
                            .schedule_length = graph.external(store.state("length", {1}, DType::f32)),
                            .gradient_clip = graph.external(store.state("clip", {1}, DType::f32)),
                            .schedule_shape = graph.external(store.state("shape", {1}, DType::f32)),
                            .beta1 = graph.external(store.state("beta1", {1}, DType::f32)),
                            .beta2 = graph.external(store.state("beta2", {1}, DType::f32)),
                            .weight_decay = graph.external(store.state("shrink", {1}, DType::f32))};
  const Tensor row = adam(graph, tensors, {.rule = rule});
  Program program(device(), graph, {.name = "optimiser", .keep = {row}});
  for (const auto& [name, value] : settings) {
    write_tensor(device(), store.state(name, {1}, DType::f32), {&value, 1});
    host(graph.external(store.state(name, {1}, DType::f32)), {value});
  }
  state.emplace_back(tensors.step, HostTensor({1}));
  for (const Tensor tensor : {tensors.values, tensors.first_moments, tensors.second_moments})
    host(tensor, read_tensor(device(), *graph.info(tensor).external));
  state.emplace_back(tensors.gradients, HostTensor(graph.shape(tensors.gradients)));
  for (int t = 0; t < 7; ++t) {
    std::vector<float> gradient(70);
    for (std::size_t i = 0; i < 70; ++i)
      gradient[i] = std::sin(0.9f * static_cast<float>(i + 3 * static_cast<std::size_t>(t)));
    write_tensor(device(), store.tensor("a", ParameterStore::gradient), gradient);
    const auto all = read_tensor(device(), store.flat(ParameterStore::gradient));
    state.back().second.values.assign(all.begin(), all.end());
    program.run();
    const auto expected = run_reference(graph, state);
    CHECK(program.read(row)[0] == Approx(scheduled_rate(0.02, 2, 5, 0.02, t, shape)).epsilon(1e-4).margin(1e-9));
    for (auto& [tensor, value] : state) value = expected[static_cast<std::size_t>(tensor.id)];
    for (std::size_t s = state.size() - 4; s < state.size() - 1; ++s) {
      const auto found = read_tensor(device(), *graph.info(state[s].first).external);
      double worst = 0;
      for (std::size_t i = 0; i < found.size(); ++i)
        worst = std::max(worst, std::abs(found[i] - state[s].second.values[i]));
      CHECK(worst < 2e-5);
    }
  }
  require_silent_validation();
}
