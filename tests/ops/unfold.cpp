#include "engine/ops/unfold.h"

#include "tests/catch.h"
#include "tests/ops/check.h"

using namespace unveil;
using namespace unveil::test;

TEST_CASE("patches of any taps and stride, and their gradient", "[ops]") {
  const int halo = GENERATE(0, 1);
  const auto check = [&](const Shape& shape, std::vector<Tap> taps, int stride) {
    check_operation(
        "unfold",
        {.inputs = {shape}, .build = [=](Graph& g, auto& x) { return unfold(g, x[0], taps, stride); }, .halo = halo});
  };
  check({2, 5, 7, 3}, taps_full(3), 1);
  check({2, 5, 7, 1}, taps_full(7), 1);
  check({1, 9, 8, 5}, taps_full(3), 2);
  check({3, 7, 7, 2}, {{0, 0}, {-2, 1}}, 3);
}
