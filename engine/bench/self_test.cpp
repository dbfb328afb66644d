#include "engine/bench/self_test.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <random>

#include "engine/graph/program.h"
#include "engine/nn/gradients.h"
#include "engine/ops/binary.h"
#include "engine/ops/conv2d.h"
#include "engine/ops/embedding.h"
#include "engine/ops/matmul.h"
#include "engine/ops/random.h"
#include "engine/ops/reduce.h"
#include "engine/ops/softmax.h"

namespace unveil {
namespace {

constexpr double kTolerance = 1e-3;  // relative to 1 + |value|: what is wrong is wrong by more
constexpr int kTimedRuns = 5;

// Everything that is asked of the device in one program.
struct Questions {
  Graph graph;
  std::vector<std::pair<Tensor, HostTensor>> given;
  std::vector<std::pair<std::string, Tensor>> asked;
  std::mt19937 random{1};

  Tensor input(const Shape& shape) {
    const Tensor x = graph.input(fmt::format("x{}", given.size()), shape);
    HostTensor value(shape);
    std::uniform_real_distribution<float> uniform(-1, 1);
    for (auto& v : value.values) v = static_cast<double>(uniform(random));
    given.emplace_back(x, std::move(value));
    return x;
  }
  Tensor words(const Shape& shape, std::uint32_t below) {
    const Tensor x = graph.input(fmt::format("x{}", given.size()), shape, DType::u32);
    HostTensor value(shape);
    for (auto& v : value.values) v = random() % below;
    given.emplace_back(x, std::move(value));
    return x;
  }
  void ask(std::string what, Tensor answer) { asked.emplace_back(std::move(what), answer); }
  // And the gradient of a weighted sum of it.
  void ask(const std::string& what, Tensor answer, const std::vector<Tensor>& inputs) {
    ask(what, answer);
    const Tensor weights = input(graph.shape(answer));
    graph.join(weights, answer);
    for (const auto gradient : gradients_of(graph, answer, weights, inputs)) ask("the gradient of " + what, gradient);
  }
};

void ask_everything(Questions& q) {
  auto& g = q.graph;
  const Tensor a = q.input({37, 50}), b = q.input({50, 41}), scores = q.input({19, 77}), table = q.input({11, 13});
  q.ask("a matrix product", matmul(g, a, b), {a, b});
  q.ask("softmax", softmax(g, scores), {scores});
  q.ask("cross-entropy", cross_entropy(g, scores, q.words({19}, 77)), {scores});
  q.ask("maxima over columns", max_columns(g, scores));
  q.ask("sums over columns", sum_columns(g, scores), {scores});
  q.ask("sums over rows", sum_rows(g, scores), {scores});
  q.ask("a sum over everything", sum_all(g, scores), {scores});
  q.ask("an embedding", embedding(g, table, q.words({45}, 11)), {table});
  const Tensor pictures = q.input({2, 7, 9, 5}), kernels = q.input({9, 5, 12});
  q.ask("a convolution", conv2d(g, pictures, kernels, {.taps = taps_full(3)}), {pictures, kernels});
  q.ask("normal draws", normal(g, {6, 50}, {q.words({2}, 1u << 31), q.words({}, 1000), 3}));
}

// How often as fast as its cost says the device runs a program that was run before.
double speed_of(Program& program) {
  double estimated = 0, best = 1e30;
  for (const auto& list : program.lists()) estimated += list.estimated_ms();
  for (int run = 0; run < kTimedRuns; ++run) {
    const auto begin = std::chrono::steady_clock::now();
    program.run();
    best =
        std::min(best, std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count());
  }
  return estimated / best;
}

double speed_of(Device& device) {
  Graph products, walks;
  const Tensor p = matmul(products, products.input("a", {512, 512}), products.input("b", {512, 512}));
  const Tensor w = add(walks, walks.input("a", {1024, 1024}), walks.input("b", {1024, 1024}));
  Program product(device, products, {.name = "self-test", .keep = {p}});
  Program walk(device, walks, {.name = "self-test", .keep = {w}});
  product.run();
  walk.run();
  return std::min(speed_of(product), speed_of(walk));
}

}  // namespace

SelfTest self_test(Device& device) {
  Questions q;
  ask_everything(q);
  std::vector<Tensor> keep;
  for (const auto& [what, answer] : q.asked) keep.push_back(answer);
  Program program(device, q.graph, {.name = "self-test", .keep = keep});
  program.poison();
  for (const auto& [x, value] : q.given) {
    if (q.graph.info(x).dtype == DType::u32)
      program.write_u32(x, std::vector<std::uint32_t>(value.values.begin(), value.values.end()));
    else
      program.write(x, std::vector<float>(value.values.begin(), value.values.end()));
  }
  program.run();
  const auto expected = run_reference(q.graph, q.given);
  SelfTest result;
  for (const auto& [what, answer] : q.asked) {
    const auto found = program.read(answer);
    const auto& right = expected[static_cast<std::size_t>(answer.id)].values;
    for (std::size_t i = 0; i < right.size(); ++i)
      if (!(std::abs(found[i] - right[i]) <= kTolerance * (1 + std::abs(right[i])))) {
        result.failure =
            fmt::format("computes {} wrong ({:.4g}, where the processor has {:.4g})", what, found[i], right[i]);
        return result;
      }
  }
  result.speed = speed_of(device);
  return result;
}

}  // namespace unveil
