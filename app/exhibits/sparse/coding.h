#pragma once
#include <map>
#include <memory>
#include <vector>

#include "app/exhibits/sparse/tab.h"

namespace unveil {

// Coefficients that the hand holds at a value; 0: the atom is off.
using HeldCoefficients = std::map<int, float>;

constexpr int kIterations = 100;  // of a trace that is shown

// As sparse::trace, with some coefficients held: what they contribute is taken off the patch, and the others code the
// rest. Objectives and counts are those of the whole code.
sparse::Trace trace_held(const sparse::Dictionary& dictionary, std::span<const float> patch,
                         const sparse::Inference& inference, const HeldCoefficients& held, int iterations);

struct CodingQuestion {
  SceneChoice scene;
  int y = -1, x = -1;  // corner of the patch; negative: a place that has something to see
  HeldCoefficients held;
};

// One patch, and how ISTA and FISTA come to its code.
struct Coding {
  std::shared_ptr<const ChosenScene> scene;
  int y = 0, x = 0;
  std::uint64_t step = 0;
  sparse::Dictionary dictionary;
  sparse::Inference inference;
  HeldCoefficients held;
  std::vector<float> patch;  // [P], prepared
  sparse::Trace traces[2];   // by sparse::Solver
  double optimum = 0;        // least objective that a long run finds
  double free_optimum = 0;   // with nothing held
};
// On the trainer's thread.
std::shared_ptr<const Coding> code_patch(Run& run, const CodingQuestion& question);

// A code put together atom by atom, in the order of contribution.
struct Assembly {
  std::vector<int> order;                   // atoms
  std::vector<std::vector<float>> partial;  // [order + 1][P]: of the first 0, 1, … of them
  double snr_db = 0;                        // of all of them
};
Assembly assemble(const Coding& coding, std::span<const float> code);

}  // namespace unveil
