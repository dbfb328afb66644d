#include "engine/ops/reduce.h"

#include "tests/catch.h"
#include "tests/ops/check.h"

using namespace unveil;
using namespace unveil::test;

TEST_CASE("sums and means over columns, rows, items and everything", "[ops]") {
  const auto shape = GENERATE(Shape{3, 5}, Shape{70, 19}, Shape{2, 5, 7, 3}, Shape{3, 12, 11, 9}, Shape{1000, 8});
  const int halo = GENERATE(0, 1);
  check_operation("sum_columns",
                  {.inputs = {shape}, .build = [](Graph& g, auto& x) { return sum_columns(g, x[0]); }, .halo = halo});
  check_operation("sum_rows",
                  {.inputs = {shape}, .build = [](Graph& g, auto& x) { return sum_rows(g, x[0]); }, .halo = halo});
  check_operation("sum_items",
                  {.inputs = {shape}, .build = [](Graph& g, auto& x) { return sum_items(g, x[0]); }, .halo = halo});
  check_operation("sum_all",
                  {.inputs = {shape}, .build = [](Graph& g, auto& x) { return sum_all(g, x[0]); }, .halo = halo});
  check_operation("sum_squares", {.inputs = {shape},
                                  .build = [](Graph& g, auto& x) { return sum_squares(g, x[0]); },
                                  .gradient = false,
                                  .halo = halo});
  check_operation("mean_rows",
                  {.inputs = {shape}, .build = [](Graph& g, auto& x) { return mean_rows(g, x[0]); }, .halo = halo});
  check_operation("mean_items",
                  {.inputs = {shape}, .build = [](Graph& g, auto& x) { return mean_items(g, x[0]); }, .halo = halo});
  check_operation("mean_all",
                  {.inputs = {shape}, .build = [](Graph& g, auto& x) { return mean_all(g, x[0]); }, .halo = halo});
  check_operation("max_columns", {.inputs = {shape},
                                  .build = [](Graph& g, auto& x) { return max_columns(g, x[0]); },
                                  .gradient = false,
                                  .halo = halo});
}
