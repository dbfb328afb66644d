#include "app/widgets/view.h"

#include "tests/catch.h"

using namespace unveil;

TEST_CASE("a view leads from the plane to the screen and back, and what is under the hand stays there", "[widgets]") {
  View view;
  view.frame({100, 50}, {400, 300}, {2, 3}, false);
  CHECK(view.unit() == Approx(50));  // the smaller of 400 / 4 and 300 / 6
  const ImVec2 middle = view.to_screen({0, 0}), up = view.to_screen({0, 1});
  CHECK(middle.x == Approx(300));
  CHECK(middle.y == Approx(200));
  CHECK(up.y == Approx(150));
  const ImVec2 anchor(180, 120);
  const glm::vec2 under = view.from_screen(anchor);
  for (const float factor : {1.7f, 3.0f, 0.8f, 100.0f}) {
    view.zoom(anchor, factor);
    const glm::vec2 now = view.from_screen(anchor);
    CHECK(now.x == Approx(under.x).margin(1e-4));
    CHECK(now.y == Approx(under.y).margin(1e-4));
    const ImVec2 back = view.to_screen(now);
    CHECK(back.x == Approx(anchor.x).margin(0.05));
    CHECK(back.y == Approx(anchor.y).margin(0.05));
  }
  CHECK(view.unit() == Approx(50 * 40));  // no nearer than that
  view.pan({10, -20});
  const glm::vec2 moved = view.from_screen({anchor.x + 10, anchor.y - 20});
  CHECK(moved.x == Approx(under.x).margin(1e-4));
  CHECK(moved.y == Approx(under.y).margin(1e-4));
  view.zoom(anchor, 1e-3f);
  CHECK_FALSE(view.zoomed());
  CHECK(view.to_screen({0, 0}).x == Approx(300));
}

TEST_CASE("a bounded view does not leave the plane", "[widgets]") {
  View view;
  view.frame({0, 0}, {200, 200}, {1, 1}, true);
  view.pan({500, 500});
  CHECK(view.to_screen({0, 0}).x == Approx(100));
  view.zoom({0, 0}, 2);
  view.pan({-1000, 1000});
  CHECK(view.to_screen({1, 1}).x == Approx(200));  // the upper right corner, and not beyond
  CHECK(view.to_screen({1, 1}).y == Approx(0).margin(1e-3));
}
