#include "tests/ops/check.h"

#include <cmath>
#include <cstring>
#include <random>

#include "engine/graph/program.h"
#include "engine/nn/gradients.h"
#include "tests/catch.h"
#include "tests/device.h"

namespace unveil::test {
namespace {

constexpr double kStep = 1e-5;
constexpr int kProbes = 24;  // elements per input whose gradient is compared with differences

void require_zero_pads(const DeviceTensor& tensor, const std::string& what) {
  std::vector<float> raw(static_cast<std::size_t>(tensor.layout.floats()));
  device().read(*tensor.buffer, tensor.offset, std::as_writable_bytes(std::span(raw)));
  std::vector<bool> logical(raw.size());
  for (std::int64_t r = 0; r < tensor.shape.rows(); ++r)
    for (int c = 0; c < tensor.layout.cols; ++c)
      logical[static_cast<std::size_t>(physical_row(tensor.layout, tensor.shape, r) * tensor.layout.stride + c)] =
          true;
  int wrong = 0;
  for (std::size_t i = 0; i < raw.size(); ++i) wrong += !logical[i] && raw[i] != 0;
  INFO(what << " of " << tensor.shape.text() << " leaves pads that are not zero");
  CHECK(wrong == 0);
}

void compare(const std::vector<float>& found, const std::vector<double>& expected, double tolerance,
             const std::string& what) {
  REQUIRE(found.size() == expected.size());
  double worst = 0;
  std::size_t where = 0;
  for (std::size_t i = 0; i < found.size(); ++i) {
    double error = std::abs(found[i] - expected[i]) / (1 + std::abs(expected[i]));
    if (!(error <= tolerance) && std::isnan(error)) error = 1e30;
    if (error > worst) worst = error, where = i;
  }
  INFO(what << ", element " << where << ": device " << (found.empty() ? 0.f : found[where]) << ", reference "
            << (expected.empty() ? 0.0 : expected[where]));
  CHECK(worst <= tolerance);
}

}  // namespace

void check_operation(const std::string& what, const OperationCheck& check) {
  INFO(what);
  std::mt19937 random(7);
  std::uniform_real_distribution<double> uniform(check.low, check.high);

  Graph graph;
  std::vector<Tensor> inputs;
  std::vector<std::pair<Tensor, HostTensor>> given;
  const auto is_integer = [&](std::size_t i) { return i < check.integers.size() && !check.integers[i].empty(); };
  for (std::size_t i = 0; i < check.inputs.size(); ++i) {
    inputs.push_back(graph.input("x" + std::to_string(i), check.inputs[i], is_integer(i) ? DType::u32 : DType::f32));
    HostTensor value(check.inputs[i]);
    for (std::size_t e = 0; e < value.values.size(); ++e)
      value.values[e] =
          is_integer(i) ? check.integers[i][e] : static_cast<double>(static_cast<float>(uniform(random)));
    if (check.adjust) check.adjust(i, value.values);
    for (auto& v : value.values) v = is_integer(i) ? v : static_cast<double>(static_cast<float>(v));
    given.emplace_back(inputs.back(), std::move(value));
  }
  if (check.halo > 0)
    for (const auto input : inputs)
      if (graph.shape(input).rank() == 4) {
        graph.require_halo(input, check.halo);
        break;
      }

  const Tensor output = check.build(graph, inputs);
  const std::size_t forward_tensors = graph.tensor_count();
  std::vector<Tensor> wrt;
  for (std::size_t i = 0; i < inputs.size(); ++i)
    if (!is_integer(i) && !(i < check.constant.size() && check.constant[i])) wrt.push_back(inputs[i]);

  std::vector<Tensor> keep{output}, gradients;
  Tensor seed;
  if (check.gradient) {
    seed = graph.input("seed", graph.shape(output));
    graph.join(seed, output);
    HostTensor value(graph.shape(output));
    for (auto& v : value.values)
      v = static_cast<double>(static_cast<float>(std::uniform_real_distribution<double>(-1, 1)(random)));
    given.emplace_back(seed, std::move(value));
    gradients = gradients_of(graph, output, seed, wrt);
    for (const auto gradient : gradients) {
      REQUIRE(gradient);
      keep.push_back(gradient);
    }
  }

  Program program(device(), graph, {.name = what, .keep = keep});
  CHECK(find_hazards(program.commands()).empty());
  program.poison();
  for (const auto& [tensor, value] : given) {
    if (graph.info(tensor).dtype == DType::u32) {
      program.write_u32(tensor, std::vector<std::uint32_t>(value.values.begin(), value.values.end()));
    } else {
      program.write(tensor, std::vector<float>(value.values.begin(), value.values.end()));
    }
  }
  program.run();

  const auto expected = run_reference(graph, given);
  compare(program.read(output), expected[static_cast<std::size_t>(output.id)].values, check.tolerance, "forward");
  require_zero_pads(program.tensor(output), "the result");
  for (std::size_t i = 0; i < gradients.size(); ++i) {
    compare(program.read(gradients[i]), expected[static_cast<std::size_t>(gradients[i].id)].values,
            check.gradient_tolerance, "gradient node of " + graph.info(wrt[i]).name);
    require_zero_pads(program.tensor(gradients[i]), "the gradient of " + graph.info(wrt[i]).name);
  }

  // Central differences of sum(seed * y) with the reference of the forward nodes alone.
  if (check.gradient) {
    Graph forward;
    std::vector<Tensor> again;
    for (std::size_t i = 0; i < check.inputs.size(); ++i)
      again.push_back(forward.input("x", check.inputs[i], is_integer(i) ? DType::u32 : DType::f32));
    const Tensor y = check.build(forward, again);
    REQUIRE(forward.tensor_count() <= forward_tensors);
    const auto& weight = given.back().second.values;
    auto point = given;
    point.pop_back();
    const auto loss = [&] {
      const auto values = run_reference(forward, point);
      double sum = 0;
      for (std::size_t e = 0; e < weight.size(); ++e)
        sum += weight[e] * values[static_cast<std::size_t>(y.id)].values[e];
      return sum;
    };
    for (std::size_t i = 0; i < wrt.size(); ++i) {
      auto& values = point[static_cast<std::size_t>(wrt[i].id)].second.values;
      const auto device_gradient = program.read(gradients[i]);
      for (int probe = 0; probe < kProbes && !values.empty(); ++probe) {
        const std::size_t e = random() % values.size();
        const double centre = values[e];
        values[e] = centre + kStep;
        const double above = loss();
        values[e] = centre - kStep;
        const double below = loss();
        values[e] = centre;
        const double slope = (above - below) / (2 * kStep);
        INFO("gradient of input " << wrt[i].id << ", element " << e << ": device " << device_gradient[e]
                                  << ", differences " << slope);
        CHECK(std::abs(device_gradient[e] - slope) <= check.gradient_tolerance * (1 + std::abs(slope)));
      }
    }
  }
  require_silent_validation();
}

}  // namespace unveil::test
