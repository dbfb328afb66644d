#include "app/exhibits/cpc/probing.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>

#include "engine/data/audio.h"

namespace unveil {
namespace {

constexpr std::size_t kSlice = 16;  // recordings encoded at once

double seconds_since(std::chrono::steady_clock::time_point began) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
}

const std::vector<Recording>& recordings_of(const Dataset& data, int split) {
  return split == 0 ? data.train_recordings : data.test_recordings;
}

void put(ProbeFeatures& features, const Dataset& data, int split, int index, const std::vector<float>& row) {
  features.width = static_cast<int>(row.size());
  auto& rows = features.rows[static_cast<std::size_t>(split)];
  rows.resize(recordings_of(data, split).size() * row.size());
  std::copy(row.begin(), row.end(),
            rows.begin() + static_cast<std::ptrdiff_t>(index) * static_cast<std::ptrdiff_t>(row.size()));
}

template <class Feature>
ProbeFeatures features_of(const Dataset& data, Feature feature) {
  ProbeFeatures features;
  for (const int split : {0, 1})
    for (std::size_t i = 0; i < recordings_of(data, split).size(); ++i)
      put(features, data, split, static_cast<int>(i), feature(recordings_of(data, split)[i].samples));
  return features;
}

}  // namespace

ProbeJob::ProbeJob(std::uint64_t build, std::shared_ptr<const ProbeFeatures> untrained,
                   std::shared_ptr<Mailbox<ProbeMaterial>> mailbox, std::function<void()> wake)
    : mailbox_(std::move(mailbox)), wake_(std::move(wake)) {
  material_.build = build;
  material_.untrained = std::move(untrained);
}

void ProbeJob::begin(Run& run) {
  material_.step = run.steps();
  material_.data = run.shared_data();
  material_.architecture = static_cast<cpc::BuiltCpc&>(run.built()).architecture();
  if (!material_.untrained) untrained_ = std::make_shared<ProbeFeatures>();
  for (const int split : {0, 1})
    for (const auto& recording : recordings_of(*material_.data, split))
      order_.push_back({split, static_cast<int>(&recording - recordings_of(*material_.data, split).data()),
                        recording.samples.size()});
  std::stable_sort(order_.begin(), order_.end(), [](const Item& a, const Item& b) { return a.samples < b.samples; });
}

bool ProbeJob::advance(Run& run) {
  if (ended_) return false;
  const auto began = std::chrono::steady_clock::now();
  auto& model = static_cast<cpc::BuiltCpc&>(run.built());
  if (order_.empty()) begin(run);
  const std::size_t all = order_.size(), rounds = untrained_ ? 2 : 1;
  const bool second = next_ >= all;
  const std::size_t first = second ? next_ - all : next_, here = std::min(kSlice, all - std::min(all, first));
  if (here > 0) {
    std::vector<std::span<const float>> some;
    for (std::size_t i = first; i < first + here; ++i)
      some.emplace_back(
          recordings_of(*material_.data, order_[i].split)[static_cast<std::size_t>(order_[i].index)].samples);
    const auto encoded = (second ? model.untrained_encoder() : model.encoder()).run(some);
    for (std::size_t i = 0; i < here; ++i)
      put(second ? *untrained_ : material_.trained, *material_.data, order_[first + i].split, order_[first + i].index,
          encoded[i].mean_context());
  }
  next_ += here;
  material_.seconds += seconds_since(began);
  share_ = static_cast<double>(next_) / static_cast<double>(std::max<std::size_t>(1, rounds * all));
  if (next_ < rounds * all) return true;
  if (untrained_) material_.untrained = std::move(untrained_);
  mailbox_->put(std::move(material_));
  ended_ = true;
  wake_();
  return false;
}

namespace {

bool finite(const ProbeFeatures& features) {
  for (const auto& rows : features.rows)
    if (!std::all_of(rows.begin(), rows.end(), [](float v) { return std::isfinite(v); })) return false;
  return true;
}

std::vector<cpc::ProbeReport> reports_of(const ProbeMaterial& material, const ProbeResult& known) {
  const Dataset& data = *material.data;
  std::vector<cpc::ProbeReport> reports;
  const bool fresh = known.build != material.build || known.reports.size() != data.label_kinds.size();
  ProbeFeatures log_mel, summary;
  if (fresh) {
    log_mel = features_of(data, [&](const std::vector<float>& samples) {
      return log_mel_statistics(cpc::prepared(samples), material.architecture.mel_options());
    });
    summary = features_of(data, [](const std::vector<float>& samples) { return summary_statistics(samples); });
  }
  for (std::size_t kind = 0; kind < data.label_kinds.size(); ++kind) {
    std::array<std::vector<std::uint8_t>, 2> labels;
    for (const int split : {0, 1})
      for (const auto& recording : recordings_of(data, split))
        labels[static_cast<std::size_t>(split)].push_back(recording.labels[kind]);
    cpc::ProbeReport report;
    if (!fresh) report = known.reports[kind];
    report.label = data.label_kinds[kind].name;
    report.classes = static_cast<int>(data.label_kinds[kind].classes.size());
    report.train_recordings = static_cast<int>(labels[0].size());
    report.test_recordings = static_cast<int>(labels[1].size());
    const auto accuracy = [&](const ProbeFeatures& features) {
      const cpc::LinearProbe probe(features.rows[0], features.width, labels[0], report.classes);
      return probe.accuracy(features.rows[1], labels[1]);
    };
    report.contexts = accuracy(material.trained);
    if (fresh) {
      report.untrained = accuracy(*material.untrained);
      report.log_mel = accuracy(log_mel);
      report.summary = accuracy(summary);
      std::vector<int> counts(static_cast<std::size_t>(report.classes));
      for (const auto label : labels[0]) ++counts[label];
      const auto commonest = std::max_element(counts.begin(), counts.end()) - counts.begin();
      report.chance = static_cast<double>(std::count(labels[1].begin(), labels[1].end(), commonest)) /
                      static_cast<double>(std::max<std::size_t>(1, labels[1].size()));
    }
    reports.push_back(report);
  }
  return reports;
}

}  // namespace

std::string too_few(const cpc::ProbeReport& r) {
  const int needed = std::max(kFewestProbed, 2 * r.classes);
  if (r.test_recordings < needed)
    return fmt::format("Too few to say: {} recording{} held out for {} classes. {} would be needed.",
                       r.test_recordings, r.test_recordings == 1 ? " is" : "s are", r.classes, needed);
  if (r.train_recordings < needed)
    return fmt::format("Too few to say: the probe was fitted on {} recordings of {} classes. {} would be needed.",
                       r.train_recordings, r.classes, needed);
  return {};
}

ProbeResult fit_probes(const ProbeMaterial& material, const ProbeResult& known) {
  const auto began = std::chrono::steady_clock::now();
  ProbeResult result{.build = material.build, .step = material.step};
  if (!finite(material.trained)) {
    result.problem = "Codes are not finite numbers: training has diverged. Reset, or take a smaller learning rate.";
  } else {
    try {
      result.reports = reports_of(material, known);
    } catch (const std::exception& error) {
      result.problem = error.what();
    }
  }
  result.seconds = material.seconds + seconds_since(began);
  return result;
}

}  // namespace unveil
