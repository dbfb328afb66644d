#include "engine/ops/copy.h"

#include <numeric>

#include "engine/graph/program.h"
#include "tests/catch.h"
#include "tests/device.h"
#include "tests/ops/check.h"

using namespace unveil;
using namespace unveil::test;

namespace {

std::vector<float> counted(std::int64_t count) {
  std::vector<float> values(static_cast<std::size_t>(count));
  std::iota(values.begin(), values.end(), 1.0f);
  return values;
}

}  // namespace

TEST_CASE("reshape keeps the logical order whatever the geometry", "[ops]") {
  const int halo = GENERATE(0, 2);
  const auto check = [&](const Shape& from, const Shape& to) {
    check_operation("reshape", {.inputs = {from},
                                .build = [&](Graph& g, auto& x) { return reshape(g, x[0], to); },
                                .tolerance = 0,
                                .halo = halo});
  };
  check({2, 5, 3, 9}, {2, 135});
  check({2, 28, 28, 1}, {2, 784});
  check({2, 75}, {2, 5, 5, 3});
  check({3, 4}, {12});
  check({13, 1, 1, 24}, {13, 24});
  check({8}, {8});
}

TEST_CASE("slices, pads and concatenations along every axis", "[ops]") {
  const int halo = GENERATE(0, 1);
  const auto shape = GENERATE(Shape{19}, Shape{5, 24}, Shape{2, 5, 4, 16}, Shape{2, 4, 3, 11});
  if (halo > 0 && shape.rank() < 4) return;
  for (int axis = 0; axis < shape.rank(); ++axis) {
    const auto extent = shape[axis];
    check_operation("slice", {.inputs = {shape},
                              .build = [&](Graph& g, auto& x) { return slice(g, x[0], axis, 0, (extent + 1) / 2); },
                              .tolerance = 0,
                              .halo = halo});
    check_operation("slice", {.inputs = {shape},
                              .build = [&](Graph& g, auto& x) { return slice(g, x[0], axis, extent / 2, extent); },
                              .tolerance = 0,
                              .halo = halo});
    check_operation("pad", {.inputs = {shape},
                            .build = [&](Graph& g, auto& x) { return pad(g, x[0], axis, 3, 10); },
                            .tolerance = 0,
                            .halo = halo});
    check_operation("pad", {.inputs = {shape},
                            .build = [&](Graph& g, auto& x) { return pad(g, x[0], axis, 8, 0); },
                            .tolerance = 0,
                            .halo = halo});
    Shape narrow = shape;
    narrow.set(axis, 3);
    check_operation("concat", {.inputs = {shape, narrow, shape},
                               .build = [&](Graph& g, auto& x) { return concat(g, x, axis); },
                               .tolerance = 0,
                               .halo = halo});
    check_operation("concat", {.inputs = {narrow, narrow, shape},
                               .build = [&](Graph& g, auto& x) { return concat(g, x, axis - shape.rank()); },
                               .tolerance = 0,
                               .halo = halo});
  }
}

TEST_CASE("halves of channels put side by side are the whole", "[ops]") {
  Graph graph;
  const Shape shape{2, 3, 5, 32};
  const Tensor x = graph.input("x", shape);
  graph.require_halo(x, 1);
  const Tensor left = slice(graph, x, -1, 0, 16), right = slice(graph, x, -1, 16, 32);
  const Tensor y = concat(graph, {right, left}, -1);
  Program program(device(), graph, {.keep = {y, left}});
  program.poison();
  const auto values = counted(shape.elements());
  program.write(x, values);
  program.run();
  const auto found = program.read(y), half = program.read(left);
  for (std::size_t r = 0; r < 30; ++r)
    for (std::size_t c = 0; c < 32; ++c) {
      REQUIRE(found[r * 32 + c] == values[r * 32 + (c + 16) % 32]);
      if (c < 16) REQUIRE(half[r * 16 + c] == values[r * 32 + c]);
    }
}

TEST_CASE("a copy into a tensor of its own place changes the geometry and keeps every bit", "[ops]") {
  Buffer buffer = device().allocate(1 << 16, MemoryKind::device, "a state");
  DeviceTensor state{"state", {2, 3, 5, 7}, DType::u32, make_layout({2, 3, 5, 7}, 2), &buffer, 0};
  Graph graph;
  const Tensor x = graph.input("x", state.shape, DType::u32), y = graph.external(state);
  graph.require_halo(x, GENERATE(0, 1));
  graph.require_halo(y, 2);
  copy_to(graph, x, y);
  Program program(device(), graph, {});
  std::vector<std::uint32_t> bits(210);
  for (std::size_t i = 0; i < bits.size(); ++i)  // denormals, signalling NaNs, large numbers
    bits[i] = static_cast<std::uint32_t>(i % 3 == 0 ? i : i % 3 == 1 ? 0x7f800001u + i : 0xffffff00u + i % 200);
  program.write_u32(x, bits);
  program.run();
  REQUIRE(read_tensor_u32(device(), state) == bits);
  require_silent_validation();
}

TEST_CASE("the first two axes change places", "[ops][cpc]") {
  const auto shape = GENERATE(Shape{1, 1, 1}, Shape{3, 5, 7}, Shape{6, 4, 16});
  check_operation("swap_axes",
                  {.inputs = {shape}, .build = [](Graph& g, auto& x) { return swap_axes(g, x[0]); }, .tolerance = 0});
}

TEST_CASE("rearrangements that do not fit are refused", "[ops]") {
  Graph graph;
  const Tensor x = graph.input("x", {3, 4});
  REQUIRE_THROWS_WITH(reshape(graph, x, {5, 2}), Contains("[3, 4]") && Contains("[5, 2]"));
  REQUIRE_THROWS_WITH(slice(graph, x, 1, 2, 5), Contains("[2, 5)"));
  REQUIRE_THROWS_WITH(slice(graph, x, 2, 0, 1), Contains("axis 2"));
  REQUIRE_THROWS_WITH(concat(graph, {x, graph.input("y", {4, 4})}, 1), Contains("[4, 4]"));
}
