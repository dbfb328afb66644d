#pragma once
#include "engine/graph/graph.h"

// What happens to a dictionary in a training step, as operations of the step's graph. None has a gradient.
namespace unveil::sparse {

// Rows of code_sums: how many of the codes [B, K] use each atom, the sum of their sizes and of their squares, each
// divided by B. -> [3, K].
enum CodeSum { sum_share, sum_size, sum_square, code_sums_rows };
Tensor code_sums(Graph& graph, Tensor codes);

// state += w·(sum/count - state) with w = 1/(5 + step/4): the past weighs less as the dictionary improves, in a
// window that grows with the run (Mairal et al. 2009, section 3.4.2). Changes `state` in place.
void blend(Graph& graph, Tensor state, Tensor sum, double count, Tensor step);
double blend_weight(double step);

// Algorithm 2 of Mairal et al. 2009, atom by atom: u_j = φ_j + (b_j - A_j φ)/A_jj, then unit length where `normalise`
// (one number) is not 0 (the atoms of a block of twelve together). products: A [K, K] = mean of aᵀa; targets: B [K,
// P] = mean of aᵀx. Changes the dictionary [K, P] in place; an atom with A_jj = 0 stays as it is.
void update_atoms(Graph& graph, Tensor dictionary, Tensor products, Tensor targets, Tensor normalise);

// Brings each row to unit length in place where `normalise` (one number) is not 0; rows of zeros stay.
void normalise_rows(Graph& graph, Tensor x, Tensor normalise);

// What is known of atoms, one row each of a state [4, K].
enum AtomState { atom_usage, atom_energy, atom_age, atom_change, atom_state_rows };
constexpr float kUsageWindow = 100;  // steps over which usage and energy are averaged
constexpr float kDeadShare = 5e-4f;  // an atom used by fewer patches is dead …
constexpr float kGraceSteps = 50;    // … if it is older than this

struct AtomsToFinish {
  Tensor dictionary, before;  // [K, P]: after and before the update
  Tensor sums;                // of code_sums
  Tensor patches;             // [B, P], prepared
  Tensor states;              // [4, K], changed in place
  Tensor products, targets;   // changed in place where an atom is replaced
  Tensor step;
  Tensor replace;  // one number; 0: dead atoms stay
};
// Ends a step: usage, energy, age and change of each atom; with `replace` dead ones become patches of the batch
// (patch (7919·atom + 104729·step) mod B, at unit length) whose statistics begin anew. B atoms at a time take turns,
// step by step, so that no two become the same patch. A flat patch replaces nothing.
void finish_atoms(Graph& graph, const AtomsToFinish& tensors);

// Signal to noise; 0 dB of nothing coded as nothing.
double snr_db(double squares, double squared_error);

// A step's figures, each left in its place [1]: objective ½‖x - aφ‖² + λ‖a‖₁ per patch, SNR in dB, active atoms per
// patch, share of atoms whose usage is at least kDeadShare; and step, which is counted up.
struct StepFigures {
  Tensor objective, snr_db, l0, atoms_used, step;
};
void summarise(Graph& graph, Tensor sums, Tensor states, Tensor squares, Tensor squared_error, Tensor lambda,
               double count, const StepFigures& figures);

}  // namespace unveil::sparse
