#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "engine/gpu/device.h"

namespace unveil {

// t-SNE of any codes (van der Maaten & Hinton 2008), laid out on the device with exact repulsion: every pair of
// points.

constexpr int kTsneLargest = 10'000;  // points; the time of an iteration grows with their square
constexpr int kTsneSmallest = 4;

struct LayoutPoint {
  float x = 0, y = 0;
  bool operator==(const LayoutPoint&) const = default;
};

// Everything here may change while it runs. Pausing is not advancing.
struct TsneOptions {
  double perplexity = 30;             // effective number of neighbours; at least 1, below a third of the points
  double early_exaggeration = 12;     // factor on P in the first iterations …
  int exaggeration_iterations = 250;  // … so many
  double exaggeration = 1;            // factor on P afterwards
  double early_momentum = 0.8;        // while exaggerated (0.5 in the paper; 0.8 keeps neighbours a little better)
  double momentum = 0.8;              // afterwards
  // Of the gradient without its factor 4, as bhtsne and openTSNE count it (scikit-learn's is 4 times smaller); 0: N /
  // 12 (Belkina and others 2019).
  double learning_rate = 0;
  bool operator==(const TsneOptions&) const = default;
};

// Where a layout begins.
enum class TsneStart {
  pca,   // the first two principal components, the first with standard deviation 1e-4 (Kobak & Berens 2019), turned
         // and mirrored to lie on the layout before as well as they can where that had as many points
  warm,  // the layout as it is, where it has as many points (they are the same ones with other codes); else as pca
};

// Throws UsageError in one line that says what is accepted: too few or too many points, perplexity not below N / 3,
// another value out of its range.
void check_tsne(int count, const TsneOptions& options);

// A layout that can be watched while it forms. Used by the thread that owns the device.
class Tsne {
 public:
  explicit Tsne(Device& device, const TsneOptions& options = {});
  ~Tsne();
  Tsne(Tsne&&) noexcept;
  Tsne& operator=(Tsne&&) noexcept;

  // values: [count][dimensions], finite. Neighbours and affinities are found by the next calls of advance, slice by
  // slice; until they are known the layout before stays as it is. A start by `pca` counts iterations from 0, a warm
  // one goes on counting. Throws UsageError (check_tsne), Error naming the row and column of a
  // value that is not finite.
  void set_codes(std::span<const float> values, int count, int dimensions, TsneStart start = TsneStart::warm);

  // A change of perplexity finds new affinities, in slices, before the layout goes on. Throws as
  // check_tsne.
  void set_options(const TsneOptions& options);
  const TsneOptions& options() const;

  // So many iterations, after whatever is to be prepared.
  void advance(int iterations);
  // Prepares or iterates for about so long; at least one slice of it. Returns the iterations done.
  int advance_for(double milliseconds);
  // Share of the preparation done, 0 to 1; 1 when nothing is left to prepare.
  double prepared() const;

  // Begins again from the principal components, at iteration 0.
  void restart();
  // A kick: normal noise of `strength` times the layout's standard deviation on each point, momentum and gains
  // forgotten. Each kick of one seed is another.
  void perturb(double strength, std::uint64_t seed = 0);

  int count() const;      // points of the layout; 0 before the first is prepared
  int iteration() const;  // since the start
  // Kullback-Leibler divergence of the affinities, without exaggeration, to the layout before the last iteration; NaN
  // before the first.
  double kl() const;
  // [count], in the order of the codes.
  std::vector<LayoutPoint> layout() const;
  // Of as many points as there are codes: the layout is this one from now on (undo, a dragged point).
  void set_layout(std::span<const LayoutPoint> layout);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Turns, mirrors and shifts `moving` so that the sum of squared distances to `reference`, of as many points, is least
// (orthogonal Procrustes; Schönemann 1966). No scaling.
std::vector<LayoutPoint> procrustes(std::span<const LayoutPoint> reference, std::span<const LayoutPoint> moving);

}  // namespace unveil
