#include "engine/ops/gru.h"

#include "tests/catch.h"
#include "tests/ops/check.h"

using namespace unveil;
using namespace unveil::test;

TEST_CASE("a gated recurrent unit and backpropagation through time", "[ops][cpc]") {
  struct Case {
    std::int64_t items, steps, units;
  };
  const auto c = GENERATE(Case{1, 1, 8}, Case{3, 5, 8}, Case{5, 7, 24}, Case{8, 12, 32}, Case{2, 3, 128});
  check_operation("gru", {.inputs = {{c.items, c.steps, 3 * c.units}, {c.units, 3 * c.units}, {3 * c.units}},
                          .build = [](Graph& g, auto& x) { return gru(g, x[0], x[1], x[2]); },
                          .low = -0.6,
                          .high = 0.6});
}

TEST_CASE("a recurrent unit whose shapes do not fit is refused", "[ops][cpc]") {
  Graph graph;
  REQUIRE_THROWS_WITH(gru(graph, graph.input("x", {2, 3, 30}), graph.input("w", {10, 30}), graph.input("b", {30})),
                      Contains("multiple of 8") && Contains("[10, 30]"));
}
