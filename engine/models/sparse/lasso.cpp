// The part of inference.h that computes on the host.
#include <Eigen/Dense>
#include <algorithm>
#include <cmath>

#include "engine/models/sparse/inference.h"
#include "engine/ops/shrink.h"

namespace unveil::sparse {
namespace {

using Matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

Eigen::MatrixXd atoms_of(const Dictionary& d) {
  return Eigen::Map<const Matrix>(d.values.data(), d.atoms, d.pixels).cast<double>();
}
Eigen::RowVectorXd row_of(std::span<const float> values) {
  return Eigen::Map<const Eigen::RowVectorXf>(values.data(), static_cast<Eigen::Index>(values.size())).cast<double>();
}
std::vector<float> floats(const Eigen::RowVectorXd& row) {
  std::vector<float> values(static_cast<std::size_t>(row.size()));
  for (Eigen::Index i = 0; i < row.size(); ++i) values[static_cast<std::size_t>(i)] = static_cast<float>(row[i]);
  return values;
}

}  // namespace

std::vector<float> reconstruct(const Dictionary& dictionary, std::span<const float> code) {
  std::vector<double> sum(static_cast<std::size_t>(dictionary.pixels));
  for (int k = 0; k < dictionary.atoms; ++k) {
    const double a = code[static_cast<std::size_t>(k)];
    if (a == 0) continue;
    const auto atom = dictionary.atom(k);
    for (std::size_t p = 0; p < sum.size(); ++p) sum[p] += a * atom[p];
  }
  return {sum.begin(), sum.end()};
}

CodeQuality code_quality(const Dictionary& dictionary, std::span<const float> patch, std::span<const float> code,
                         const Inference& inference) {
  const double lambda = inference.lambda;
  std::vector<double> residual(patch.begin(), patch.end());
  CodeQuality quality;
  double squares = 0;
  for (const double x : residual) squares += x * x;
  for (int k = 0; k < dictionary.atoms; ++k) {
    const double a = code[static_cast<std::size_t>(k)];
    if (a == 0) continue;
    ++quality.active;
    quality.l1 += std::abs(a);
    const auto atom = dictionary.atom(k);
    for (std::size_t p = 0; p < residual.size(); ++p) residual[p] -= a * atom[p];
  }
  for (const double r : residual) quality.squared_error += r * r;
  quality.objective = 0.5 * quality.squared_error + lambda * quality.l1;
  double largest = 0;
  for (int k = 0; k < dictionary.atoms; ++k) {
    const auto atom = dictionary.atom(k);
    double slope = 0;
    for (std::size_t p = 0; p < residual.size(); ++p) slope += atom[p] * residual[p];
    const double a = code[static_cast<std::size_t>(k)], size = inference.non_negative ? slope : std::abs(slope);
    largest = std::max(largest, size);
    const double wrong = a > 0   ? std::abs(slope - lambda)
                         : a < 0 ? std::abs(slope + lambda)
                                 : std::max(0.0, size - lambda);
    quality.violation = std::max(quality.violation, wrong / lambda);
  }
  // A feasible point of the dual: the residual, scaled until no atom matches it better than λ.
  const double scale = largest > lambda ? lambda / largest : 1;
  double distance = 0;
  for (std::size_t p = 0; p < residual.size(); ++p) {
    const double d = patch[p] - scale * residual[p];
    distance += d * d;
  }
  const double dual = 0.5 * squares - 0.5 * distance;
  if (quality.objective > 0) quality.gap = std::max(0.0, quality.objective - dual) / quality.objective;
  return quality;
}

double lipschitz_constant(const Dictionary& dictionary) {
  const Eigen::MatrixXd atoms = atoms_of(dictionary);
  const Eigen::MatrixXd gram = dictionary.atoms < dictionary.pixels ? Eigen::MatrixXd(atoms * atoms.transpose())
                                                                    : Eigen::MatrixXd(atoms.transpose() * atoms);
  Eigen::VectorXd v = gram.diagonal();
  double largest = 0;
  for (int i = 0; i < 300 && v.norm() > 0; ++i) {
    v.normalize();
    v = gram * v;
    if (std::abs(v.norm() - largest) < 1e-7 * largest) break;
    largest = v.norm();
  }
  return std::max(largest, 1e-12);
}

Trace trace(const Dictionary& dictionary, std::span<const float> patch, const Inference& inference, int iterations) {
  const Eigen::MatrixXd atoms = atoms_of(dictionary), gram = atoms * atoms.transpose();
  const Eigen::RowVectorXd x = row_of(patch), correlation = x * atoms.transpose();
  const double step = 1 / (1.01 * lipschitz_constant(dictionary));
  Trace trace;
  trace.threshold = inference.lambda * step;
  Eigen::RowVectorXd code = Eigen::RowVectorXd::Zero(dictionary.atoms), point = code;
  const auto momenta = fista_momenta(iterations + 1);
  for (int i = 0; i <= iterations; ++i) {
    TraceStep shown;
    if (i > 0) {
      const Eigen::RowVectorXd z = point - (point * gram - correlation) * step, before = code;
      for (Eigen::Index k = 0; k < z.size(); ++k) {
        const double size = std::max((inference.non_negative ? z[k] : std::abs(z[k])) - trace.threshold, 0.0);
        code[k] = z[k] < 0 ? -size : size;
      }
      point = code;
      if (inference.solver == Solver::fista) point += momenta[static_cast<std::size_t>(i - 1)] * (code - before);
      shown.before = floats(z);
    } else {
      shown.before = floats(code);
    }
    shown.after = floats(code);
    shown.objective = 0.5 * (x - code * atoms).squaredNorm() + inference.lambda * code.cwiseAbs().sum();
    shown.active = static_cast<int>((code.array() != 0).count());
    trace.steps.push_back(std::move(shown));
  }
  return trace;
}

std::vector<int> contribution_order(const Dictionary& dictionary, std::span<const float> patch,
                                    std::span<const float> code) {
  std::vector<int> left, order;
  for (int k = 0; k < dictionary.atoms; ++k)
    if (code[static_cast<std::size_t>(k)] != 0) left.push_back(k);
  std::vector<double> residual(patch.begin(), patch.end());
  while (!left.empty()) {
    // ‖r - aφ‖² - ‖r‖² = a²‖φ‖² - 2a φ·r
    const auto gain = [&](int k) {
      const auto atom = dictionary.atom(k);
      const double a = code[static_cast<std::size_t>(k)];
      double slope = 0, squares = 0;
      for (std::size_t p = 0; p < residual.size(); ++p)
        slope += atom[p] * residual[p], squares += double{atom[p]} * atom[p];
      return 2 * a * slope - a * a * squares;
    };
    std::size_t best = 0;
    double most = 0;
    for (std::size_t i = 0; i < left.size(); ++i)
      if (const double value = gain(left[i]); i == 0 || value > most) best = i, most = value;
    const int atom = left[best];
    order.push_back(atom);
    left.erase(left.begin() + static_cast<std::ptrdiff_t>(best));
    for (std::size_t p = 0; p < residual.size(); ++p)
      residual[p] -= double{code[static_cast<std::size_t>(atom)]} * dictionary.atom(atom)[p];
  }
  return order;
}

}  // namespace unveil::sparse
