#include "engine/ops/transpose.h"

#include "tests/catch.h"
#include "tests/ops/check.h"

using namespace unveil;
using namespace unveil::test;

TEST_CASE("transposing swaps the last two axes, and its gradient swaps them back", "[ops]") {
  const auto shape = GENERATE(Shape{5, 13}, Shape{1, 9}, Shape{140, 33}, Shape{9, 3, 17}, Shape{5, 16, 8});
  check_operation("transpose", {.inputs = {shape}, .build = [](Graph& g, auto& x) { return transpose(g, x[0]); }});
  Graph graph;
  REQUIRE_THROWS_WITH(transpose(graph, graph.input("x", {2, 3, 4, 5})), Contains("[2, 3, 4, 5]"));
}

TEST_CASE("the weights of unfolded taps transpose as one matrix", "[ops]") {
  check_operation("one of nine",
                  {.inputs = {{9, 3, 5}}, .build = [](Graph& g, auto& x) { return transpose_stacked(g, x[0], 1); }});
  check_operation("three of nine",
                  {.inputs = {{9, 3, 5}}, .build = [](Graph& g, auto& x) { return transpose_stacked(g, x[0], 3); }});
}
