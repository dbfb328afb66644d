#include "engine/ops/ramp.h"

#include "engine/graph/program.h"
#include "tests/catch.h"
#include "tests/device.h"
#include "tests/ops/check.h"

using namespace unveil;
using namespace unveil::test;

TEST_CASE("a warm-up rises linearly to one and stays there", "[ops]") {
  struct Case {
    std::uint32_t step;
    double length, share;
  };
  for (const auto& [step, length, share] :
       {Case{0, 0, 1}, Case{0, 10, 0.1}, Case{4, 10, 0.5}, Case{9, 10, 1}, Case{70000, 1000, 1}, Case{0, 1, 1}}) {
    check_operation("ramp", {.inputs = {{1}, {1}},
                             .build = [](Graph& g, auto& x) { return ramp(g, x[0], x[1]); },
                             .gradient = false,
                             .integers = {{step}, {}},
                             .adjust =
                                 [length = length](std::size_t i, auto& values) {
                                   if (i == 1) values[0] = length;
                                 }});
    Graph graph;
    const Tensor counter = graph.input("step", {1}, DType::u32), steps = graph.input("length", {1});
    const Tensor y = ramp(graph, counter, steps);
    Program program(device(), graph, {.keep = {y}});
    const std::uint32_t word = step;
    const float number = static_cast<float>(length);
    program.write_u32(counter, {&word, 1});
    program.write(steps, {&number, 1});
    program.run();
    CHECK(program.read(y)[0] == Approx(share));
  }
}
