// The part of inference.h that runs on the device.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "engine/models/sparse/inference.h"
#include "engine/ops/binary.h"
#include "engine/ops/matmul.h"
#include "engine/ops/shrink.h"
#include "engine/ops/transpose.h"
#include "engine/ops/unary.h"

namespace unveil::sparse {
namespace {

constexpr int kBetweenTests =
    40;  // iterations; FISTA's momentum begins anew after each test (O'Donoghue & Candès 2015)
constexpr double kStepMargin = 1.01;
constexpr float kNever = 1e30f;            // a threshold that nothing passes
constexpr std::uint64_t kSlack = 1 << 16;  // register tiles may read a little past a tensor

// A tensor that outlives the programs that share it.
struct Shared {
  Buffer buffer;
  DeviceTensor tensor;
  Shared(Device& device, const char* name, const Shape& shape) {
    tensor.name = name;
    tensor.shape = shape;
    tensor.layout = make_layout(shape);
    tensor.offset = kSlack;
    buffer = device.allocate(tensor.layout.bytes() + 2 * kSlack, MemoryKind::device, name);
    tensor.buffer = &buffer;
  }
  Shared(const Shared&) = delete;
};

}  // namespace

struct BatchSolver::Impl {
  // So many iterations recorded as one program.
  struct Iterations {
    Graph graph;
    Tensor momenta, positive, negative;
    std::unique_ptr<Program> program;
  };

  ParameterStore& store;
  int count, atoms, pixels, done = 0;
  Shared step_matrix, start, codes, point;
  Graph prepare_graph;
  Tensor patches, inverse_step;
  std::unique_ptr<Program> prepare;
  std::map<int, std::unique_ptr<Iterations>> iterations;
  Dictionary dictionary;  // that `step` is of
  double step = 1;

  Impl(ParameterStore& s, int n)
      : store(s),
        count(n),
        atoms(static_cast<int>(s.tensor("dictionary", ParameterStore::value).shape[0])),
        pixels(static_cast<int>(s.tensor("dictionary", ParameterStore::value).shape[1])),
        step_matrix(s.device(), "step matrix", {atoms, atoms}),
        start(s.device(), "scaled correlations", {count, atoms}),
        codes(s.device(), "codes", {count, atoms}),
        point(s.device(), "point", {count, atoms}) {
    std::vector<float> ones(static_cast<std::size_t>(atoms) * static_cast<std::size_t>(atoms));
    for (std::size_t k = 0; k < static_cast<std::size_t>(atoms); ++k)
      ones[k * static_cast<std::size_t>(atoms) + k] = 1;
    auto& g = prepare_graph;
    patches = g.input("patches", {count, pixels});
    inverse_step = g.input("1/L", {1});
    const Tensor dictionary = g.external(store.tensor("dictionary", ParameterStore::value));
    const Tensor turned = transpose(g, dictionary);
    const Tensor gram = matmul(g, dictionary, turned);
    g.place(subtract(g, g.constant("identity", {atoms, atoms}, std::move(ones)), multiply(g, gram, inverse_step)),
            step_matrix.tensor);
    g.place(multiply(g, matmul(g, patches, turned), inverse_step), start.tensor);
    prepare = std::make_unique<Program>(store.device(), g, ProgramOptions{.name = "lasso: products"});
  }

  Iterations& recorded(int number) {
    auto& kept = iterations[number];
    if (kept) return *kept;
    kept = std::make_unique<Iterations>();
    auto& g = kept->graph;
    kept->momenta = g.input("momenta", {1, number});
    kept->positive = g.input("threshold", {1});
    kept->negative = g.input("threshold of negative codes", {1});
    const Tensor matrix = g.external(step_matrix.tensor), residual = g.external(start.tensor);
    Shrunk state{g.external(codes.tensor), g.external(point.tensor)};
    for (int i = 0; i < number; ++i) {
      const Tensor z = matmul(g, state.point, matrix, {.residual = residual});
      state = shrink_with_momentum(g, z, state.codes, {kept->positive, kept->negative}, kept->momenta, i);
    }
    g.place(state.codes, codes.tensor);
    g.place(state.point, point.tensor);
    kept->program = std::make_unique<Program>(store.device(), g, ProgramOptions{.name = "lasso: iterations"});
    return *kept;
  }

