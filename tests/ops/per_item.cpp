#include "engine/ops/per_item.h"

#include "tests/catch.h"
#include "tests/ops/check.h"

using namespace unveil;
using namespace unveil::test;

TEST_CASE("a row added per item reaches every position of the item and no halo", "[ops]") {
  const auto shape =
      GENERATE(Shape{3, 5}, Shape{13, 24}, Shape{2, 5, 7, 16}, Shape{3, 12, 11, 9}, Shape{2, 40, 30, 8});
  const int halo = GENERATE(0, 1, 3);
  if (halo > 0 && shape.rank() < 4) return;
  check_operation("add_per_item", {.inputs = {shape, {shape[0], shape.cols()}},
                                   .build = [](Graph& g, auto& x) { return add_per_item(g, x[0], x[1]); },
                                   .halo = halo});
  check_operation(
      "sum_per_item",
      {.inputs = {shape}, .build = [](Graph& g, auto& x) { return sum_per_item(g, x[0]); }, .halo = halo});
}
