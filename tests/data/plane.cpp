// Sets of points of the plane, generated ones and those of files.
#include "engine/data/plane.h"

#include <cmath>
#include <fstream>

#include "engine/models/plane_model.h"
#include "tests/app/commands/program.h"
#include "tests/catch.h"

using namespace unveil;
using namespace unveil::test;

TEST_CASE("generated points are what their set says", "[data]") {
  const auto ring = load_dataset("ring:2,0.1", {.seed = 3});
  CHECK(ring.kind == DataKind::points);
  REQUIRE(ring.train_points.count == 20000);
  CHECK(ring.test_points.values != ring.train_points.values);
  CHECK(ring.train_points.values == load_dataset("ring:2,0.1", {.seed = 3}).train_points.values);
  CHECK(ring.train_points.values != load_dataset("ring:2,0.1", {.seed = 4}).train_points.values);
  const auto hit = modes_hit(ring.test_points.values, ring.truth);
  CHECK(hit.hit == 8);
  CHECK(hit.of == 8);
  CHECK(hit.share == Approx(1 - std::exp(-4.5)).margin(0.003));  // Rayleigh
  // The entropy is the mean of -log p, here by the mixture itself.
  const auto wide = load_dataset("ring");
  double nats = 0;
  for (std::size_t i = 0; i < 40000; i += 2) {
    double p = 0;
    for (const auto& mode : wide.truth.modes) {
      const double dx = wide.test_points.values[i] - mode[0], dy = wide.test_points.values[i + 1] - mode[1];
      p += std::exp(-(dx * dx + dy * dy) / (2 * 0.25)) / (8 * 2 * M_PI * 0.25);
    }
    nats -= std::log(p) / 20000;
  }
  CHECK(wide.truth.entropy == Approx(3.531).margin(0.001));
  CHECK(nats == Approx(wide.truth.entropy).margin(0.02));
  const auto board = load_dataset("checkerboard");
  for (std::size_t i = 0; i < 40000; i += 2) {
    const int column = static_cast<int>(std::floor(board.train_points.values[i] / 2)),
              row = static_cast<int>(std::floor(board.train_points.values[i + 1] / 2));
    REQUIRE((column + row) % 2 == 0);
    REQUIRE((std::abs(board.train_points.values[i]) <= 4 && std::abs(board.train_points.values[i + 1]) <= 4));
  }
  CHECK(modes_hit(board.test_points.values, board.truth).hit == 8);
  CHECK(modes_hit(board.test_points.values, board.truth).share == 1);
  CHECK(modes_hit(ring.test_points.values, board.truth).share < 0.9);
  CHECK(modes_hit(ring.test_points.values, {}).of == 0);
  for (const char* set : {"moons", "spiral"}) CHECK(load_dataset(set).test_points.count == 20000);
}

TEST_CASE("arguments and files of points that cannot be used are refused with what is accepted", "[data]") {
  for (const char* spec : {"ring:", "ring:2", "ring:2,0.1,3", "ring:2,0", "ring:-1,1", "ring:a,b", "ring:2,1e9"}) {
    INFO(spec);
    CHECK_THROWS_WITH(load_dataset(spec), Contains("as in ring:4,0.5") || Contains("nothing follows the colon"));
  }
  CHECK_THROWS_WITH(load_dataset("moons:1"), Contains("takes no path"));
  const TemporaryFolder folder;
  const auto file = folder.file("points.csv");
  const auto write = [&](const std::string& text) { std::ofstream(file) << text; };
  const auto load = [&] { return load_dataset("points:" + file, {.kinds = {DataKind::points}}); };
  write("x,y\n1,2\n");
  CHECK_THROWS_WITH(load(), Contains("learning takes ten"));
  std::string equal = "x,y\n", cube = "x,y,z\n", good = "x,y\n";
  for (int i = 0; i < 50; ++i) {
    equal += "3,4\n";
    cube += std::to_string(i) + ",1.5," + std::to_string(i * i) + "\n";
    good += std::to_string(i) + "," + std::to_string(i % 7 + 100) + "\n";
  }
  write(equal);
  CHECK_THROWS_WITH(load(), Contains("all equal"));
  write(cube);
  CHECK_THROWS_WITH(load(), Contains("the plane takes two"));
  write(good);
  const auto points = load();
  CHECK(points.train_points.count + points.test_points.count == 50);
  CHECK(points.test_points.count > 0);
  for (const auto* part : {&points.train_points, &points.test_points})
    for (const float value : part->values) CHECK(std::abs(value) <= 4);
  CHECK_THROWS_WITH(load_dataset("points:" + file, {.kinds = {DataKind::pictures}}), Contains("points of the plane"));
}
