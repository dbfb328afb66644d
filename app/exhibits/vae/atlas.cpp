#include "app/exhibits/vae/atlas.h"

#include <algorithm>
#include <chrono>
#include <cmath>

#include "engine/models/vae/model.h"

namespace unveil {
namespace {

constexpr int kEncodedAtOnce = 64, kDecodedAtOnce = 64;
constexpr int kPowerSteps = 24;
constexpr float kPriorRadius = 3.3f;  // three standard deviations and a margin
constexpr double kActiveSpread = 0.01;

double dot(std::span<const float> a, std::span<const float> b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += static_cast<double>(a[i]) * static_cast<double>(b[i]);
  return sum;
}

// To length 1, across `other` (which may be empty). False when nothing is left.
bool normalise(std::vector<float>& axis, const std::vector<float>& other) {
  if (!other.empty()) {
    const auto along = static_cast<float>(dot(axis, other));
    for (std::size_t j = 0; j < axis.size(); ++j) axis[j] -= along * other[j];
  }
  const double length = std::sqrt(dot(axis, axis));
  if (!(length > 1e-12)) return false;
  for (auto& value : axis) value = static_cast<float>(value / length);
  return true;
}

vae::BuiltVae& model_of(Run& run) {
  return static_cast<vae::BuiltVae&>(run.built());
}

}  // namespace

std::vector<float> PlaneBasis::point(float u, float v) const {
  std::vector<float> z(first.size());
  for (std::size_t j = 0; j < z.size(); ++j) z[j] = u * first[j] + v * second[j];
  return z;
}

void PlaneBasis::project(std::span<const float> z, float& u, float& v) const {
  u = static_cast<float>(dot(z, first)), v = static_cast<float>(dot(z, second));
}

PlaneBasis plane_basis(std::span<const float> means, int latent, const PlaneBasis& before) {
  const auto z = static_cast<std::size_t>(latent);
  PlaneBasis basis{std::vector<float>(z), std::vector<float>(z)};
  basis.first[0] = 1;
  if (latent > 1) basis.second[1] = 1;
  if (latent <= 2 || means.empty()) return basis;
  if (before.first.size() == z) basis = before;
  const std::size_t count = means.size() / z;
  std::vector<double> centre(z);
  for (std::size_t i = 0; i < count; ++i)
    for (std::size_t j = 0; j < z; ++j) centre[j] += means[i * z + j] / static_cast<double>(count);
  std::vector<float> centred(means.begin(), means.end());
  for (std::size_t i = 0; i < count; ++i)
    for (std::size_t j = 0; j < z; ++j) centred[i * z + j] -= static_cast<float>(centre[j]);
  for (auto* axis : {&basis.first, &basis.second}) {
    const std::vector<float> none, &other = axis == &basis.first ? none : basis.first;
    for (int step = 0; step < kPowerSteps; ++step) {
      std::vector<float> next(z);
      for (std::size_t i = 0; i < count; ++i) {
        const auto row = std::span(centred).subspan(i * z, z);
        const auto along = static_cast<float>(dot(row, *axis));
        for (std::size_t j = 0; j < z; ++j) next[j] += along * row[j];
      }
      if (!normalise(next, other)) break;
      *axis = std::move(next);
    }
    if (normalise(*axis, other)) continue;
    // A collapsed posterior has no axes of its own: any across the first will do.
    for (std::size_t j = 0; j < z; ++j) {
      std::fill(axis->begin(), axis->end(), 0.0f);
      (*axis)[j] = 1;
      if (normalise(*axis, other)) break;
    }
  }
  return basis;
}

std::vector<float> Atlas::nearest_decoded(float to_u, float to_v) const {
  const auto cell = [&](float along) {
    return std::clamp(static_cast<int>((along / radius + 1) * 0.5f * kGrid), 0, kGrid - 1);
  };
  const auto area = static_cast<std::size_t>(height * width);
  const auto tile =
      std::span(manifold).subspan(static_cast<std::size_t>(cell(-to_v) * kGrid + cell(to_u)) * area, area);
  std::vector<float> picture;
  for (const auto grey : tile) picture.push_back(static_cast<float>(grey) / 255.0f);
  return picture;
}

AtlasJob::AtlasJob(PlaneBasis before, std::uint64_t build,
                   std::shared_ptr<Mailbox<std::shared_ptr<const Atlas>>> mailbox, std::function<void()> wake)
    : before_(std::move(before)), mailbox_(std::move(mailbox)), wake_(std::move(wake)) {
  atlas_->build = build;
}

void AtlasJob::summarise(const Run& run) {
  Atlas& a = *atlas_;
  const auto& labels = run.data().test.labels;
  const auto z = static_cast<std::size_t>(a.latent), n = static_cast<std::size_t>(a.count);
  a.labels.assign(n, -1);
  if (labels.size() >= n) std::copy_n(labels.begin(), n, a.labels.begin());
  std::vector<double> sum(z), square(z);
  a.kl.assign(z, 0);
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < z; ++j) {
      const double m = a.mean[i * z + j], log_variance = a.log_variance[i * z + j];
      a.kl[j] += 0.5 * (m * m + std::expm1(log_variance) - log_variance) / static_cast<double>(n);
      sum[j] += m / static_cast<double>(n), square[j] += m * m / static_cast<double>(n);
    }
  for (std::size_t j = 0; j < z; ++j) {
    a.spread.push_back(square[j] - sum[j] * sum[j]);
    a.active += a.spread.back() > kActiveSpread;
  }
  a.basis = plane_basis(a.mean, a.latent, before_);
  std::vector<float> away;
  a.u.resize(n), a.v.resize(n);
  for (std::size_t i = 0; i < n; ++i) {
    a.basis.project(std::span(a.mean).subspan(i * z, z), a.u[i], a.v[i]);
    away.push_back(std::max(std::abs(a.u[i]), std::abs(a.v[i])));
  }
  a.radius = kPriorRadius;
  if (!away.empty()) {
    const auto edge = away.begin() + static_cast<std::ptrdiff_t>(0.985 * static_cast<double>(away.size() - 1));
    std::nth_element(away.begin(), edge, away.end());
    // In steps, so that the plane does not breathe with every look.
    const float needed = *edge * 1.04f;
    while (a.radius < needed && std::isfinite(needed)) a.radius *= 1.1f;
  }
  summarised_ = true;
}

