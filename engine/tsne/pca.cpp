#include "engine/tsne/pca.h"

#include <Eigen/Dense>
#include <stdexcept>

namespace unveil {

std::vector<float> principal_components(std::span<const float> values, int count, int dimensions, int components) {
  if (components < 1 || components > std::min(count, dimensions))
    throw std::logic_error("more principal components than rows or columns");
  using Matrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  Matrix x = Eigen::Map<const Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>>(
                 values.data(), count, dimensions)
                 .cast<double>();
  x.rowwise() -= x.colwise().mean().eval();
  // Of the two Gram matrices, which have the same spectrum, the smaller.
  const bool by_column = dimensions <= count;
  Matrix gram = Matrix::Zero(std::min(count, dimensions), std::min(count, dimensions));
  if (by_column)
    gram.selfadjointView<Eigen::Lower>().rankUpdate(x.transpose());
  else
    gram.selfadjointView<Eigen::Lower>().rankUpdate(x);
  const Eigen::SelfAdjointEigenSolver<Matrix> solver(gram);
  const auto last = solver.eigenvectors().rightCols(components).rowwise().reverse().eval();
  Matrix loadings = last;
  if (!by_column) {
    loadings = x.transpose() * last;
    for (int c = 0; c < components; ++c)
      if (const double norm = loadings.col(c).norm(); norm > 0) loadings.col(c) /= norm;
  }
  for (int c = 0; c < components; ++c) {
    Eigen::Index largest = 0;
    loadings.col(c).cwiseAbs().maxCoeff(&largest);
    if (loadings(largest, c) < 0) loadings.col(c) *= -1;
  }
  const Matrix scores = x * loadings;
  std::vector<float> result(static_cast<std::size_t>(scores.size()));
  Eigen::Map<Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>>(
      result.data(), count, components) = scores.cast<float>();
  return result;
}

}  // namespace unveil
