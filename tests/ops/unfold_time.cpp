#include "engine/ops/unfold_time.h"

#include "tests/catch.h"
#include "tests/ops/check.h"

using namespace unveil;
using namespace unveil::test;

TEST_CASE("windows along time, whole ones alone, and their gradient", "[ops][cpc]") {
  struct Case {
    Shape x;
    std::int64_t kernel, stride;
  };
  const auto c =
      GENERATE(Case{{2, 19, 8}, 8, 4}, Case{{3, 10, 16}, 4, 2}, Case{{1, 4, 8}, 4, 2}, Case{{2, 23, 3}, 5, 2},
               Case{{5, 12, 1}, 10, 5}, Case{{2, 9, 24}, 3, 1}, Case{{3, 31, 64}, 8, 4}, Case{{2, 9, 8}, 2, 3});
  const bool relu = GENERATE(false, true);
  check_operation("unfold_time",
                  {.inputs = {c.x},
                   .build = [&](Graph& g, auto& x) { return unfold_time(g, x[0], c.kernel, c.stride, relu); },
                   .tolerance = 0});
}

TEST_CASE("a window longer than the signal is refused", "[ops][cpc]") {
  Graph graph;
  REQUIRE_THROWS_WITH(unfold_time(graph, graph.input("x", {2, 3, 8}), 4, 2), Contains("[2, 3, 8]"));
}
