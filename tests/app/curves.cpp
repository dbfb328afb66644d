#include "app/curves.h"

#include <cmath>
#include <set>

#include "engine/data/picture.h"
#include "tests/app/commands/program.h"
#include "tests/catch.h"

namespace unveil {
namespace {

TEST_CASE("a curve's picture shows the curve where its values lie", "[curves]") {
  test::TemporaryFolder folder;
  MetricCurve falling{.name = "loss", .points = {}};
  for (int i = 0; i < 200; ++i) falling.points.push_back({i * 10.0, 200 - i * 0.5 + (i == 50 ? std::nan("") : 0)});
  save_curves(folder.file("curve.png"), "falling", "step", {falling});
  const auto picture = load_picture(folder.file("curve.png"));
  REQUIRE(picture.width == 960);
  // The curve's blue: in the upper half on the left, in the lower half on the right, and nowhere crosswise.
  std::set<std::pair<bool, bool>> quarters;
  for (int y = 64; y < picture.height - 56; ++y)
    for (int x = 88; x < picture.width - 24; ++x) {
      const auto* pixel = &picture.pixels[static_cast<std::size_t>(3 * (y * picture.width + x))];
      const int middle_x = (88 + 936) / 2, middle_y = (64 + 484) / 2;
      if (pixel[2] > 240 && pixel[0] < 110 && std::abs(x - middle_x) > 30 && std::abs(y - middle_y) > 30)
        quarters.insert({x < middle_x, y < middle_y});
    }
  CHECK(quarters == std::set<std::pair<bool, bool>>{{true, true}, {false, false}});
}

TEST_CASE("curves of nothing are an empty plot", "[curves]") {
  test::TemporaryFolder folder;
  save_curves(folder.file("none.png"), "none", "step", {MetricCurve{.name = "loss", .points = {}}});
  save_curves(folder.file("one.png"), "one", "step", {MetricCurve{.name = "loss", .points = {{1, 5}}}});
  CHECK(load_picture(folder.file("one.png")).height == 540);
}

}  // namespace
}  // namespace unveil
