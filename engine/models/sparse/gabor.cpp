#include "engine/models/sparse/gabor.h"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <vector>

namespace unveil::sparse {
namespace {

constexpr double kPi = std::numbers::pi;
constexpr double kGoodFit = 0.8;
constexpr int kIterations = 40;
constexpr int kPeaks = 2;                      // starts: so many frequencies times the envelopes below
constexpr double kEnvelopes[] = {0.12, 0.22};  // of the patch's side

// Centre, orientation, frequency, log width, log length. Amplitude and phase are linear.
using Parameters = Eigen::Matrix<double, 6, 1>;

struct Patch {
  Eigen::VectorXd values;
  int size;
};

struct Basis {
  Eigen::VectorXd cosine, sine;
};

Basis basis_of(const Parameters& q, int size) {
  Basis basis{Eigen::VectorXd(size * size), Eigen::VectorXd(size * size)};
  const double c = std::cos(q[2]), s = std::sin(q[2]), width = std::exp(q[4]), length = std::exp(q[5]);
  for (int y = 0; y < size; ++y)
    for (int x = 0; x < size; ++x) {
      const double dx = x - q[0], dy = y - q[1], u = dx * c + dy * s, v = dy * c - dx * s;
      const double envelope = std::exp(-0.5 * (u * u / (width * width) + v * v / (length * length)));
      basis.cosine[y * size + x] = envelope * std::cos(2 * kPi * q[3] * u);
      basis.sine[y * size + x] = envelope * std::sin(2 * kPi * q[3] * u);
    }
  return basis;
}

struct Fit {
  Parameters q;
  double a = 0, b = 0;  // of cosine and sine
  double error = std::numeric_limits<double>::infinity();
  Eigen::VectorXd residual;
};

// The best amplitude and phase for given parameters.
Fit solved(const Parameters& q, const Patch& patch) {
  Fit fit;
  fit.q = q;
  const Basis basis = basis_of(q, patch.size);
  const double cc = basis.cosine.squaredNorm(), ss = basis.sine.squaredNorm(), cs = basis.cosine.dot(basis.sine),
               cx = basis.cosine.dot(patch.values), sx = basis.sine.dot(patch.values);
  const double ridge = 1e-9 * (cc + ss), determinant = (cc + ridge) * (ss + ridge) - cs * cs;
  if (!(determinant > 0)) return fit;
  fit.a = ((ss + ridge) * cx - cs * sx) / determinant;
  fit.b = ((cc + ridge) * sx - cs * cx) / determinant;
  fit.residual = patch.values - fit.a * basis.cosine - fit.b * basis.sine;
  fit.error = fit.residual.squaredNorm();
  return fit;
}

// Levenberg-Marquardt on the projected residual, whose Jacobian is taken by differences.
Fit refined(Fit fit, const Patch& patch) {
  double damping = 1e-2;
  const double total = patch.values.squaredNorm();
  const auto count = patch.values.size();
  for (int iteration = 0; iteration < kIterations && std::isfinite(fit.error); ++iteration) {
    Eigen::Matrix<double, Eigen::Dynamic, 6> jacobian(count, 6);
    for (int i = 0; i < 6; ++i) {
      Parameters moved = fit.q;
      const double step = i == 3 ? 1e-5 : 1e-4;
      moved[i] += step;
      const Fit there = solved(moved, patch);
      if (!std::isfinite(there.error)) return fit;
      jacobian.col(i) = (there.residual - fit.residual) / step;
    }
    const Eigen::Matrix<double, 6, 6> normal = jacobian.transpose() * jacobian;
    const Parameters slope = jacobian.transpose() * fit.residual;
    bool better = false;
    double before = fit.error;
    for (int attempt = 0; attempt < 6 && !better; ++attempt) {
      Eigen::Matrix<double, 6, 6> damped = normal;
      damped.diagonal() += damping * (normal.diagonal().array() + 1e-9 * total).matrix();
      Parameters q = fit.q - damped.ldlt().solve(slope);
      q[3] = std::clamp(std::abs(q[3]), 0.0, 0.5);
      q[4] = std::clamp(q[4], std::log(0.4), std::log(4.0 * patch.size));
      q[5] = std::clamp(q[5], std::log(0.4), std::log(4.0 * patch.size));
      Fit next = solved(q, patch);
      better = next.error < fit.error;
      if (better) fit = std::move(next);
      damping = better ? std::max(damping / 5, 1e-9) : damping * 5;
    }
    if (!better || before - fit.error < 1e-6 * total) break;
  }
  return fit;
}

// Frequencies at which the patch's spectrum is largest, apart from each other: (fx, fy) in cycles per pixel.
std::vector<std::pair<double, double>> spectrum_peaks(const Patch& patch) {
  struct Bin {
    double power, fx, fy;
  };
  std::vector<Bin> bins;
  const int size = patch.size, half = size;  // twice as fine as the patch's own frequencies
  for (int ky = -half; ky < half; ++ky)
    for (int kx = 0; kx <= half; ++kx) {
      const double fx = 0.5 * kx / half, fy = 0.5 * ky / half;
      // e^(-2πi(fx x + fy y)) by rotation along rows.
      double real = 0, imaginary = 0;
      const double turn_c = std::cos(2 * kPi * fx), turn_s = std::sin(2 * kPi * fx);
      for (int y = 0; y < size; ++y) {
        double c = std::cos(2 * kPi * fy * y), s = std::sin(2 * kPi * fy * y);
        for (int x = 0; x < size; ++x) {
          const double v = patch.values[y * size + x];
          real += v * c;
          imaginary += v * s;
          const double next = c * turn_c - s * turn_s;
          s = s * turn_c + c * turn_s;
          c = next;
        }
      }
      bins.push_back({real * real + imaginary * imaginary, fx, fy});
    }
  std::sort(bins.begin(), bins.end(), [](const Bin& a, const Bin& b) { return a.power > b.power; });
  std::vector<std::pair<double, double>> peaks;
  for (const Bin& bin : bins) {
    const bool apart = std::all_of(peaks.begin(), peaks.end(), [&](const auto& peak) {
      return std::hypot(peak.first - bin.fx, peak.second - bin.fy) > 1.2 / size &&
             std::hypot(peak.first + bin.fx, peak.second + bin.fy) > 1.2 / size;
    });
    if (apart) peaks.push_back({bin.fx, bin.fy});
    if (static_cast<int>(peaks.size()) == kPeaks) break;
  }
  return peaks;
}

}  // namespace

double Gabor::at(double x, double y) const {
  const double dx = x - centre_x, dy = y - centre_y, c = std::cos(orientation), s = std::sin(orientation);
  const double u = dx * c + dy * s, v = dy * c - dx * s;
  return amplitude * std::exp(-0.5 * (u * u / (width * width) + v * v / (length * length))) *
         std::cos(2 * kPi * frequency * u + phase);
}

double Gabor::bandwidth_octaves() const {
  const double half = std::sqrt(2 * std::numbers::ln2) / (2 * kPi * width);
  return half < frequency ? std::log2((frequency + half) / (frequency - half))
                          : std::numeric_limits<double>::infinity();
}

double Gabor::bandwidth_degrees() const {
  const double half = std::sqrt(2 * std::numbers::ln2) / (2 * kPi * length);
  return frequency > 0 ? 2 * std::atan(half / frequency) * 180 / kPi : 180;
}

bool Gabor::good(int size) const {
  return r2 >= kGoodFit && width <= 0.5 * size && length <= 0.5 * size && centre_x >= -0.5 &&
         centre_x <= size - 0.5 && centre_y >= -0.5 && centre_y <= size - 0.5;
}

Gabor fit_gabor(std::span<const float> values, int size) {
  Patch patch{Eigen::VectorXd(size * size), size};
  for (int i = 0; i < size * size; ++i) patch.values[i] = values[static_cast<std::size_t>(i)];
  const double total = patch.values.squaredNorm();
  Gabor gabor;
  gabor.amplitude = 0;
  if (total < 1e-20) return gabor;
  double x0 = 0, y0 = 0;
  for (int y = 0; y < size; ++y)
    for (int x = 0; x < size; ++x) {
      const double share = std::pow(patch.values[y * size + x], 2) / total;
      x0 += share * x;
      y0 += share * y;
    }
  Fit best;
  for (const auto& [fx, fy] : spectrum_peaks(patch))
    for (const double envelope : kEnvelopes) {
      Parameters q;
      q << x0, y0, std::atan2(fy, fx), std::hypot(fx, fy), std::log(envelope * size), std::log(1.3 * envelope * size);
      const Fit fit = refined(solved(q, patch), patch);
      if (fit.error < best.error) best = fit;
    }
  if (!std::isfinite(best.error)) return gabor;
  gabor.centre_x = best.q[0];
  gabor.centre_y = best.q[1];
  gabor.orientation = best.q[2];
  gabor.frequency = best.q[3];
  gabor.width = std::exp(best.q[4]);
  gabor.length = std::exp(best.q[5]);
  gabor.amplitude = std::hypot(best.a, best.b);
  gabor.phase = std::atan2(-best.b, best.a);  // a cos(t) + b sin(t) = A cos(t + phase)
  gabor.r2 = 1 - best.error / total;
  // Half a turn is the same Gabor with the phase mirrored.
  double turns = std::floor(gabor.orientation / kPi);
  gabor.orientation -= turns * kPi;
  if (std::fmod(std::abs(turns), 2) == 1) gabor.phase = -gabor.phase;
  return gabor;
}

}  // namespace unveil::sparse
