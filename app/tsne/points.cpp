#include "app/tsne/points.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "engine/error.h"
#include "engine/models/model.h"
#include "engine/tsne/pca.h"
#include "engine/tsne/tsne.h"

namespace unveil {
namespace {

using Clock = std::chrono::steady_clock;
constexpr double kSliceMs = 8;
constexpr std::size_t kItemsAtOnce = 64;
constexpr double kCodedShare = 0.7;  // of the time, roughly

bool within_slice(Clock::time_point began) {
  return std::chrono::duration<double, std::milli>(Clock::now() - began).count() < kSliceMs;
}

}  // namespace

std::vector<int> spread_items(int available, int wanted) {
  const int count = std::min(available, wanted);
  std::vector<int> items(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i)
    items[static_cast<std::size_t>(i)] = static_cast<int>(static_cast<std::int64_t>(i) * available / count);
  return items;
}

std::vector<CodeLabels> item_labels(const Dataset& data, int split, std::span<const int> items) {
  std::vector<CodeLabels> all;
  if (data.kind == DataKind::pictures) {
    const ImageSet& set = split == 0 ? data.train : data.test;
    all = code_labels(data, split, set.count);
    for (auto& labels : all) {
      std::vector<std::uint8_t> chosen;
      for (const int item : items) chosen.push_back(labels.values[static_cast<std::size_t>(item)]);
      labels.values = std::move(chosen);
    }
  }
  if (data.kind == DataKind::sounds) {
    const auto& recordings = split == 0 ? data.train_recordings : data.test_recordings;
    for (std::size_t k = 0; k < data.label_kinds.size(); ++k) {
      CodeLabels labels{data.label_kinds[k].name, data.label_kinds[k].classes, {}};
      for (const int item : items) labels.values.push_back(recordings[static_cast<std::size_t>(item)].labels[k]);
      all.push_back(std::move(labels));
    }
  }
  return all;
}

PointsGatherer::PointsGatherer(Run& run, std::string code, int split, int count) {
  auto& p = *points_;
  const auto& data = run.data();
  p.code = std::move(code), p.split = split;
  p.step = run.steps(), p.seed = run.seed();
  const int own = p.code.empty() ? -1 : run.built().coded_items(split);
  p.available = own >= 0 ? own : split == 0 ? data.train_count() : data.test_count();
  if (p.available == 0)
    throw Error(
        fmt::format("'{}' has no {} {}", data.spec, split == 0 ? "training" : "held-out", items_name(data.kind)));
  p.items = spread_items(p.available, std::min(count, kTsneLargest));
  p.count = static_cast<int>(p.items.size());
}

void PointsGatherer::encode(Run& run) {
  auto& p = *points_;
  const auto began = Clock::now();
  do {
    const auto all = std::span<const int>(p.items);
    const auto here = all.subspan(encoded_, std::min(kItemsAtOnce, all.size() - encoded_));
    auto codes = run.built().encode_items(p.code, p.split, here);
    if (codes.count == 0) {
      codes = run.built().encode(p.code, p.split, p.count, [](double) { return true; });
      p.count = codes.count;
      p.items = codes.count <= p.available ? spread_items(codes.count, codes.count) : std::vector<int>{};
    }
    p.dimensions = codes.dimensions;
    p.picture_side = codes.picture_side;
    p.values.insert(p.values.end(), codes.values.begin(), codes.values.end());
    p.pictures.insert(p.pictures.end(), codes.pictures.begin(), codes.pictures.end());
    if (p.labels.empty()) p.labels.resize(codes.labels.size());
    for (std::size_t k = 0; k < codes.labels.size(); ++k) {
      auto& labels = p.labels[k];
      labels.name = codes.labels[k].name, labels.classes = codes.labels[k].classes;
      labels.values.insert(labels.values.end(), codes.labels[k].values.begin(), codes.labels[k].values.end());
    }
    encoded_ += static_cast<std::size_t>(codes.count);
    coded_ = encoded_ >= static_cast<std::size_t>(p.count);
  } while (!coded_ && within_slice(began));
  if (!coded_) return;
  p.count = static_cast<int>(encoded_);
  if (p.labels.empty() && p.picture_side == 0 && !p.items.empty())
    p.labels = item_labels(run.data(), p.split, p.items);
}

void PointsGatherer::gather_pixels(Run& run) {
  auto& p = *points_;
  if (!components_.valid()) {
    const ImageSet& set = p.split == 0 ? run.data().train : run.data().test;
    const int size = set.height * set.width * set.channels;
    p.dimensions = std::min({kPixelComponents, size, p.count});
    components_ = std::async(
        std::launch::async, [data = run.shared_data(), &set, size, items = p.items, components = p.dimensions] {
          std::vector<float> values;
          values.reserve(items.size() * static_cast<std::size_t>(size));
          for (const int item : items) {
            const auto* pixels = &set.pixels[static_cast<std::size_t>(item) * static_cast<std::size_t>(size)];
            for (int i = 0; i < size; ++i) values.push_back(static_cast<float>(pixels[i]) / 255.0f);
          }
          if (components == size) return values;
          return principal_components(values, static_cast<int>(items.size()), size, components);
        });
    p.labels = item_labels(run.data(), p.split, p.items);
  }
  if (components_.wait_for(std::chrono::milliseconds(2)) != std::future_status::ready) return;
  p.values = components_.get();
  coded_ = true;
}

bool PointsGatherer::advance(Run& run) {
  auto& p = *points_;
  if (!coded_) {
    p.code.empty() ? gather_pixels(run) : encode(run);
    return true;
  }
  if (p.count < kTsneSmallest) throw Error(fmt::format("{} points; t-SNE needs {} at least", p.count, kTsneSmallest));
  if (!search_) search_ = std::make_unique<NeighbourSearch>(run.device(), p.values, p.count, p.dimensions);
  const auto began = Clock::now();
  do {
    search_->search(slice_++, std::min(kShownNeighbours, p.count - 1), p.neighbours);
  } while (slice_ < search_->slices() && within_slice(began));
  if (slice_ < search_->slices()) return true;
  search_.reset();
  return false;
}

double PointsGatherer::share() const {
  if (!points_ || points_->count == 0) return 0;
  if (!coded_) return kCodedShare * static_cast<double>(encoded_) / points_->count;
  return kCodedShare + (search_ ? (1 - kCodedShare) * slice_ / search_->slices() : 0);
}

}  // namespace unveil
