#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "engine/error.h"
#include "engine/models/vae/model.h"

namespace unveil::vae {
namespace {

constexpr int kScoreBatch = 200;
constexpr int kImportanceRows = 500;  // samples decoded at a time
constexpr int kImportanceSamples = 50;
constexpr int kHeldOutPictures = 1000, kHeldOutBatch = 64;
// A latent is active when its posterior mean moves with the picture (Burda et al. 2016, appendix C).
constexpr double kActiveVariance = 0.01;

}  // namespace

std::vector<float> BuiltVae::pictures(int split, int first, int count) {
  const auto& from = set(split);
  const auto pixels = static_cast<std::size_t>(architecture_.pixels());
  const auto begin = static_cast<std::size_t>(first) * pixels, numbers = static_cast<std::size_t>(count) * pixels;
  std::vector<float> values(numbers);
  if (architecture_.gaussian) {
    for (std::size_t i = 0; i < numbers; ++i) values[i] = static_cast<float>(from.pixels[begin + i]) / 255.0f;
    return values;
  }
  auto& bits = binarized_[split];
  if (bits.empty()) bits = binarize_fixed(from, split);
  std::copy_n(bits.begin() + static_cast<std::ptrdiff_t>(begin), numbers, values.begin());
  return values;
}

Metrics BuiltVae::evaluate(int split, int limit, const OptionValues& options, const Progress& progress) {
  const int available = set(split).count, count = limit > 0 ? std::min(limit, available) : available;
  if (count == 0) throw Error(fmt::format("{} has no held-out pictures to evaluate on", context_.data.spec));
  const auto iwae = options.find("iwae");
  const int samples = iwae == options.end() ? 0 : std::stoi(iwae->second);
  if (samples > 0 && !architecture_.variational)
    throw UsageError("--iwae needs a posterior to draw from, and this model is an autoencoder");
  // Each image is decoded once, then once for each sample.
  const double score_share = 1.0 / (1 + samples);
  if (!scorer_) scorer_ = std::make_unique<Scorer>(store_, architecture_, kScoreBatch);
  const auto pixels = static_cast<std::size_t>(architecture_.pixels()),
             latent = static_cast<std::size_t>(architecture_.latent);
  double reconstruction = 0;
  std::vector<double> kl(latent), mean(latent), square(latent);
  for (int first = 0; first < count; first += kScoreBatch) {
    const int here = std::min(kScoreBatch, count - first);
    auto batch = pictures(split, first, here);
    batch.resize(kScoreBatch * pixels);
    scorer_->run(batch, static_cast<std::uint32_t>(first / kScoreBatch));
    const auto nats = scorer_->reconstruction();
    const auto codes = scorer_->codes();
    for (std::size_t i = 0; i < static_cast<std::size_t>(here); ++i) {
      reconstruction += nats[i];
      for (std::size_t j = 0; j < latent; ++j) {
        const double m = codes.mean[i * latent + j], v = codes.log_variance[i * latent + j];
        kl[j] += 0.5 * (m * m + std::expm1(v) - v);
        mean[j] += m;
        square[j] += m * m;
      }
    }
    if (progress && !progress(score_share * (first + here) / count)) break;
  }
  const double n = count;
  Metrics metrics;
  metrics["images"] = count;
  metrics["reconstruction"] = reconstruction / n;
  if (!architecture_.variational) return metrics;
  double total = 0;
  int active = 0;
  for (std::size_t j = 0; j < latent; ++j) {
    metrics[fmt::format("kl_per_dim.{}", j)] = kl[j] / n;
    total += kl[j] / n;
    active += square[j] / n - mean[j] / n * mean[j] / n > kActiveVariance;
  }
  metrics["kl"] = total;
  metrics["neg_elbo"] = reconstruction / n + total;
  metrics["active_units"] = active;
  if (samples > 0)
    metrics["neg_iwae"] = -importance_bound(split, count, samples, [&](double share) {
      return !progress || progress(score_share + (1 - score_share) * share);
    });
  return metrics;
}

double BuiltVae::importance_bound(int split, int count, int samples, const Progress& progress) {
  const int at_once = std::min(samples, kImportanceSamples), block = kImportanceRows / at_once;
  if (!importance_ || importance_->samples() != at_once)
    importance_ = std::make_unique<ImportanceSampler>(store_, architecture_, block, at_once);
  const auto pixels = static_cast<std::size_t>(architecture_.pixels());
  const int draws = (samples + at_once - 1) / at_once;
  double total = 0;
  std::uint32_t draw = 0;
  for (int first = 0; first < count; first += block) {
    const int here = std::min(block, count - first);
    auto batch = pictures(split, first, here);
    batch.resize(static_cast<std::size_t>(block) * pixels);
    importance_->set_pictures(batch);
    std::vector<LogMeanExp> bounds(static_cast<std::size_t>(here));
    for (int d = 0; d < draws; ++d) {
      const auto log_weights = importance_->draw(draw++);
      const int kept = std::min(at_once, samples - d * at_once);
      for (std::size_t i = 0; i < bounds.size(); ++i)
        for (int s = 0; s < kept; ++s)
          bounds[i].add(log_weights[i * static_cast<std::size_t>(at_once) + static_cast<std::size_t>(s)]);
    }
    for (const auto& bound : bounds) total += bound.value();
    if (!progress(static_cast<double>(first + here) / count)) break;
  }
  return total / count;
}

Codes BuiltVae::codes(std::span<const float> given) {
  auto results = encoder_(given);
  return {std::move(results[0]), std::move(results[1])};
}

int BuiltVae::held_out_items() const {
  return std::min(kHeldOutPictures, set(1).count);
}

// -ELBO, one draw each.
int BuiltVae::held_out(int first, int count, double& sum) {
  if (!held_out_scorer_) held_out_scorer_ = std::make_unique<Scorer>(store_, architecture_, kHeldOutBatch);
  const int here = std::min(kHeldOutBatch, count - first);
  auto batch = pictures(1, first, here);
  batch.resize(static_cast<std::size_t>(kHeldOutBatch * architecture_.pixels()));
  held_out_scorer_->run(batch, static_cast<std::uint32_t>(first / kHeldOutBatch));
  const auto nats = held_out_scorer_->reconstruction();
  const auto codes = held_out_scorer_->codes();
  const auto latent = static_cast<std::size_t>(architecture_.latent);
  for (std::size_t i = 0; i < static_cast<std::size_t>(here); ++i) {
    sum += nats[i];
    for (std::size_t k = i * latent; k < (i + 1) * latent && architecture_.variational; ++k)
      sum += 0.5 * (codes.mean[k] * codes.mean[k] + std::expm1(codes.log_variance[k]) - codes.log_variance[k]);
  }
  return here;
}

CodeTable BuiltVae::encode(const std::string&, int split, int limit, const Progress& progress) {
  const int available = set(split).count, count = limit > 0 ? std::min(limit, available) : available;
  CodeTable table;
  table.dimensions = architecture_.latent;
  for (int first = 0; first < count; first += kScoreBatch) {
    const int here = std::min(kScoreBatch, count - first);
    const auto means = codes(pictures(split, first, here)).mean;
    table.values.insert(table.values.end(), means.begin(), means.end());
    table.count += here;
    if (progress && !progress(static_cast<double>(table.count) / count)) break;
  }
  table.labels = code_labels(context_.data, split, table.count);
  return table;
}

CodeTable BuiltVae::encode_items(const std::string&, int split, std::span<const int> items) {
  CodeTable table;
  table.dimensions = architecture_.latent;
  table.count = static_cast<int>(items.size());
  std::vector<float> given;
  for (const int item : items) {
    const auto picture = pictures(split, item, 1);
    given.insert(given.end(), picture.begin(), picture.end());
  }
  table.values = codes(given).mean;
  return table;
}

}  // namespace unveil::vae
