#include "engine/tsne/pca.h"

#include <Eigen/Dense>
#include <algorithm>
#include <stdexcept>

#include "engine/data/philox.h"

namespace unveil {
namespace {

using Matrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using Floats = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

// Beyond so many rows and columns a few components are iterated for: all eigenvectors of a Gram matrix take time with
// its cube, minutes at a few thousand columns.
constexpr Eigen::Index kLargestWhole = 256;
constexpr Eigen::Index kFewOf = 4;  // components are few where there are so many times as many columns
constexpr int kMostIterations = 20;
constexpr double kResidual = 1e-6;  // of an eigenvector, to its eigenvalue …
constexpr double kNothing = 1e-13;  // … or this, to the largest one: rounding
constexpr std::uint32_t kStartTag = 0x70636100;

// From all eigenvectors of the smaller of the two Gram matrices, which have the same spectrum.
Matrix whole_loadings(const Matrix& x, Eigen::Index components) {
  const bool by_column = x.cols() <= x.rows();
  const auto side = std::min(x.rows(), x.cols());
  Matrix gram = Matrix::Zero(side, side);
  if (by_column)
    gram.selfadjointView<Eigen::Lower>().rankUpdate(x.transpose());
  else
    gram.selfadjointView<Eigen::Lower>().rankUpdate(x);
  const Eigen::SelfAdjointEigenSolver<Matrix> solver(gram);
  const Matrix last = solver.eigenvectors().rightCols(components).rowwise().reverse();
  if (by_column) return last;
  Matrix loadings = x.transpose() * last;
  for (Eigen::Index c = 0; c < components; ++c)
    if (const double norm = loadings.col(c).norm(); norm > 0) loadings.col(c) /= norm;
  return loadings;
}

// Subspace iteration from a random start (Halko, Martinsson & Tropp 2011, algorithm 4.4) with more columns than are
// wanted, until each wanted one hardly changes.
Matrix leading_loadings(const Matrix& x, Eigen::Index components) {
  const Eigen::Index columns =
      std::min(components + std::max<Eigen::Index>(10, components / 2), std::min(x.rows(), x.cols()));
  PhiloxStream random(0, 0, 0, kStartTag);
  Matrix next(x.cols(), columns), loadings;
  for (double& value : next.reshaped()) value = static_cast<double>(random.normal());
  for (int i = 0; i < kMostIterations; ++i) {
    const Eigen::HouseholderQR<Matrix> qr(next);
    const Matrix basis = qr.householderQ() * Matrix::Identity(x.cols(), columns);
    const Matrix scores = x * basis;
    const Eigen::SelfAdjointEigenSolver<Matrix> within(scores.transpose() * scores);
    const Matrix turn = within.eigenvectors().rowwise().reverse();
    loadings = basis * turn;
    next = x.transpose() * (scores * turn);
    bool done = true;
    for (Eigen::Index c = 0; c < components; ++c) {
      const double value = within.eigenvalues()[columns - 1 - c];
      done = done && (next.col(c) - value * loadings.col(c)).norm() <=
                         kResidual * value + kNothing * within.eigenvalues()[columns - 1];
    }
    if (done) break;
  }
  return loadings.leftCols(components);
}

}  // namespace

std::vector<float> principal_components(std::span<const float> values, int count, int dimensions, int components) {
  if (components < 1 || components > std::min(count, dimensions))
    throw std::logic_error("more principal components than rows or columns");
  Matrix x = Eigen::Map<const Floats>(values.data(), count, dimensions).cast<double>();
  x.rowwise() -= x.colwise().mean().eval();
  const auto side = std::min(x.rows(), x.cols());
  Matrix loadings = side > kLargestWhole && kFewOf * components < side ? leading_loadings(x, components)
                                                                       : whole_loadings(x, components);
  for (int c = 0; c < components; ++c) {
    Eigen::Index largest = 0;
    loadings.col(c).cwiseAbs().maxCoeff(&largest);
    if (loadings(largest, c) < 0) loadings.col(c) *= -1;
  }
  const Matrix scores = x * loadings;
  std::vector<float> result(static_cast<std::size_t>(scores.size()));
  Eigen::Map<Floats>(result.data(), count, components) = scores.cast<float>();
  return result;
}

}  // namespace unveil
