#include "engine/ops/conv_transpose2d.h"

#include <random>

#include "engine/ops/unfold.h"
#include "tests/catch.h"
#include "tests/ops/check.h"

using namespace unveil;
using namespace unveil::test;

TEST_CASE("patches are folded into pictures, and the gradient unfolds them again", "[ops]") {
  const auto check = [](const Shape& patches, const Shape& shape, std::vector<Tap> taps, int stride) {
    check_operation("fold", {.inputs = {patches},
                             .build = [=](Graph& g, auto& x) { return fold(g, x[0], shape, taps, stride); }});
  };
  check({2, 3, 4, 16 * 3}, {2, 6, 8, 3}, taps_even(), 2);
  check({2, 4, 3, 16}, {2, 7, 5, 1}, taps_even(), 2);
  check({1, 5, 6, 9 * 2}, {1, 5, 6, 2}, taps_full(3), 1);
}

TEST_CASE("a transposed convolution and its gradient at odd sizes", "[ops]") {
  const auto check = [](const Shape& x, std::int64_t out, int height, int width, bool relu) {
    check_operation("conv_transpose2d",
                    {.inputs = {x, {x[3], 16 * out}, {out}},
                     .build =
                         [=](Graph& g, auto& in) {
                           return conv_transpose2d(
                               g, in[0], in[1], height, width,
                               {.taps = taps_even(), .stride = 2, .bias = in[2], .input_relu = relu});
                         },
                     .adjust =
                         [](std::size_t, auto& values) {
                           for (auto& v : values)
                             if (std::abs(v) < 0.05) v += 0.1;  // away from the kink
                         }});
  };
  check({2, 3, 4, 8}, 5, 6, 8, false);
  check({1, 4, 3, 3}, 1, 7, 6, true);
}

TEST_CASE("a transposed convolution is the transpose of the convolution with the same weights", "[ops]") {
  // <conv(x), y> = <x, conv_transpose(y)> for random x and y.
  constexpr int kHeight = 7, kWidth = 6, kIn = 3, kOut = 2, kTaps = 16;
  Graph graph;
  const Tensor x = graph.input("x", {2, kHeight, kWidth, kIn}), w = graph.input("w", {kTaps, kIn, kOut}),
               y = graph.input("y", {2, 4, 3, kOut}), v = graph.input("v", {kOut, kTaps * kIn});
  const Tensor forward = conv2d(graph, x, w, {.taps = taps_even(), .stride = 2}),
               back = conv_transpose2d(graph, y, v, kHeight, kWidth, {.taps = taps_even(), .stride = 2});
  std::mt19937 random(3);
  const auto numbers = [&](Tensor tensor) {
    HostTensor host(graph.shape(tensor));
    for (auto& value : host.values) value = std::uniform_real_distribution<double>(-1, 1)(random);
    return host;
  };
  const HostTensor hx = numbers(x), hw = numbers(w), hy = numbers(y);
  HostTensor hv(graph.shape(v));
  for (int t = 0; t < kTaps; ++t)
    for (int i = 0; i < kIn; ++i)
      for (int o = 0; o < kOut; ++o) hv.at(o, t * kIn + i) = hw.at(t * kIn + i, o);
  const auto values = run_reference(graph, {{x, hx}, {w, hw}, {y, hy}, {v, hv}});
  const auto inner = [](const HostTensor& a, const HostTensor& b) {
    double sum = 0;
    for (std::size_t i = 0; i < a.values.size(); ++i) sum += a.values[i] * b.values[i];
    return sum;
  };
  CHECK(inner(values[static_cast<std::size_t>(forward.id)], hy) ==
        Approx(inner(values[static_cast<std::size_t>(back.id)], hx)));
}
