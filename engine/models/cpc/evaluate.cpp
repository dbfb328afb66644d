#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>

#include "engine/error.h"
#include "engine/models/cpc/corpus.h"
#include "engine/models/cpc/model.h"
#include "engine/models/training.h"

namespace unveil::cpc {
namespace {

constexpr std::size_t kEncodedAtOnce = 64;
constexpr int kMostBatches = 16;  // of windows that InfoNCE is measured on

// Features of recordings, row by row, and how wide a row is.
struct Features {
  int width = 0;
  std::vector<float> values;
  void add(const std::vector<float>& row) {
    width = static_cast<int>(row.size());
    values.insert(values.end(), row.begin(), row.end());
  }
};

Features mean_contexts(Encoder& encoder, std::span<const Recording> recordings, const Progress& progress) {
  Features features;
  for (std::size_t first = 0; first < recordings.size(); first += kEncodedAtOnce) {
    std::vector<std::span<const float>> some;
    for (std::size_t i = first; i < std::min(first + kEncodedAtOnce, recordings.size()); ++i)
      some.emplace_back(recordings[i].samples);
    for (const auto& encoded : encoder.run(some)) features.add(encoded.mean_context());
    if (progress && !progress(static_cast<double>(first + some.size()) / static_cast<double>(recordings.size())))
      break;
  }
  return features;
}

Progress part(const Progress& progress, double from, double to) {
  return [&progress, from, to](double share) { return !progress || progress(from + (to - from) * share); };
}

}  // namespace

// A network of its own at the run's initial weights.
struct BuiltCpc::Untrained {
  Untrained(ParameterStore& like, const Architecture& architecture)
      : store(like.device()), encoder(store, architecture) {
    Graph graph;
    const auto weights = weights_of(graph, store);
    contexts(graph, architecture, weights,
             cpc::encode(graph, architecture, weights,
                         graph.input("any", {1, architecture.input_rows(1), architecture.input_width()})));
    store.materialise(false);
  }
  void take(std::uint64_t wanted) {
    if (wanted != seed) store.initialise(wanted);
    seed = wanted;
  }
  ParameterStore store;
  Encoder encoder;
  std::optional<std::uint64_t> seed;  // of the weights there
};

std::uint64_t BuiltCpc::seed() const {
  const auto words = read_tensor_u32(context_.device, seed_state(store_));
  return words[0] | static_cast<std::uint64_t>(words[1]) << 32;
}

Encoder& BuiltCpc::untrained_encoder() {
  if (!untrained_) untrained_ = std::make_shared<Untrained>(store_, architecture_);
  untrained_->take(seed());
  return untrained_->encoder;
}

std::vector<float> BuiltCpc::held_out_windows() const {
  const auto& data = context_.data;
  return some_windows(data, holds_out_batch_ ? data.test_recordings : data.train_recordings, architecture_, batch_);
}

Scorer& BuiltCpc::score_held_out() {
  if (!held_out_scorer_) {
    held_out_scorer_ = std::make_unique<Scorer>(store_, architecture_, batch_);
    watched_windows_ = held_out_windows();
  }
  held_out_scorer_->run(watched_windows_);
  return *held_out_scorer_;
}

int BuiltCpc::held_out(int, int count, double& sum) {
  const auto nats = score_held_out().infonce();
  sum +=
      count * std::accumulate(nats.begin(), nats.end(), 0.0) / std::max<double>(1, static_cast<double>(nats.size()));
  return count;
}

Metrics BuiltCpc::evaluate(int split, int limit, const OptionValues& options, const Progress& progress) {
  const auto& data = context_.data;
  const auto& all = split == 0 ? data.train_recordings : data.test_recordings;
  if (all.empty()) throw Error(fmt::format("{} has no such recordings to evaluate on", data.spec));
  const auto count = limit > 0 ? std::min(static_cast<std::size_t>(limit), all.size()) : all.size();
  const std::span recordings(all.data(), count);
  const auto probe_option = options.find("probe");
  const bool probing = probe_option != options.end() && !probe_option->second.empty();
  if (probing && (split == 0 || limit > 0))
    throw UsageError(
        "--probe fits on all training recordings and scores all held-out ones; leave out --split and --limit");
  if (probing) label_kind(probe_option->second);  // said before the work

  std::int64_t samples = 0;
  for (const auto& recording : recordings) samples += static_cast<std::int64_t>(recording.samples.size());
  const auto of_batch = std::int64_t{architecture_.samples} * batch_;
  const int batches = static_cast<int>(std::clamp<std::int64_t>(samples / of_batch, 1, kMostBatches));
  const auto windows = some_windows(data, recordings, architecture_, batches * batch_);
  Scorer scorer(store_, architecture_, batch_);
  const auto horizons = static_cast<std::size_t>(architecture_.horizons);
  std::vector<double> infonce(horizons), accuracy(horizons);
  const std::size_t size = windows.size() / static_cast<std::size_t>(batches);
  for (int b = 0; b < batches; ++b) {
    scorer.run(std::span(windows).subspan(static_cast<std::size_t>(b) * size, size));
    const auto nats = scorer.infonce(), picked = scorer.positive_accuracy();
    for (std::size_t k = 0; k < horizons; ++k) {
      infonce[k] += nats[k] / static_cast<double>(batches);
      accuracy[k] += picked[k] / static_cast<double>(batches);
    }
    if (progress && !progress((probing ? 0.1 : 1.0) * (b + 1) / batches)) break;
  }
  Metrics metrics;
  metrics["recordings"] = static_cast<double>(count);
  metrics["windows"] = batches * batch_;
  double mean = 0;
  for (std::size_t k = 0; k < horizons; ++k) {
    metrics[fmt::format("infonce_by_horizon.{}", k + 1)] = infonce[k];
    metrics[fmt::format("accuracy_by_horizon.{}", k + 1)] = accuracy[k];
    mean += infonce[k] / static_cast<double>(horizons);
    metrics["positive_accuracy"] += accuracy[k] / static_cast<double>(horizons);
  }
  metrics["infonce"] = mean;
  metrics["log_candidates"] = std::log(candidates());
  metrics["mi_bound"] = std::log(candidates()) - mean;
  if (!probing) return metrics;
  const auto report = probe(probe_option->second, part(progress, 0.1, 1));
  const auto name = "probe_" + report.label;
  metrics[name] = report.contexts;
  metrics[name + "_untrained"] = report.untrained;
  metrics[name + "_log_mel"] = report.log_mel;
  metrics[name + "_summary_statistics"] = report.summary;
  metrics[name + "_chance"] = report.chance;
  return metrics;
}

std::size_t BuiltCpc::label_kind(const std::string& label) const {
  const auto& kinds = context_.data.label_kinds;
  if (kinds.empty())
    throw Error(
        fmt::format("{} has no labels to probe for; names like 3_george_0.wav, or a subfolder for each class, "
                    "give a folder of recordings some",
                    context_.data.spec));
  std::vector<std::string> names;
  for (std::size_t i = 0; i < kinds.size(); ++i) {
    if (kinds[i].name == label) return i;
    names.push_back(kinds[i].name);
  }
  throw UsageError(fmt::format("{} has no label '{}' to probe for; its labels are {}", context_.data.spec, label,
                               fmt::join(names, ", ")));
}

ProbeReport BuiltCpc::probe(const std::string& label, const Progress& progress) {
  const auto& data = context_.data;
  const std::size_t kind = label_kind(label);
  if (data.test_recordings.empty()) throw Error(fmt::format("{} has no held-out recordings to probe", data.spec));
  const auto labels_of = [&](std::span<const Recording> recordings) {
    std::vector<std::uint8_t> labels;
    for (const auto& recording : recordings) labels.push_back(recording.labels[kind]);
    return labels;
  };
  const auto train = labels_of(data.train_recordings), test = labels_of(data.test_recordings);
  ProbeReport report;
  report.label = label;
  report.classes = static_cast<int>(data.label_kinds[kind].classes.size());
  report.train_recordings = static_cast<int>(train.size());
  report.test_recordings = static_cast<int>(test.size());
  const auto accuracy = [&](const Features& of_train, const Features& of_test) {
    return LinearProbe(of_train.values, of_train.width, train, report.classes).accuracy(of_test.values, test);
  };
  const auto by_encoder = [&](Encoder& encoder, double from, double to) {
    const double middle = from + 0.9 * (to - from);
    const auto of_train = mean_contexts(encoder, data.train_recordings, part(progress, from, middle));
    const auto of_test = mean_contexts(encoder, data.test_recordings, part(progress, middle, to));
    if (of_train.values.size() != train.size() * static_cast<std::size_t>(of_train.width) ||
        of_test.values.size() != test.size() * static_cast<std::size_t>(of_test.width))
      throw Error("the probe was cancelled");
    return accuracy(of_train, of_test);
  };
  const auto by_host = [&](auto feature) {
    Features of_train, of_test;
    for (const auto& recording : data.train_recordings) of_train.add(feature(recording.samples));
    for (const auto& recording : data.test_recordings) of_test.add(feature(recording.samples));
    return accuracy(of_train, of_test);
  };
  report.contexts = by_encoder(encoder_, 0, 0.45);
  // What does not change with training is worked out once.
  auto& fixed = references_[{label, seed()}];
  if (fixed.label.empty()) {
    fixed.untrained = by_encoder(untrained_encoder(), 0.45, 0.9);
    fixed.log_mel = by_host([&](const std::vector<float>& samples) {
      return log_mel_statistics(prepared(samples), architecture_.mel_options());
    });
    fixed.summary = by_host([](const std::vector<float>& samples) { return summary_statistics(samples); });
    std::vector<int> counts(static_cast<std::size_t>(report.classes));
    for (const auto l : train) ++counts[l];
    const auto commonest = std::max_element(counts.begin(), counts.end()) - counts.begin();
    fixed.chance =
        static_cast<double>(std::count(test.begin(), test.end(), commonest)) / static_cast<double>(test.size());
    fixed.label = label;
  }
  report.untrained = fixed.untrained;
  report.log_mel = fixed.log_mel;
  report.summary = fixed.summary;
  report.chance = fixed.chance;
  if (progress) progress(1);
  return report;
}

CodeTable BuiltCpc::encode(const std::string&, int split, int limit, const Progress& progress) {
  const auto& data = context_.data;
  const auto& all = split == 0 ? data.train_recordings : data.test_recordings;
  const auto count = limit > 0 ? std::min(static_cast<std::size_t>(limit), all.size()) : all.size();
  const std::span recordings(all.data(), count);
  auto features = mean_contexts(encoder_, recordings, progress);
  CodeTable table;
  table.dimensions = architecture_.context;
  table.count = static_cast<int>(features.values.size()) / table.dimensions;
  table.values = std::move(features.values);
  for (std::size_t k = 0; k < data.label_kinds.size(); ++k) {
    CodeLabels labels{data.label_kinds[k].name, data.label_kinds[k].classes, {}};
    for (std::size_t i = 0; i < static_cast<std::size_t>(table.count); ++i)
      labels.values.push_back(recordings[i].labels[k]);
    table.labels.push_back(std::move(labels));
  }
  return table;
}

CodeTable BuiltCpc::encode_items(const std::string&, int split, std::span<const int> items) {
  const auto& all = split == 0 ? context_.data.train_recordings : context_.data.test_recordings;
  CodeTable table;
  table.dimensions = architecture_.context;
  for (std::size_t first = 0; first < items.size(); first += kEncodedAtOnce) {
    std::vector<std::span<const float>> some;
    for (const int item : items.subspan(first, std::min(kEncodedAtOnce, items.size() - first)))
      some.emplace_back(all[static_cast<std::size_t>(item)].samples);
    for (const auto& encoded : encoder_.run(some)) {
      const auto mean = encoded.mean_context();
      table.values.insert(table.values.end(), mean.begin(), mean.end());
      ++table.count;
    }
  }
  return table;
}

// A contrastive model draws no sounds. What it has to show is how sure it is of the true futures: the InfoNCE matrix
// of each horizon on held-out windows, the true pairs on the diagonal.
SampleResult BuiltCpc::sample(int count, std::uint64_t, const OptionValues&, bool animated,
                              const Progress& progress) {
  if (animated)
    throw UsageError(
        "CPC draws the InfoNCE matrices of its horizons, which do not move; a GIF needs a model that "
        "draws step by step");
  Scorer scorer(store_, architecture_, batch_);
  scorer.run(held_out_windows());
  SampleResult result;
  const int shown = std::clamp(count, 1, architecture_.horizons);
  result.columns = std::min(shown, 3);
  for (int k = 1; k <= shown; ++k) {
    const auto matrix = scorer.matrix(k);
    Picture picture{matrix.columns, matrix.rows, 1, {}};
    for (const float p : matrix.probabilities)
      picture.pixels.push_back(static_cast<std::uint8_t>(std::lround(255 * std::sqrt(std::clamp(p, 0.0f, 1.0f)))));
    result.pictures.push_back(std::move(picture));
    if (progress) progress(static_cast<double>(k) / shown);
  }
  return result;
}

}  // namespace unveil::cpc
