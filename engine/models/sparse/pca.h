#pragma once
#include <span>
#include <vector>

namespace unveil::sparse {

// Principal components of patches: eigenvectors of their covariance (Eigen), largest variance first.
struct Pca {
  int pixels = 0;
  std::vector<float> mean;        // [P]
  std::vector<float> components;  // [P][P], one per row, unit length
  std::vector<double> variances;  // [P]

  // From the mean and the first `count` components.
  std::vector<float> reconstruct(std::span<const float> patch, int count) const;
  // Signal-to-noise ratio of that on average over patches [n][P], dB: 10 log10(Σ‖x‖² / Σ‖x - x'‖²).
  double snr_db(std::span<const float> patches, int count) const;
};

// patches: [n][pixels], mean removed and not whitened: whitened data have no principal directions.
Pca fit_pca(std::span<const float> patches, int pixels);

}  // namespace unveil::sparse
