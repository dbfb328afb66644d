#include "engine/ops/matmul_stacked.h"

#include "tests/catch.h"
#include "tests/ops/check.h"

using namespace unveil;
using namespace unveil::test;

TEST_CASE("stacked matrix products, each of its own pair, and their gradients", "[ops][cpc]") {
  struct Case {
    std::int64_t stack, m, k, n;
  };
  const auto c = GENERATE(Case{1, 1, 1, 1}, Case{3, 5, 7, 9}, Case{4, 8, 16, 16}, Case{2, 34, 64, 32},
                          Case{3, 6, 100, 5}, Case{2, 3, 200, 24});
  check_operation("matmul_stacked", {.inputs = {{c.stack, c.m, c.k}, {c.stack, c.k, c.n}},
                                     .build = [](Graph& g, auto& x) { return matmul_stacked(g, x[0], x[1]); }});
}

TEST_CASE("stacks that do not fit are refused", "[ops][cpc]") {
  Graph graph;
  REQUIRE_THROWS_WITH(matmul_stacked(graph, graph.input("a", {2, 3, 4}), graph.input("b", {3, 4, 5})),
                      Contains("[2, 3, 4]") && Contains("[3, 4, 5]"));
}
