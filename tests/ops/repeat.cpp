#include "engine/ops/repeat.h"

#include "tests/catch.h"
#include "tests/ops/check.h"

using namespace unveil;
using namespace unveil::test;

TEST_CASE("small tensors repeat over large ones", "[ops]") {
  const auto like = GENERATE(Shape{5, 13}, Shape{3, 4, 5, 9});
  const int halo = GENERATE(0, 2);
  Shape column = like;
  column.set(-1, 1);
  const auto with = [&](const Shape& small, auto function) {
    return OperationCheck{.inputs = {small}, .build = [=](Graph& g, auto& x) {
                            const Tensor shape_of = g.input("like", like);
                            g.require_halo(shape_of, halo);
                            return function(g, x[0], shape_of);
                          }};
  };
  check_operation("value", with({}, repeat_value));
  check_operation("row", with({like.cols()}, repeat_row));
  check_operation("column", with(column, repeat_column));
  check_operation("item", with({like[0], 1}, repeat_item));
}