  void begin(std::span<const float> values) {
    if (values.size() % static_cast<std::size_t>(pixels) != 0 ||
        values.size() > static_cast<std::size_t>(pixels) * static_cast<std::size_t>(count))
      throw std::logic_error(fmt::format("{} numbers are not up to {} patches of {}", values.size(), count, pixels));
    auto now = read_tensor(store.device(), store.tensor("dictionary", ParameterStore::value));
    if (now != dictionary.values) {
      dictionary = {atoms, pixels, std::move(now)};
      step = 1 / (kStepMargin * lipschitz_constant(dictionary));
    }
    std::vector<float> all(static_cast<std::size_t>(pixels) * static_cast<std::size_t>(count));
    std::copy(values.begin(), values.end(), all.begin());
    const auto inverse = static_cast<float>(step);
    prepare->write(patches, all);
    prepare->write(inverse_step, {&inverse, 1});
    prepare->run();
    const std::vector<float> zeros(static_cast<std::size_t>(count) * static_cast<std::size_t>(atoms));
    write_tensor(store.device(), codes.tensor, zeros);
    write_tensor(store.device(), point.tensor, zeros);
    done = 0;
  }

  // `number` iterations with these momenta.
  void advance(const Inference& inference, std::span<const float> momenta) {
    auto& kept = recorded(static_cast<int>(momenta.size()));
    const std::vector<float> none(momenta.size());
    const auto positive = static_cast<float>(inference.lambda * step),
               negative = inference.non_negative ? kNever : positive;
    kept.program->write(kept.momenta, inference.solver == Solver::fista ? momenta : none);
    kept.program->write(kept.positive, {&positive, 1});
    kept.program->write(kept.negative, {&negative, 1});
    kept.program->run();
    done += static_cast<int>(momenta.size());
  }

  std::vector<float> result(std::size_t numbers) {
    auto all = read_tensor(store.device(), codes.tensor);
    all.resize(numbers / static_cast<std::size_t>(pixels) * static_cast<std::size_t>(atoms));
    return all;
  }
};

BatchSolver::BatchSolver(ParameterStore& store, int patches) : impl_(std::make_unique<Impl>(store, patches)) {}
BatchSolver::~BatchSolver() = default;
int BatchSolver::patches() const {
  return impl_->count;
}
int BatchSolver::iterations() const {
  return impl_->done;
}

std::vector<float> BatchSolver::solve(std::span<const float> patches, const Inference& inference,
                                      const Convergence& convergence) {
  auto& s = *impl_;
  s.begin(patches);
  Inference fast = inference;
  fast.solver = Solver::fista;
  const auto momenta = fista_momenta(kBetweenTests);
  const auto row = static_cast<std::size_t>(s.pixels), width = static_cast<std::size_t>(s.atoms);
  while (true) {
    s.advance(fast, momenta);
    auto codes = s.result(patches.size());
    bool converged = true;
    for (std::size_t i = 0; converged && i < patches.size() / row; ++i) {
      const auto quality = code_quality(s.dictionary, patches.subspan(i * row, row),
                                        std::span(codes).subspan(i * width, width), inference);
      converged = quality.gap <= convergence.gap && quality.violation <= convergence.violation;
    }
    if (converged || s.done >= convergence.iterations) return codes;
  }
}

std::vector<float> BatchSolver::run(std::span<const float> patches, const Inference& inference, int iterations) {
  impl_->begin(patches);
  const auto momenta = fista_momenta(std::max(iterations, 1));
  for (int first = 0; first < iterations;) {
    const int number = std::min(iterations - first, kBetweenTests);
    impl_->advance(inference,
                   std::span(momenta).subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(number)));
    first += number;
  }
  return impl_->result(patches.size());
}

}  // namespace unveil::sparse
