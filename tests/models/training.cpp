// Steps of several updates, and functions asked of any number of items.
#include "engine/models/training.h"

#include <numeric>

#include "engine/graph/program.h"
#include "engine/models/function.h"
#include "engine/ops/binary.h"
#include "engine/ops/reduce.h"
#include "engine/ops/unary.h"
#include "tests/catch.h"
#include "tests/device.h"

using namespace unveil;
using namespace unveil::test;

namespace {

float number(const DeviceTensor& tensor) {
  return read_tensor(device(), tensor)[0];
}

}  // namespace

TEST_CASE("an update moves its own group alone, and what follows sees it moved", "[train]") {
  ParameterStore store(device());
  Graph graph;
  // (a - 3)² moves a, then (b - a)² moves b: Adam's first step is the learning rate, whatever the gradient.
  const Tensor a = graph.external(store.parameter("first.a", {1}, zeros()));
  const Tensor a2 = graph.external(store.parameter("first.a2", {9}, constant(2)));
  const Tensor b = graph.external(store.parameter("second.b", {1}, zeros()));
  const auto loss_of = [&](Tensor x, Tensor y) { return sum_all(graph, square(graph, subtract(graph, x, y))); };
  const Tensor three = graph.constant("three", {1}, std::vector<float>{3});
  const Tensor first = add(graph, loss_of(a, three), sum_all(graph, square(graph, a2)));
  Training training(graph, store,
                    {.metrics = {{"first", graph.shape(first)}, {"second", graph.shape(first)}},
                     .rates = {"learning_rate", "other_rate"},
                     .norms = {"gradient_norm", "other_norm"}});
  training.update({.loss = first, .group = "first", .rate = "other_rate", .norm = "other_norm"});
  const Tensor second = loss_of(b, a);
  training.finish({.loss = second, .group = "second"});
  training.leave("first", first);
  training.leave("second", second);
  Program program(device(), graph, {});
  store.initialise(1);
  const auto set = [&](const char* knob, float value) {
    write_tensor(device(), knob_state(store, knob), {&value, 1});
  };
  set("learning_rate", 0.5f), set("other_rate", 0.25f);
  program.run();
  CHECK(number(store.tensor("first.a", ParameterStore::value)) == Approx(0.25).epsilon(1e-4));
  CHECK(number(store.tensor("first.a2", ParameterStore::value)) == Approx(1.75).epsilon(1e-4));
  CHECK(number(store.tensor("second.b", ParameterStore::value)) == Approx(0.5).epsilon(1e-4));
  CHECK(number(metric_state(store, "first")) == Approx(9 + 9 * 4).epsilon(1e-4));
  CHECK(number(metric_state(store, "second")) == Approx(0.25 * 0.25).epsilon(1e-3));  // of a after its update
  CHECK(number(metric_state(store, "learning_rate")) == Approx(0.5));
  CHECK(number(metric_state(store, "other_rate")) == Approx(0.25));
  CHECK(number(metric_state(store, "other_norm")) == Approx(std::sqrt(36.0 + 9 * 16)).epsilon(1e-4));
  CHECK(read_tensor_u32(device(), step_state(store))[0] == 1);  // one step, of two updates
  require_silent_validation();
}

TEST_CASE("a group of parameters lies in one piece or is refused", "[train]") {
  ParameterStore store(device());
  store.parameter("a.x", {3}, constant(1));
  store.parameter("a.y", {2, 5}, constant(2));
  store.parameter("b", {4}, constant(4));
  store.parameter("a.z", {1}, constant(8));
  store.materialise(false);
  store.initialise(1);
  CHECK_THROWS_AS(store.flat(ParameterStore::value, "a"), std::logic_error);
  CHECK_THROWS_AS(store.flat(ParameterStore::value, "c"), std::logic_error);
  const auto flat = read_tensor(device(), store.flat(ParameterStore::value, "b"));
  CHECK(std::accumulate(flat.begin(), flat.end(), 0.0) == 16);
  CHECK(&store.flat(ParameterStore::value, "") == &store.flat(ParameterStore::value));
}

TEST_CASE("a function answers for any number of items", "[train]") {
  ParameterStore store(device());
  store.parameter("row", {3}, constant(10));
  store.materialise(false);
  store.initialise(1);
  Function function(store, "sums", {4, 3}, [](Graph& graph, const Weights& weights, Tensor items) {
    const Tensor moved = add(graph, items, weights("row", {3}, constant(10)));
    return std::vector{moved, sum_columns(graph, items)};
  });
  for (const int count : {0, 1, 4, 5, 11}) {
    std::vector<float> items(static_cast<std::size_t>(3 * count));
    std::iota(items.begin(), items.end(), 0.0f);
    const auto answer = function(items);
    REQUIRE(answer[0].size() == items.size());
    REQUIRE(answer[1].size() == static_cast<std::size_t>(count));
    for (std::size_t i = 0; i < items.size(); ++i) CHECK(answer[0][i] == items[i] + 10);
    for (std::size_t i = 0; i < answer[1].size(); ++i) CHECK(answer[1][i] == static_cast<float>(9 * i + 3));
  }
  require_silent_validation();
}
