#include "app/exhibits/sparse/coding.h"

#include <algorithm>
#include <cmath>

namespace unveil {
namespace {

constexpr int kLongRun = 400;  // iterations of FISTA for the optimum

// Of the places in steps of half a patch, the one that has more contrast than nine in ten.
void choose_place(const sparse::PreparedScene& scene, int size, int& y, int& x) {
  struct Place {
    double energy;
    int y, x;
  };
  std::vector<Place> places;
  const int stride = std::max(1, size / 2);
  for (int v = 0; v + size <= scene.height; v += stride)
    for (int u = 0; u + size <= scene.width; u += stride) {
      double sum = 0, squares = 0;
      for (int i = 0; i < size; ++i)
        for (int j = 0; j < size; ++j) {
          const double value = scene.values[static_cast<std::size_t>(v + i) * static_cast<std::size_t>(scene.width) +
                                            static_cast<std::size_t>(u + j)];
          sum += value, squares += value * value;
        }
      places.push_back({squares - sum * sum / (size * size), v, u});
    }
  const auto chosen = places.begin() + static_cast<std::ptrdiff_t>(places.size() * 9 / 10);
  std::nth_element(places.begin(), chosen, places.end(),
                   [](const Place& a, const Place& b) { return a.energy < b.energy; });
  y = chosen->y, x = chosen->x;
}

}  // namespace

sparse::Trace trace_held(const sparse::Dictionary& dictionary, std::span<const float> patch,
                         const sparse::Inference& inference, const HeldCoefficients& held, int iterations) {
  if (held.empty()) return sparse::trace(dictionary, patch, inference, iterations);
  sparse::Dictionary rest = dictionary;
  std::vector<float> target(patch.begin(), patch.end());
  double price = 0;
  int active = 0;
  for (const auto& [k, value] : held) {
    const auto atom = dictionary.atom(k);
    for (std::size_t p = 0; p < target.size(); ++p) target[p] -= value * atom[p];
    std::fill_n(rest.values.begin() + static_cast<std::ptrdiff_t>(k) * dictionary.pixels, dictionary.pixels, 0.0f);
    price += inference.lambda * std::abs(value);
    active += value != 0;
  }
  auto trace = sparse::trace(rest, target, inference, iterations);
  for (auto& step : trace.steps) {
    step.objective += price;
    step.active += active;
    for (const auto& [k, value] : held)
      step.before[static_cast<std::size_t>(k)] = step.after[static_cast<std::size_t>(k)] = value;
  }
  return trace;
}

std::shared_ptr<const Coding> code_patch(Run& run, const CodingQuestion& question) {
  auto& model = static_cast<sparse::BuiltSparse&>(run.built());
  auto result = std::make_shared<Coding>();
  Coding& coding = *result;
  const auto scene = std::make_shared<ChosenScene>(choose_scene(model, question.scene));
  coding.scene = scene;
  coding.y = question.y, coding.x = question.x;
  if (coding.y < 0) choose_place(scene->prepared, model.size(), coding.y, coding.x);
  coding.y = std::clamp(coding.y, 0, scene->prepared.height - model.size());
  coding.x = std::clamp(coding.x, 0, scene->prepared.width - model.size());
  coding.step = run.steps();
  coding.dictionary = model.dictionary();
  coding.inference = model.inference();
  coding.held = question.held;
  coding.patch = model.patch(scene->prepared, coding.y, coding.x);
  auto inference = coding.inference;
  for (const auto solver : {sparse::Solver::fista, sparse::Solver::ista}) {
    inference.solver = solver;
    coding.traces[static_cast<int>(solver)] =
        trace_held(coding.dictionary, coding.patch, inference, coding.held, kIterations);
  }
  inference.solver = sparse::Solver::fista;
  const auto least = [&](const HeldCoefficients& held) {
    double objective = HUGE_VAL;
    for (const auto& step : trace_held(coding.dictionary, coding.patch, inference, held, kLongRun).steps)
      objective = std::min(objective, step.objective);
    return objective;
  };
  coding.free_optimum = least({});
  coding.optimum = coding.held.empty() ? coding.free_optimum : least(coding.held);
  return result;
}

Assembly assemble(const Coding& coding, std::span<const float> code) {
  Assembly assembly;
  assembly.order = sparse::contribution_order(coding.dictionary, coding.patch, code);
  std::vector<float> sum(coding.patch.size());
  assembly.partial.push_back(sum);
  for (const int k : assembly.order) {
    const auto atom = coding.dictionary.atom(k);
    for (std::size_t p = 0; p < sum.size(); ++p) sum[p] += code[static_cast<std::size_t>(k)] * atom[p];
    assembly.partial.push_back(sum);
  }
  double signal = 0, error = 0;
  for (std::size_t p = 0; p < sum.size(); ++p) {
    signal += static_cast<double>(coding.patch[p]) * coding.patch[p];
    error += static_cast<double>(coding.patch[p] - sum[p]) * (coding.patch[p] - sum[p]);
  }
  assembly.snr_db = signal > 0 && error > 0 ? 10 * std::log10(signal / error) : 0;
  return assembly;
}

}  // namespace unveil
