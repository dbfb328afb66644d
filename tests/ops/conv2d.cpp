#include "engine/ops/conv2d.h"

#include <cmath>
#include <cstring>
#include <random>

#include "engine/graph/program.h"
#include "engine/ops/unfold.h"
#include "tests/catch.h"
#include "tests/device.h"
#include "tests/ops/check.h"

using namespace unveil;
using namespace unveil::test;

namespace {

const std::vector<Tap> kMaskB3{{-1, -1}, {-1, 0}, {-1, 1}, {0, -1}, {0, 0}};
const std::vector<Tap> kVertical{{-1, -1}, {-1, 0}, {-1, 1}, {0, -1}, {0, 0}, {0, 1}};

std::vector<Tap> mask_a(int size) {
  std::vector<Tap> taps;
  for (const auto& tap : taps_full(size))
    if (tap.dy < 0 || (tap.dy == 0 && tap.dx < 0)) taps.push_back(tap);
  return taps;
}

// Inputs: x and weights.
OperationCheck convolution(const Shape& x, int channels, Conv2dOptions options) {
  const auto away_from_zero = [](std::size_t, std::vector<double>& values) {
    for (auto& v : values)
      if (std::abs(v) < 1e-3) v = 0.1;  // relu has a kink there
  };
  return {.inputs = {x, {static_cast<std::int64_t>(options.taps.size()), x[3], channels}},
          .build = [options](Graph& g, auto& in) { return conv2d(g, in[0], in[1], options); },
          .tolerance = 1e-4,
          .gradient_tolerance = 1e-3,
          .adjust = away_from_zero};
}

// With everything a convolution can do besides summing.
OperationCheck with_epilogue(const Shape& x, int channels, Conv2dOptions options) {
  auto check = convolution(x, channels, options);
  check.inputs.push_back({channels});
  Shape y = x;
  y.set(-1, channels);
  check.inputs.push_back(y);
  check.build = [options](Graph& g, auto& in) {
    auto all = options;
    all.bias = in[2];
    all.residual = in[3];
    return conv2d(g, in[0], in[1], all);
  };
  return check;
}

}  // namespace

TEST_CASE("convolutions with full, masked and gated taps", "[ops]") {
  check_operation("3x3, 3 to 5", convolution({2, 5, 7, 3}, 5, {.taps = taps_full(3)}));
  check_operation("mask B, 8 to 8", convolution({2, 7, 5, 8}, 8, {.taps = kMaskB3}));
  check_operation("2x3, 5 to 16", convolution({1, 5, 7, 5}, 16, {.taps = kVertical}));
  check_operation("1x1, 17 to 33", convolution({2, 5, 7, 17}, 33, {}));
  check_operation("5x5, 8 to 24", convolution({1, 6, 5, 8}, 24, {.taps = taps_full(5)}));
  check_operation("mask B, 16 to 16 on 28x28", convolution({1, 28, 28, 16}, 16, {.taps = kMaskB3}));
}

TEST_CASE("sums longer than a dispatch continue from the result so far", "[ops]") {
  check_operation("3x3, 64 to 8", convolution({1, 5, 7, 64}, 8, {.taps = taps_full(3)}));
  check_operation(
      "3x3, 33 to 16, all else",
      with_epilogue({1, 5, 7, 33}, 16, {.taps = kMaskB3, .activation = Activation::tanh, .input_relu = true}));
}

TEST_CASE("strides and far taps on few channels go by way of patches", "[ops]") {
  check_operation("stride 2", convolution({2, 7, 9, 3}, 8, {.taps = taps_full(3), .stride = 2}));
  check_operation("stride 3", convolution({1, 8, 7, 5}, 5, {.taps = taps_full(3), .stride = 3}));
  const Conv2dOptions first_layer{.taps = mask_a(7)};
  REQUIRE(first_layer.taps.size() == 24);
  REQUIRE(conv2d_unfolds(first_layer, 1));
  auto check = convolution({2, 9, 8, 1}, 16, first_layer);
  check.halo = 1;
  check_operation("mask A 7x7", check);
  Graph graph;
  const Tensor x = graph.input("x", {2, 9, 8, 1});
  conv2d(graph, x, graph.input("weights", {24, 1, 16}), first_layer);
  CHECK(graph.layout(x).halo == 0);
}

TEST_CASE("bias, residual, activation and the relu before are part of the convolution", "[ops]") {
  const auto activation = GENERATE(Activation::none, Activation::relu, Activation::sigmoid, Activation::tanh);
  check_operation(
      "epilogue",
      with_epilogue({2, 5, 7, 3}, 5,
                    {.taps = taps_full(3), .activation = activation, .input_relu = activation == Activation::none}));
}

