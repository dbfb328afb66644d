#include "engine/ops/gather_windows.h"

#include "tests/catch.h"
#include "tests/ops/check.h"

using namespace unveil;
using namespace unveil::test;

TEST_CASE("windows are cut from a signal where the indexed starts say", "[ops][cpc]") {
  struct Case {
    std::int64_t rows, hop, width;
  };
  const auto c = GENERATE(Case{3, 5, 10}, Case{4, 8, 8}, Case{1, 1, 1}, Case{9, 5, 10}, Case{3, 24, 24});
  check_operation(
      "gather_windows",
      {.inputs = {{200}, {5}, {7}},
       .build = [&](Graph& g, auto& x) { return gather_windows(g, x[0], x[1], x[2], c.rows, c.hop, c.width); },
       .tolerance = 0,
       .gradient = false,
       .integers = {{}, {0, 31, 7, 100, 190}, {4, 0, 3, 3, 1, 2, 0}}});
}

TEST_CASE("windows of what is no signal are refused", "[ops][cpc]") {
  Graph graph;
  const Tensor indices = graph.input("indices", {3}, DType::u32);
  REQUIRE_THROWS_WITH(gather_windows(graph, graph.input("x", {4, 5}), indices, indices, 1, 1, 1), Contains("[4, 5]"));
}
