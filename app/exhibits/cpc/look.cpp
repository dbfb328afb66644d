#include "app/exhibits/cpc/look.h"

#include <chrono>
#include <cmath>
#include <numeric>

namespace unveil {
namespace {

double mean(const std::vector<float>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / std::max<double>(1, static_cast<double>(values.size()));
}

}  // namespace

double InfoNceLook::loss() const {
  return mean(infonce);
}

double InfoNceLook::bound() const {
  return std::log(candidates) - loss();
}

double InfoNceLook::accuracy() const {
  return mean(picked);
}

double InfoNceLook::diagonal(int k) const {
  const auto& m = matrices[static_cast<std::size_t>(k - 1)];
  double sum = 0;
  for (int r = 0; r < m.rows; ++r) sum += m.probabilities[static_cast<std::size_t>(r * m.columns + r + m.diagonal)];
  return sum / m.rows;
}

double InfoNceLook::elsewhere(int k) const {
  const auto& m = matrices[static_cast<std::size_t>(k - 1)];
  const double all = std::accumulate(m.probabilities.begin(), m.probabilities.end(), 0.0);
  return (all - diagonal(k) * m.rows) / std::max(1, m.rows * (m.columns - 1));
}

std::shared_ptr<const InfoNceLook> look_at_infonce(Run& run) {
  const auto began = std::chrono::steady_clock::now();
  auto look = std::make_shared<InfoNceLook>();
  const auto& scorer = static_cast<cpc::BuiltCpc&>(run.built()).score_held_out();
  look->step = run.steps();
  look->candidates = scorer.candidates();
  look->infonce = scorer.infonce();
  look->picked = scorer.positive_accuracy();
  for (int k = 1; k <= static_cast<int>(look->infonce.size()); ++k) look->matrices.push_back(scorer.matrix(k));
  look->seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  return look;
}

}  // namespace unveil
