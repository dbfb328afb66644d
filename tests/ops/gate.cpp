#include "engine/ops/gate.h"

#include "tests/catch.h"
#include "tests/ops/check.h"

using namespace unveil;
using namespace unveil::test;

TEST_CASE("the gated unit is tanh of one half of the channels times the sigmoid of the other", "[ops]") {
  const auto shape = GENERATE(Shape{5, 16}, Shape{70, 32}, Shape{2, 5, 7, 64}, Shape{3, 2}, Shape{5, 10}, Shape{18},
                              Shape{2, 5, 3, 26});
  const int halo = GENERATE(0, 1, 3);
  if (halo > 0 && shape.rank() < 4) return;
  check_operation("gate", {.inputs = {shape},
                           .build = [](Graph& g, auto& x) { return gate(g, x[0]); },
                           .low = -4,
                           .high = 4,
                           .tolerance = 2e-6,
                           .halo = halo});
}

TEST_CASE("channels that cannot be halved are refused", "[ops]") {
  Graph graph;
  REQUIRE_THROWS_WITH(gate(graph, graph.input("x", {3, 5})), Contains("[3, 5]"));
}
