#pragma once
#include <cstdint>
#include <vector>

#include "engine/tsne/neighbours.h"

namespace unveil {

// The joint probabilities of t-SNE, symmetric, sparse, summing to 1, in compressed rows: those of row i are
// [begin[i], begin[i + 1]), by ascending column, each column once.
struct Affinities {
  int count = 0;
  std::vector<std::int32_t> begin;   // [count + 1]
  std::vector<std::int32_t> column;  // [begin[count]]
  std::vector<float> value;
  double negative_entropy = 0;  // sum of p log p
};

// Neighbours that a perplexity asks for: three times as many, below count.
int tsne_neighbours(int count, double perplexity);

// Conditional probabilities p(j|i) = exp(-beta_i d_ij^2) / sum of points [first, last) to their tsne_neighbours
// nearest, beta_i found by bisection so that the entropy is log(perplexity) within 1e-5 (van der Maaten & Hinton
// 2008, eq. 1), or as near as equal distances allow. Written to p [count][tsne_neighbours], sized by the first call.
// neighbours.k may be larger.
void conditional_affinities(const Neighbours& neighbours, double perplexity, int first, int last,
                            std::vector<float>& p);

// p_ij = (p(j|i) + p(i|j)) / 2 count; what both give is one entry.
Affinities joint_affinities(const Neighbours& neighbours, double perplexity, const std::vector<float>& conditional);

}  // namespace unveil
