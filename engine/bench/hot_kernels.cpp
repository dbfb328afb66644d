#include "engine/bench/hot_kernels.h"

#include <dlfcn.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <random>

#include "engine/graph/program.h"
#include "engine/nn/gradients.h"
#include "engine/ops/matmul.h"

namespace unveil {
namespace {

constexpr int kBlasSize = 512;
// Products in a repetition: about as long as a repetition of the kernels, so that a busy machine interrupts both
// alike.
constexpr int kBlasProducts = 4;

std::vector<float> random_values(std::int64_t count) {
  std::mt19937 random(1);
  std::uniform_real_distribution<float> uniform(-1, 1);
  std::vector<float> values(static_cast<std::size_t>(count));
  for (auto& value : values) value = uniform(random);
  return values;
}

// OpenBLAS's matrix product on one thread, when this machine has it.
class Blas {
 public:
  Blas() : library_(dlopen("libopenblas.so.0", RTLD_NOW | RTLD_LOCAL), &dlclose) {
    if (!library_) return;
    const auto set_threads = reinterpret_cast<void (*)(int)>(dlsym(library_.get(), "openblas_set_num_threads"));
    sgemm_ = reinterpret_cast<Sgemm>(dlsym(library_.get(), "cblas_sgemm"));
    if (!set_threads) sgemm_ = nullptr;
    if (sgemm_) set_threads(1);
  }
  explicit operator bool() const { return sgemm_; }
  void run() {
    constexpr int kRowMajor = 101, kPlain = 111, n = kBlasSize;
    for (int i = 0; i < kBlasProducts; ++i)
      sgemm_(kRowMajor, kPlain, kPlain, n, n, n, 1, a_.data(), n, b_.data(), n, 0, c_.data(), n);
  }

 private:
  using Sgemm = void (*)(int, int, int, int, int, int, float, const float*, int, const float*, int, float, float*,
                         int);
  std::unique_ptr<void, int (*)(void*)> library_;
  Sgemm sgemm_ = nullptr;
  std::vector<float> a_ = random_values(kBlasSize * kBlasSize), b_ = a_, c_ = a_;
};

struct Subject {
  std::string name;
  double flop;
  std::function<void()> run;
  std::vector<double> ms = {};
};

// A program that computes `output` alone.
Subject subject(Device& device, std::string name, double flop, const Graph& graph, const std::vector<Tensor>& inputs,
                Tensor output) {
  auto program = std::make_shared<Program>(device, graph, ProgramOptions{.name = name, .keep = {output}});
  for (const auto input : inputs) program->write(input, random_values(graph.shape(input).elements()));
  return {std::move(name), flop, [program] { program->run(); }};
}

BenchReport measure(std::vector<Subject> subjects, int repeats) {
  BenchReport report;
  Blas blas;
  const double blas_flop = 2.0 * kBlasProducts * kBlasSize * kBlasSize * kBlasSize;
  if (blas) {
    subjects.push_back({fmt::format("OpenBLAS {0} x {0} x {0} {1} times, one thread", kBlasSize, kBlasProducts),
                        blas_flop, [&] { blas.run(); }});
  } else {
    report.notes.push_back("libopenblas.so.0 cannot be loaded: no comparison with OpenBLAS");
  }
  for (auto& s : subjects) s.run();  // compiles
  for (int repeat = 0; repeat < repeats; ++repeat)
    for (auto& s : subjects) {
      const auto start = std::chrono::steady_clock::now();
      s.run();
      s.ms.push_back(std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count());
    }
  for (auto& s : subjects) {
    std::sort(s.ms.begin(), s.ms.end());
    const double median = s.ms[s.ms.size() / 2];
    report.results.push_back({s.name, s.flop / median / 1e6, "GFLOP/s", median, s.ms.front(), repeats});
  }
  if (blas) {
    const auto yardstick = report.results.back().value;
    for (std::size_t i = 0; i + 1 < subjects.size(); ++i)
      report.results.push_back(
          {subjects[i].name, 100 * report.results[i].value / yardstick, "% of OpenBLAS", 0, 0, repeats});
  }
  return report;
}

}  // namespace

BenchReport bench_gemm(Device& device, int size, int repeats) {
  Graph graph;
  const Tensor a = graph.input("a", {size, size}), b = graph.input("b", {size, size});
  const Tensor c = matmul(graph, a, b);
  return measure(
      {subject(device, fmt::format("gemm {0} x {0} x {0}", size), 2.0 * size * size * size, graph, {a, b}, c)},
      repeats);
}

BenchReport bench_conv(Device& device, int repeats) {
  constexpr int kBatch = 32, kSize = 28, kChannels = 32;
  const double flop = 2.0 * kBatch * kSize * kSize * 9 * kChannels * kChannels;
  Graph graph;
  const Shape picture{kBatch, kSize, kSize, kChannels};
  const Tensor x = graph.input("x", picture), weights = graph.input("weights", {9, kChannels, kChannels}),
               bias = graph.input("bias", {kChannels}), dy = graph.input("dy", picture);
  const Tensor y = conv2d(graph, x, weights, {.taps = taps_full(3), .bias = bias});
  const auto gradients = gradients_of(graph, y, dy, std::vector<Tensor>{x, weights});
  const std::string name = "conv 3x3 32-32 28x28 batch 32";
  const std::vector<Tensor> inputs{x, weights, bias, dy};
  return measure({subject(device, name + " forward", flop, graph, inputs, y),
                  subject(device, name + " backward to the data", flop, graph, inputs, gradients[0]),
                  subject(device, name + " backward to the weights", flop, graph, inputs, gradients[1])},
                 repeats);
}

}  // namespace unveil
