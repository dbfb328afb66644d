#include "engine/ops/random.h"

#include <cmath>

#include "engine/data/philox.h"
#include "engine/graph/program.h"
#include "tests/catch.h"
#include "tests/device.h"
#include "tests/ops/check.h"

using namespace unveil;
using namespace unveil::test;

namespace {

const std::vector<std::uint32_t> kSeed{0x12345678u, 0x9abcdef0u}, kStep{77};

struct Drawn {
  Graph graph;
  Tensor seed = graph.input("seed", {2}, DType::u32), step = graph.input("step", {}, DType::u32);
};

}  // namespace

TEST_CASE("uniform numbers are the words of Philox4x32-10, bit for bit, in logical order", "[ops]") {
  const auto shape = GENERATE(Shape{7}, Shape{5, 13}, Shape{2, 5, 7, 1}, Shape{3, 14, 11, 1}, Shape{2, 3, 5, 12});
  const int halo = GENERATE(0, 1, 3);
  Drawn d;
  const Tensor y = uniform(d.graph, shape, {d.seed, d.step, 9});
  d.graph.require_halo(y, halo);
  Program program(device(), d.graph, {.keep = {y}});
  program.poison();
  program.write_u32(d.seed, kSeed);
  for (const std::uint32_t step : {0u, 1u, 0xffffffffu}) {
    program.write_u32(d.step, std::vector{step});
    program.run();
    const auto found = program.read(y);
    for (std::uint32_t i = 0; i < found.size(); ++i) {
      const auto words = philox4x32({i / 4, step, 9, 0}, {kSeed[0], kSeed[1]});
      REQUIRE(found[i] == static_cast<float>(words[i % 4] >> 8) * 0x1p-24f);
    }
  }
  require_silent_validation();
}

TEST_CASE("counter and key zero give Random123's known answer on the device", "[ops]") {
  Drawn d;
  const Tensor y = uniform(d.graph, {4}, {d.seed, d.step, 0});
  Program program(device(), d.graph, {.keep = {y}});
  program.run();  // inputs are zero until they are written
  const auto found = program.read(y);
  const std::uint32_t words[] = {0x6627e8d5u, 0xe169c58du, 0xbc57ac4cu, 0x9b00dbd8u};
  for (std::size_t i = 0; i < 4; ++i) CHECK(found[i] == static_cast<float>(words[i] >> 8) * 0x1p-24f);
}

TEST_CASE("normal numbers follow Box and Muller, and have the moments of the normal distribution", "[ops]") {
  const auto shape = GENERATE(Shape{5, 13}, Shape{2, 9, 7, 1}, Shape{40, 1000});
  check_operation("normal", {.inputs = {{2}, {}},
                             .build =
                                 [&](Graph& g, auto& x) {
                                   return normal(g, shape, {x[0], x[1], 3});
                                 },
                             .tolerance = 2e-5,
                             .gradient = false,
                             .integers = {kSeed, kStep}});
  if (shape.elements() < 10000) return;
  Drawn d;
  const Tensor y = normal(d.graph, shape, {d.seed, d.step, 4});
  Program program(device(), d.graph, {.keep = {y}});
  program.write_u32(d.seed, kSeed);
  program.run();
  double moment[5] = {};
  const auto found = program.read(y);
  for (const double v : found)
    for (int k = 1; k <= 4; ++k) moment[k] += std::pow(v, k) / static_cast<double>(found.size());
  // Five standard errors of each moment's estimate.
  const double error = 5 / std::sqrt(static_cast<double>(found.size()));
  CHECK(std::abs(moment[1]) < error);
  CHECK(std::abs(moment[2] - 1) < error * std::sqrt(2.0));
  CHECK(std::abs(moment[3]) < error * std::sqrt(15.0));
  CHECK(std::abs(moment[4] - 3) < error * std::sqrt(96.0));
}

TEST_CASE("draws with probabilities are ones where the uniform number lies below", "[ops]") {
  const auto shape = GENERATE(Shape{5, 13}, Shape{2, 14, 9, 1}, Shape{2, 3, 4, 9});
  check_operation("bernoulli", {.inputs = {shape, {2}, {}},
                                .build =
                                    [](Graph& g, auto& x) {
                                      return bernoulli(g, x[0], {x[1], x[2], 3});
                                    },
                                .low = 0,
                                .tolerance = 0,
                                .gradient = false,
                                .halo = 1,
                                .integers = {{}, kSeed, kStep}});
}

TEST_CASE("a step that is no u32 is refused", "[ops]") {
  Graph graph;
  const Tensor seed = graph.input("seed", {2}, DType::u32);
  REQUIRE_THROWS_WITH(uniform(graph, {3}, {seed, graph.input("step", {}), 0}), Contains("u32"));
}
