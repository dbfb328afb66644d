#include "engine/models/cpc/probe.h"

#include <fmt/format.h>

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <deque>
#include <limits>
#include <stdexcept>

namespace unveil::cpc {
namespace {

using Matrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using Vector = Eigen::VectorXd;

constexpr int kMemory = 12, kMostSteps = 400;
constexpr double kTolerance = 1e-6;  // of the gradient's largest entry

struct Objective {
  const Matrix& features;  // [n, d + 1], the last column 1
  std::span<const std::uint8_t> labels;
  int classes;
  double penalty;

  // The value; the gradient into `gradient`.
  double operator()(const Vector& at, Vector& gradient) const {
    const auto rows = features.cols();
    const Eigen::Map<const Matrix> weights(at.data(), rows, classes);
    Matrix p = features * weights;
    double loss = 0;
    for (Eigen::Index i = 0; i < p.rows(); ++i) {
      auto row = p.row(i);
      const double highest = row.maxCoeff(), own = row(labels[static_cast<std::size_t>(i)]);
      row = (row.array() - highest).exp();
      const double sum = row.sum();
      loss += std::log(sum) + highest - own;
      row /= sum;
      row(labels[static_cast<std::size_t>(i)]) -= 1;
    }
    const double share = 1 / static_cast<double>(p.rows());
    Eigen::Map<Matrix> slope(gradient.data(), rows, classes);
    slope.noalias() = share * (features.transpose() * p);
    const auto penalised = weights.topRows(rows - 1);
    slope.topRows(rows - 1) += penalty * penalised;
    return loss * share + 0.5 * penalty * penalised.squaredNorm();
  }
};

// Limited-memory BFGS (Nocedal & Wright, algorithm 7.5) with backtracking to the Armijo condition.
Vector minimise(const Objective& objective, Eigen::Index size) {
  Vector at = Vector::Zero(size), gradient(size), next_gradient(size);
  double value = objective(at, gradient);
  std::deque<std::pair<Vector, Vector>> pairs;  // steps and changes of the gradient
  for (int step = 0; step < kMostSteps && gradient.cwiseAbs().maxCoeff() > kTolerance; ++step) {
    Vector direction = gradient;
    std::vector<double> alphas(pairs.size());
    for (std::size_t i = pairs.size(); i-- > 0;) {
      const auto& [s, y] = pairs[i];
      alphas[i] = s.dot(direction) / s.dot(y);
      direction -= alphas[i] * y;
    }
    if (!pairs.empty()) direction *= pairs.back().first.dot(pairs.back().second) / pairs.back().second.squaredNorm();
    for (std::size_t i = 0; i < pairs.size(); ++i) {
      const auto& [s, y] = pairs[i];
      direction += (alphas[i] - y.dot(direction) / s.dot(y)) * s;
    }
    direction = -direction;
    const double slope = gradient.dot(direction);
    double length = 1;
    Vector next = at + direction;
    double next_value = objective(next, next_gradient);
    while (!(next_value <= value + 1e-4 * length * slope) && length > 1e-10) {
      length /= 2;
      next = at + length * direction;
      next_value = objective(next, next_gradient);
    }
    if (length <= 1e-10) break;
    if (const Vector s = next - at, y = next_gradient - gradient; s.dot(y) > 1e-14) {
      pairs.emplace_back(s, y);
      if (pairs.size() > kMemory) pairs.pop_front();
    }
    at = next;
    gradient = next_gradient;
    value = next_value;
  }
  return at;
}

}  // namespace

LinearProbe::LinearProbe(std::span<const float> features, int dimensions, std::span<const std::uint8_t> labels,
                         int classes, double penalty)
    : dimensions_(dimensions), classes_(classes) {
  const std::size_t n = labels.size(), d = static_cast<std::size_t>(dimensions);
  if (n == 0 || dimensions < 1 || classes < 1 || features.size() != n * d ||
      *std::max_element(labels.begin(), labels.end()) >= classes)
    throw std::logic_error(fmt::format("a probe of {} features in {} dimensions for {} labels of {} classes",
                                       features.size(), dimensions, n, classes));
  mean_.resize(d);
  scale_.resize(d);
  for (std::size_t j = 0; j < d; ++j) {
    double sum = 0, square = 0;
    for (std::size_t i = 0; i < n; ++i) sum += features[i * d + j];
    mean_[j] = sum / static_cast<double>(n);
    for (std::size_t i = 0; i < n; ++i) square += std::pow(features[i * d + j] - mean_[j], 2);
    const double deviation = std::sqrt(square / static_cast<double>(n));
    if (!std::isfinite(deviation)) throw std::logic_error(fmt::format("feature {} of a probe is not a number", j));
    scale_[j] = deviation > 1e-7 * (1 + std::abs(mean_[j])) ? 1 / deviation : 0;
  }
  Matrix standardised(static_cast<Eigen::Index>(n), dimensions + 1);
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < d; ++j)
      standardised(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j)) =
          (features[i * d + j] - mean_[j]) * scale_[j];
    standardised(static_cast<Eigen::Index>(i), dimensions) = 1;
  }
  const Vector found = minimise({standardised, labels, classes, penalty}, (dimensions + 1) * classes);
  weights_.assign(found.data(), found.data() + found.size());
}

std::vector<std::uint8_t> LinearProbe::predict(std::span<const float> features) const {
  const std::size_t d = static_cast<std::size_t>(dimensions_), classes = static_cast<std::size_t>(classes_);
  std::vector<std::uint8_t> found;
  for (std::size_t i = 0; i + d <= features.size(); i += d) {
    std::size_t best = 0;
    double highest = -std::numeric_limits<double>::infinity();
    for (std::size_t c = 0; c < classes; ++c) {
      double score = weights_[d * classes + c];
      for (std::size_t j = 0; j < d; ++j)
        score += (features[i + j] - mean_[j]) * scale_[j] * weights_[j * classes + c];
      if (score > highest) highest = score, best = c;
    }
    found.push_back(static_cast<std::uint8_t>(best));
  }
  return found;
}

double LinearProbe::accuracy(std::span<const float> features, std::span<const std::uint8_t> labels) const {
  const auto found = predict(features);
  if (found.size() != labels.size() || labels.empty())
    throw std::logic_error(fmt::format("{} predictions for {} labels", found.size(), labels.size()));
  double right = 0;
  for (std::size_t i = 0; i < found.size(); ++i) right += found[i] == labels[i];
  return right / static_cast<double>(found.size());
}

std::vector<int> LinearProbe::confusion(std::span<const float> features, std::span<const std::uint8_t> labels) const {
  const auto found = predict(features);
  std::vector<int> counts(static_cast<std::size_t>(classes_ * classes_));
  for (std::size_t i = 0; i < std::min(found.size(), labels.size()); ++i)
    if (labels[i] < classes_) ++counts[static_cast<std::size_t>(labels[i] * classes_ + found[i])];
  return counts;
}

}  // namespace unveil::cpc
