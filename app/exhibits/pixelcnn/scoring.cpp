#include "app/exhibits/pixelcnn/scoring.h"

#include <algorithm>
#include <chrono>
#include <numbers>
#include <numeric>

#include "engine/models/pixelcnn/model.h"

namespace unveil {
namespace {

constexpr int kAtOnce = 8;

}  // namespace

ScoringJob::ScoringJob(int of_class, std::uint64_t build, std::shared_ptr<Mailbox<ScoredPictures>> mailbox,
                       std::function<void()> wake)
    : of_class_(of_class), mailbox_(std::move(mailbox)), wake_(std::move(wake)) {
  scored_.build = build;
}

void ScoringJob::choose(const ImageSet& set) {
  for (int i = 0; i < set.count && static_cast<int>(queue_.size()) < kPictures; ++i) {
    if (of_class_ >= 0 && (set.labels.empty() || set.labels[static_cast<std::size_t>(i)] != of_class_)) continue;
    queue_.push_back(i);
  }
  scored_.wanted = static_cast<int>(queue_.size());
  chosen_ = true;
}

bool ScoringJob::advance(Run& run) {
  if (stopped_) return false;
  const auto began = std::chrono::steady_clock::now();
  auto& model = static_cast<pixelcnn::BuiltPixelCnn&>(run.built());
  const ImageSet& set = run.data().test;
  if (!chosen_) choose(set), scored_.step = run.steps();
  const std::size_t pixels = static_cast<std::size_t>(model.height() * model.width());
  const auto first = static_cast<std::size_t>(scored_.count());
  const std::size_t here = std::min<std::size_t>(kAtOnce, queue_.size() - first);
  if (here > 0) {
    auto& scorer = run.attached<pixelcnn::Scorer>("bits", [&] {
      return std::make_unique<pixelcnn::Scorer>(model.store(), model.architecture(), kAtOnce, model.height(),
                                                model.width(), model.averaged());
    });
    const auto& all = model.binarized(1);
    std::vector<float> pictures(kAtOnce * pixels);
    std::vector<std::uint32_t> labels(kAtOnce);
    for (std::size_t n = 0; n < here; ++n) {
      const int index = queue_[first + n];
      const auto from = all.begin() + static_cast<std::ptrdiff_t>(index) * static_cast<std::ptrdiff_t>(pixels);
      std::copy_n(from, pixels, pictures.begin() + static_cast<std::ptrdiff_t>(n * pixels));
      scored_.bits.insert(scored_.bits.end(), from, from + static_cast<std::ptrdiff_t>(pixels));
      scored_.indices.push_back(index);
      const int label = set.labels.empty() ? -1 : set.labels[static_cast<std::size_t>(index)];
      scored_.labels.push_back(label);
      labels[n] = static_cast<std::uint32_t>(std::max(label, 0));
    }
    scorer.run(pictures, labels);
    const auto nats = scorer.nats(), nats_of_pixels = scorer.nats_of_pixels();
    scored_.nats.insert(scored_.nats.end(), nats.begin(), nats.begin() + static_cast<std::ptrdiff_t>(here));
    for (std::size_t i = 0; i < here * pixels; ++i)
      scored_.costs.push_back(nats_of_pixels[i] / static_cast<float>(std::numbers::ln2));
  }
  scored_.seconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  scored_.done = scored_.count() == scored_.wanted;
  // Copies of a growing table: only some of them are worth it.
  if (scored_.done || scored_.count() % (8 * kAtOnce) == kAtOnce) {
    mailbox_->put(scored_);
    wake_();
  }
  return !scored_.done;
}

std::vector<int> ordered(const ScoredPictures& scored, Order order) {
  std::vector<int> indices(static_cast<std::size_t>(scored.count()));
  std::iota(indices.begin(), indices.end(), 0);
  const auto nats = [&](int i) { return scored.nats[static_cast<std::size_t>(i)]; };
  if (order == Order::most_surprising)
    std::stable_sort(indices.begin(), indices.end(), [&](int a, int b) { return nats(a) > nats(b); });
  if (order == Order::least_surprising)
    std::stable_sort(indices.begin(), indices.end(), [&](int a, int b) { return nats(a) < nats(b); });
  return indices;
}

}  // namespace unveil
