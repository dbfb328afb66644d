#include "engine/ops/patches.h"

#include "engine/graph/program.h"
#include "tests/catch.h"
#include "tests/device.h"
#include "tests/ops/check.h"

using namespace unveil;
using namespace unveil::test;

namespace {

// Two scenes of 6×9 and 5×4 pixels and their table for patches of a size.
std::vector<std::uint32_t> table_for(int size) {
  const auto places = [&](int height, int width) {
    return static_cast<std::uint32_t>((height - size + 1) * (width - size + 1));
  };
  return {0, 0, 9, 0, places(6, 9), 54, 4, 0, places(6, 9) + places(5, 4), 0, 0, 0};
}

}  // namespace

TEST_CASE("drawn patches follow their reference", "[ops]") {
  for (const int size : {1, 3, 4})
    for (const bool remove_mean : {false, true})
      for (const bool unit_variance : {false, true})
        check_operation("patches",
                        {.inputs = {{74}, {3, 4}, {2}, {1}},
                         .build =
                             [&](Graph& g, auto& x) {
                               return draw_patches(g, x[0], x[1], x[2], x[3], 25, {size, remove_mean, unit_variance});
                             },
                         .gradient = false,
                         .integers = {{}, table_for(size), {77, 3}, {5}}});
}

TEST_CASE("every place is drawn about equally often", "[ops]") {
  Graph graph;
  const Tensor scenes = graph.input("scenes", {74}), table = graph.input("table", {3, 4}, DType::u32),
               seed = graph.input("seed", {2}, DType::u32), step = graph.input("step", {1}, DType::u32);
  const int count = 4000;
  const Tensor patches = draw_patches(graph, scenes, table, seed, step, count, {.size = 4, .remove_mean = false});
  Program program(device(), graph, {.keep = {patches}});
  std::vector<float> numbers;
  for (int i = 0; i < 74; ++i) numbers.push_back(static_cast<float>(i));
  program.write(scenes, numbers);
  const std::uint32_t words[] = {9, 0}, draw = 2;
  program.write_u32(table, table_for(4));
  program.write_u32(seed, words);
  program.write_u32(step, {&draw, 1});
  program.run();
  const auto found = program.read(patches);
  std::vector<int> corners(74);
  for (int i = 0; i < count; ++i) ++corners[static_cast<std::size_t>(found[static_cast<std::size_t>(16 * i)])];
  int places = 0;
  for (const int n : corners) {
    places += n > 0;
    if (n > 0) CHECK(n == Approx(count / 20.0).epsilon(0.35));
  }
  CHECK(places == 20);
  require_silent_validation();
}
