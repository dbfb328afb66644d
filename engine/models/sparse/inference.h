#pragma once
#include <memory>
#include <span>
#include <vector>

#include "engine/graph/program.h"
#include "engine/nn/parameters.h"

// min over a of ½‖x - aφ‖² + λ‖a‖₁ (Olshausen & Field 1996; the factor ½ is in: λ is scikit-learn's alpha). Patches
// are rows x [P], codes rows a [K], atoms the rows of φ [K][P].
namespace unveil::sparse {

enum class Solver { fista, ista };  // the knob "solver": Beck & Teboulle 2009

struct Inference {
  double lambda = 1.2;
  bool non_negative = false;
  Solver solver = Solver::fista;
};

// ---- on the host, in double precision: the oracle of the tests, and what is shown step by step ----

struct Dictionary {
  int atoms = 0, pixels = 0;
  std::vector<float> values;  // [atoms][pixels]
  std::span<const float> atom(int k) const {
    return std::span(values).subspan(static_cast<std::size_t>(k) * static_cast<std::size_t>(pixels),
                                     static_cast<std::size_t>(pixels));
  }
};

std::vector<float> reconstruct(const Dictionary& dictionary, std::span<const float> code);  // aφ, [P]

// How good a code is.
struct CodeQuality {
  double squared_error = 0, l1 = 0, objective = 0;  // ‖x - aφ‖², ‖a‖₁, ½‖x - aφ‖² + λ‖a‖₁
  double gap = 0;                                   // duality gap, relative to the objective (0 for a zero patch)
  double violation = 0;  // of the optimality conditions, relative to λ: the largest |φ_k·r - λ sign a_k| where a_k is
                         // not 0, the largest excess of |φ_k·r| over λ where it is
  int active = 0;  // atoms with a_k != 0
};
CodeQuality code_quality(const Dictionary& dictionary, std::span<const float> patch, std::span<const float> code,
                         const Inference& inference);

// The largest eigenvalue of φφᵀ, by power iteration: step sizes are its inverse.
double lipschitz_constant(const Dictionary& dictionary);

// One iteration of ISTA or FISTA on one patch. The first is the start: a = 0.
struct TraceStep {
  std::vector<float> before;  // y - (yφ - x)φᵀ/L: coefficients before the threshold, [K]
  std::vector<float> after;   // soft-thresholded at λ/L, [K]
  double objective = 0;       // of `after`
  int active = 0;
};
struct Trace {
  double threshold = 0;          // λ/L
  std::vector<TraceStep> steps;  // iterations + 1
};
Trace trace(const Dictionary& dictionary, std::span<const float> patch, const Inference& inference, int iterations);

// Atoms in the order of what they contribute: each next one leaves the least squared error given those before.
// [active]
std::vector<int> contribution_order(const Dictionary& dictionary, std::span<const float> patch,
                                    std::span<const float> code);

// ---- on the device, for batches ----

struct Convergence {
  double gap = 1e-4;        // largest relative duality gap of a patch
  double violation = 1e-3;  // largest relative violation of the optimality conditions
  int iterations = 1000;    // at most
};

// Codes of up to `patches` patches at a time, on the thread that owns the device. The dictionary stays the store's:
// codes follow training, and may be asked for between two segments of a step.
class BatchSolver {
 public:
  BatchSolver(ParameterStore& store, int patches);
  ~BatchSolver();
  int patches() const;
  // patches: [n][P], prepared, n <= patches(). Returns codes [n][K]. Always by FISTA.
  std::vector<float> solve(std::span<const float> patches, const Inference& inference,
                           const Convergence& convergence = {});
  int iterations() const;  // that the last call needed
  // A fixed number of iterations of the solver asked for, from zero, without a test of convergence.
  std::vector<float> run(std::span<const float> patches, const Inference& inference, int iterations);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace unveil::sparse
