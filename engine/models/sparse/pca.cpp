#include "engine/models/sparse/pca.h"

#include <Eigen/Dense>
#include <cmath>

#include "engine/models/sparse/update.h"

namespace unveil::sparse {
namespace {
using Matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
}

Pca fit_pca(std::span<const float> patches, int pixels) {
  const Eigen::Index p = pixels, n = static_cast<Eigen::Index>(patches.size()) / p;
  Eigen::MatrixXd x = Eigen::Map<const Matrix>(patches.data(), n, p).cast<double>();
  const Eigen::RowVectorXd mean = x.colwise().mean();
  x.rowwise() -= mean;
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(x.transpose() * x / static_cast<double>(n));
  Pca pca;
  pca.pixels = pixels;
  pca.mean.resize(static_cast<std::size_t>(p));
  pca.components.resize(static_cast<std::size_t>(p * p));
  Eigen::Map<Eigen::RowVectorXf>(pca.mean.data(), p) = mean.cast<float>();
  // Eigen orders by rising eigenvalue.
  Eigen::Map<Matrix>(pca.components.data(), p, p) =
      solver.eigenvectors().transpose().colwise().reverse().cast<float>();
  for (Eigen::Index i = p; i-- > 0;) pca.variances.push_back(std::max(0.0, solver.eigenvalues()[i]));
  return pca;
}

std::vector<float> Pca::reconstruct(std::span<const float> patch, int count) const {
  const auto p = static_cast<Eigen::Index>(pixels);
  const Eigen::Map<const Eigen::RowVectorXf> centre(mean.data(), p), x(patch.data(), p);
  const auto chosen = Eigen::Map<const Matrix>(components.data(), p, p).topRows(count);
  std::vector<float> result(patch.size());
  Eigen::Map<Eigen::RowVectorXf>(result.data(), p) = centre + ((x - centre) * chosen.transpose()) * chosen;
  return result;
}

double Pca::snr_db(std::span<const float> patches, int count) const {
  const auto row = static_cast<std::size_t>(pixels);
  double signal = 0, error = 0;
  for (std::size_t i = 0; i + row <= patches.size(); i += row) {
    const auto patch = patches.subspan(i, row);
    const auto again = reconstruct(patch, count);
    for (std::size_t p = 0; p < row; ++p) {
      signal += double{patch[p]} * patch[p];
      error += std::pow(double{patch[p]} - again[p], 2);
    }
  }
  return sparse::snr_db(signal, error);
}

}  // namespace unveil::sparse
