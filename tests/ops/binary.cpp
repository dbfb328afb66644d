#include "engine/ops/binary.h"

#include "tests/catch.h"
#include "tests/ops/check.h"

using namespace unveil;
using namespace unveil::test;

namespace {

void check_all(const Shape& a, const Shape& b, int halo = 0) {
  check_operation("add",
                  {.inputs = {a, b}, .build = [](Graph& g, auto& x) { return add(g, x[0], x[1]); }, .halo = halo});
  check_operation(
      "subtract",
      {.inputs = {a, b}, .build = [](Graph& g, auto& x) { return subtract(g, x[0], x[1]); }, .halo = halo});
  check_operation(
      "multiply",
      {.inputs = {a, b}, .build = [](Graph& g, auto& x) { return multiply(g, x[0], x[1]); }, .halo = halo});
  check_operation("divide", {.inputs = {a, b},
                             .build = [](Graph& g, auto& x) { return divide(g, x[0], x[1]); },
                             .low = 0.5,
                             .high = 2,
                             .halo = halo});
  check_operation(
      "maximum", {.inputs = {a, b}, .build = [](Graph& g, auto& x) { return maximum(g, x[0], x[1]); }, .halo = halo});
  check_operation(
      "minimum", {.inputs = {a, b}, .build = [](Graph& g, auto& x) { return minimum(g, x[0], x[1]); }, .halo = halo});
}

}  // namespace

TEST_CASE("arithmetic of two tensors of one shape", "[ops]") {
  check_all({5}, {5});
  check_all({3, 17}, {3, 17});
  check_all({2, 5, 3, 9}, {2, 5, 3, 9}, 1);
}

TEST_CASE("arithmetic repeats a value, a row or a column", "[ops]") {
  check_all({13, 11}, {});
  check_all({}, {13, 11});
  check_all({13, 11}, {11});
  check_all({11}, {13, 11});
  check_all({13, 11}, {13, 1});
  check_all({2, 3, 5, 7}, {7}, 2);
  check_all({2, 3, 5, 7}, {2, 3, 5, 1}, 1);
}

TEST_CASE("a tensor may stand on both sides", "[ops]") {
  check_operation("square by multiply",
                  {.inputs = {{4, 9}}, .build = [](Graph& g, auto& x) { return multiply(g, x[0], x[0]); }});
  check_operation("twice", {.inputs = {{4, 9}}, .build = [](Graph& g, auto& x) { return add(g, x[0], x[0]); }});
}

TEST_CASE("shapes that do not fit are refused", "[ops]") {
  Graph graph;
  REQUIRE_THROWS_WITH(add(graph, graph.input("a", {3, 4}), graph.input("b", {4, 3})),
                      Contains("[3, 4]") && Contains("[4, 3]"));
}