bool AtlasJob::advance(Run& run) {
  if (ended_) return false;
  const auto began = std::chrono::steady_clock::now();
  auto& model = model_of(run);
  const auto& architecture = model.architecture();
  Atlas& a = *atlas_;
  const int wanted = std::min(kPictures, run.data().test.count), cells = Atlas::kGrid * Atlas::kGrid;
  if (a.count == 0 && !summarised_) {
    a.step = run.steps();
    a.latent = architecture.latent, a.height = architecture.height, a.width = architecture.width;
  }
  if (a.count < wanted) {
    const int here = std::min(kEncodedAtOnce, wanted - a.count);
    const auto codes = model.codes(model.pictures(1, a.count, here));
    a.mean.insert(a.mean.end(), codes.mean.begin(), codes.mean.end());
    a.log_variance.insert(a.log_variance.end(), codes.log_variance.begin(), codes.log_variance.end());
    a.count += here;
  } else if (!summarised_) {
    summarise(run);
  } else {
    std::vector<float> points;
    const int here = std::min(kDecodedAtOnce, cells - decoded_);
    for (int i = decoded_; i < decoded_ + here; ++i) {
      const auto middle = [&](int k) { return (2 * (static_cast<float>(k) + 0.5f) / Atlas::kGrid - 1) * a.radius; };
      const auto z = a.basis.point(middle(i % Atlas::kGrid), -middle(i / Atlas::kGrid));
      points.insert(points.end(), z.begin(), z.end());
    }
    const auto decoded = model.decode(points);
    for (const float value : decoded)
      a.manifold.push_back(static_cast<std::uint8_t>(std::lround(255 * std::clamp(value, 0.0f, 1.0f))));
    decoded_ += here;
  }
  a.seconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  if (decoded_ < cells) return true;
  mailbox_->put(std::move(atlas_));
  ended_ = true;
  wake_();
  return false;
}

}  // namespace unveil
