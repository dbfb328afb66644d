#include "app/tsne/compare.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <optional>
#include <utility>

#include "engine/data/philox.h"

namespace unveil {
namespace {

using Clock = std::chrono::steady_clock;

constexpr double kSliceMs = 10;
constexpr auto kMeasureSlice = std::chrono::milliseconds(10);
constexpr double kRandomDeviation = 1e-4;  // of a random start (van der Maaten & Hinton 2008)
constexpr std::uint32_t kStartTag = 0x636f6d70;
constexpr auto kPublishEvery = std::chrono::milliseconds(120);

std::vector<LayoutPoint> random_start(int count, int seed) {
  PhiloxStream noise(static_cast<std::uint64_t>(seed), 0, 0, kStartTag);
  std::vector<LayoutPoint> points(static_cast<std::size_t>(count));
  for (auto& p : points) {
    p.x = static_cast<float>(kRandomDeviation) * noise.normal();
    p.y = static_cast<float>(kRandomDeviation) * noise.normal();
  }
  return points;
}

}  // namespace

std::vector<double> compared_perplexities(int count) {
  const double most = std::floor(0.99 * count / 3.0);
  std::vector<double> all;
  for (const double wanted : {5.0, 30.0, 100.0}) all.push_back(std::max(1.0, std::min(wanted, most)));
  all.erase(std::unique(all.begin(), all.end()), all.end());
  return all;
}

// Kept with the run, since it lives on the device: destroyed there, on the thread that owns it.
struct ComparisonJob::Work {
  struct Entry {
    ComparedMap map;
    std::optional<Tsne> tsne;
    std::optional<QualityMeasure> measure;  // under way
  };
  std::vector<Entry> entries;
  std::size_t next = 0;
  const ComparisonJob* owner = nullptr;
  Clock::time_point published{};
};

ComparisonJob::ComparisonJob(std::shared_ptr<const TsnePoints> points, const TsneOptions& options,
                             std::vector<LayoutPoint> reference,
                             std::shared_ptr<Mailbox<std::shared_ptr<const Comparison>>> mailbox,
                             std::function<void()> wake)
    : points_(std::move(points)),
      options_(options),
      reference_(std::move(reference)),
      mailbox_(std::move(mailbox)),
      wake_(std::move(wake)) {}
ComparisonJob::~ComparisonJob() = default;

void ComparisonJob::publish(const Work& work) {
  auto comparison = std::make_shared<Comparison>();
  comparison->points = points_;
  for (const auto& entry : work.entries) {
    comparison->maps.push_back(entry.map);
    auto& map = comparison->maps.back();
    if (entry.tsne)
      map.layout = entry.tsne->layout(), map.iteration = entry.tsne->iteration(), map.kl = entry.tsne->kl();
    if (map.layout.size() == reference_.size()) map.layout = procrustes(reference_, map.layout);
  }
  mailbox_->put(std::move(comparison));
  wake_();
}

bool ComparisonJob::advance(Run& run) {
  auto& work = run.attached<Work>("t-SNE comparison", [] { return std::make_unique<Work>(); });
  if (ended_) return false;
  if (!std::exchange(begun_, true)) {
    work = {};
    work.owner = this;
    for (const double perplexity : compared_perplexities(points_->count))
      for (int start = 0; start < kComparedStarts; ++start) work.entries.push_back({{perplexity, start}, {}});
  }
  // A newer job has taken over: its maps are left alone.
  if (work.owner != this) {
    ended_ = true;
    return false;
  }
  const auto left =
      std::count_if(work.entries.begin(), work.entries.end(), [](const auto& e) { return !e.map.done; });
  if (stopped_ || left == 0) {
    ended_ = true;
    publish(work);
    work = {};
    return false;
  }
  while (work.entries[work.next].map.done) work.next = (work.next + 1) % work.entries.size();
  auto& entry = work.entries[work.next];
  if (!entry.tsne) {
    auto options = options_;
    options.perplexity = entry.map.perplexity;
    entry.tsne.emplace(run.device(), options);
    entry.tsne->set_codes(points_->values, points_->count, points_->dimensions, TsneStart::pca);
  }
  const bool preparing = entry.tsne->prepared() < 1;
  if (preparing) {
    // All of one before the next, so that first maps appear soon.
    entry.tsne->advance_for(kSliceMs);
    if (entry.tsne->prepared() < 1) return true;
    if (entry.map.start > 0) entry.tsne->set_layout(random_start(points_->count, entry.map.start));
  } else if (entry.tsne->iteration() < kComparedIterations) {
    entry.tsne->advance_for(kSliceMs);
  } else {
    const int k = std::min(kTsneNeighbours, (points_->count - 1) / 2);
    entry.map.layout = entry.tsne->layout();
    if (k >= 1) {
      if (!entry.measure)
        entry.measure.emplace(run.device(), points_->values, points_->count, points_->dimensions, entry.map.layout,
                              k);
      for (const auto began = Clock::now(); entry.measure->advance();)
        if (Clock::now() - began > kMeasureSlice) return true;
      entry.map.quality = entry.measure->quality();
      entry.measure.reset();
    }
    entry.map.iteration = entry.tsne->iteration(), entry.map.kl = entry.tsne->kl();
    entry.map.done = true;
    entry.tsne.reset();
  }
  work.next = (work.next + 1) % work.entries.size();
  if (Clock::now() - work.published > kPublishEvery) {
    publish(work);
    work.published = Clock::now();
  }
  return true;
}

}  // namespace unveil
