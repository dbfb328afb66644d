#include "engine/models/vae/probes.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "engine/ops/binary.h"
#include "engine/ops/embedding.h"
#include "engine/ops/random.h"

namespace unveil::vae {
namespace {

// Evaluation draws the same noise whatever the run's seed: figures of two runs differ by their weights alone.
constexpr std::uint32_t kEvaluationSeed[] = {0x656c626f, 0};
constexpr std::uint32_t kScoreStream = 0, kImportanceStream = 1;

}  // namespace

Scorer::Scorer(ParameterStore& store, const Architecture& a, int pictures) : count_(pictures) {
  const auto weights = weights_of(graph_, store);
  pictures_ = graph_.input("pictures", a.pictures(pictures));
  seed_ = graph_.input("seed", {2}, DType::u32);
  step_ = graph_.input("draw", {1}, DType::u32);
  posterior_ = encode(graph_, a, weights, pictures_);
  Tensor z = posterior_.mean;
  if (a.variational)
    z = reparameterise(graph_, posterior_, normal(graph_, {pictures, a.latent}, {seed_, step_, kScoreStream}));
  reconstruction_ = reconstruction_nats(graph_, a, weights, decode(graph_, a, weights, z), pictures_);
  program_ = std::make_unique<Program>(
      store.device(), graph_,
      ProgramOptions{.name = "scoring", .keep = {reconstruction_, posterior_.mean, posterior_.log_variance}});
  program_->write_u32(seed_, kEvaluationSeed);
}

void Scorer::run(std::span<const float> pictures, std::uint32_t draw) {
  program_->write(pictures_, pictures);
  program_->write_u32(step_, {&draw, 1});
  program_->run();
}

std::vector<float> Scorer::reconstruction() const {
  return program_->read(reconstruction_);
}
Codes Scorer::codes() const {
  return {program_->read(posterior_.mean), program_->read(posterior_.log_variance)};
}

ImportanceSampler::ImportanceSampler(ParameterStore& store, const Architecture& a, int pictures, int samples)
    : count_(pictures), samples_(samples), pixels_(a.pixels()) {
  const auto weights = weights_of(graph_, store);
  const int rows = pictures * samples;
  pictures_ = graph_.input("pictures", a.pictures(pictures));
  targets_ = graph_.input("pictures, once for each sample", a.pictures(rows));
  rows_ = graph_.input("the picture of each sample", {rows}, DType::u32);
  seed_ = graph_.input("seed", {2}, DType::u32);
  step_ = graph_.input("draw", {1}, DType::u32);
  const Posterior posterior = encode(graph_, a, weights, pictures_);
  const Posterior repeated{embedding(graph_, posterior.mean, rows_),
                           embedding(graph_, posterior.log_variance, rows_)};
  const Tensor noise = normal(graph_, {rows, a.latent}, {seed_, step_, kImportanceStream});
  const Tensor z = reparameterise(graph_, repeated, noise);
  const Tensor nats = reconstruction_nats(graph_, a, weights, decode(graph_, a, weights, z), targets_);
  log_weights_ = subtract(graph_, log_prior_ratio(graph_, z, repeated.log_variance, noise), nats);
  program_ = std::make_unique<Program>(store.device(), graph_,
                                       ProgramOptions{.name = "importance sampling", .keep = {log_weights_}});
  program_->write_u32(seed_, kEvaluationSeed);
  std::vector<std::uint32_t> owners(static_cast<std::size_t>(rows));
  for (std::size_t i = 0; i < owners.size(); ++i)
    owners[i] = static_cast<std::uint32_t>(i / static_cast<std::size_t>(samples));
  program_->write_u32(rows_, owners);
}

void ImportanceSampler::set_pictures(std::span<const float> pictures) {
  program_->write(pictures_, pictures);
  std::vector<float> repeated;
  const auto row = static_cast<std::size_t>(pixels_);
  repeated.reserve(pictures.size() * static_cast<std::size_t>(samples_));
  for (int n = 0; n < count_; ++n)
    for (int s = 0; s < samples_; ++s) {
      const auto picture = pictures.subspan(static_cast<std::size_t>(n) * row, row);
      repeated.insert(repeated.end(), picture.begin(), picture.end());
    }
  program_->write(targets_, repeated);
}

std::vector<float> ImportanceSampler::draw(std::uint32_t draw) {
  program_->write_u32(step_, {&draw, 1});
  program_->run();
  return program_->read(log_weights_);
}

void LogMeanExp::add(double x) {
  if (count_++ == 0) {
    largest_ = x;
    sum_ = 1;
  } else if (x <= largest_) {
    sum_ += std::exp(x - largest_);
  } else {
    sum_ = sum_ * std::exp(largest_ - x) + 1;
    largest_ = x;
  }
}

double LogMeanExp::value() const {
  return largest_ + std::log(sum_ / static_cast<double>(count_));
}

}  // namespace unveil::vae