TEST_CASE("a picture used twice receives both gradients", "[ops]") {
  const bool input_relu = GENERATE(false, true);
  auto check = convolution({2, 5, 7, 8}, 8, {.taps = kMaskB3, .input_relu = input_relu});
  check.build = [input_relu](Graph& g, auto& in) {  // a residual block
    return conv2d(g, in[0], in[1], {.taps = kMaskB3, .residual = in[0], .input_relu = input_relu});
  };
  check_operation("residual block", check);
}

TEST_CASE("the convolution for GPUs agrees", "[ops]") {
  check_operation("3x3", with_epilogue({2, 5, 7, 3}, 70,
                                       {.taps = taps_full(3),
                                        .activation = Activation::sigmoid,
                                        .input_relu = true,
                                        .kernel = HotKernel::shared_memory}));
  auto check = convolution({1, 5, 7, 8}, 8, {.taps = kMaskB3});
  check.build = [](Graph& g, auto& in) {
    return conv2d(g, in[0], in[1],
                  {.taps = kMaskB3, .residual = in[0], .input_relu = true, .kernel = HotKernel::shared_memory});
  };
  check_operation("residual block", check);
}

TEST_CASE("shapes a convolution cannot take are refused", "[ops]") {
  Graph graph;
  const Tensor x = graph.input("x", {1, 5, 7, 3});
  REQUIRE_THROWS_WITH(conv2d(graph, x, graph.input("w", {9, 4, 5}), {.taps = taps_full(3)}),
                      Contains("[9, 4, 5]") && Contains("[1, 5, 7, 3]"));
  REQUIRE_THROWS_WITH(conv2d(graph, x, graph.input("w", {9, 3, 5}), {.taps = taps_full(3), .bias = x}),
                      Contains("bias"));
}

TEST_CASE("a pixel computed alone has the bits it has in the whole picture", "[ops]") {
  const HotKernel kernel = GENERATE(HotKernel::automatic, HotKernel::shared_memory);
  const bool unfolds = GENERATE(false, true);
  const int channels = unfolds ? 1 : 40, outputs = 17, images = 5, height = 6, width = 7;
  Conv2dOptions options{
      .taps = unfolds ? mask_a(7) : kMaskB3, .activation = Activation::sigmoid, .input_relu = true, .kernel = kernel};
  const auto taps = static_cast<std::int64_t>(options.taps.size());
  Graph graph;
  const Tensor x = graph.input("x", {images, height, width, channels}),
               weights = graph.input("weights", {taps, channels, outputs}), bias = graph.input("bias", {outputs}),
               residual = graph.input("residual", {images, height, width, outputs}),
               patches = graph.input("patches", {images, taps * channels});
  auto with = options;
  with.bias = bias;
  with.residual = residual;
  const Tensor y = conv2d(graph, x, weights, with);
  // A copy of y's geometry to be filled pixel by pixel.
  const Tensor filled = graph.input("filled", {images, height, width, outputs});
  graph.join(filled, y);
  Program program(device(), graph, {.keep = {y}});
  std::mt19937 random(3);
  for (const Tensor input : {x, weights, bias, residual}) {
    std::vector<float> values(static_cast<std::size_t>(graph.shape(input).elements()));
    for (auto& value : values) value = std::uniform_real_distribution<float>(-1, 1)(random);
    program.write(input, values);
  }
  program.write(filled, std::vector<float>(static_cast<std::size_t>(graph.shape(filled).elements())));
  program.write(patches, std::vector<float>(static_cast<std::size_t>(graph.shape(patches).elements())));
  program.run();
  const auto whole = program.read(y);

  auto direct = options;
  if (unfolds) direct.taps = {{0, 0}};
  const Conv2dPlan plan(device(),
                        {&program.tensor(unfolds ? patches : x), &program.tensor(weights), &program.tensor(filled),
                         &program.tensor(bias), &program.tensor(residual)},
                        direct);
  Recorder recorder(device());
  for (int row = 0; row < height; ++row)
    for (int col = 0; col < width; ++col) {
      if (unfolds)
        record_unfold_pixel(device(), recorder, program.tensor(x), program.tensor(patches), options.taps, 1, row,
                            col);
      plan.record_pixel(recorder, row, col);
    }
  const CommandList list = recorder.finish();
  CHECK(find_hazards(list.commands()).empty());
  device().run(list);
  const auto pixels = program.read(filled);
  REQUIRE(pixels.size() == whole.size());
  CHECK(std::memcmp(pixels.data(), whole.data(), whole.size() * sizeof(float)) == 0);
  require_silent_validation();
}
