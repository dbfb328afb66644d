#pragma once
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "app/exhibit/mailbox.h"
#include "app/tsne/points.h"
#include "engine/train/trainer.h"
#include "engine/tsne/metrics.h"
#include "engine/tsne/tsne.h"

namespace unveil {

// One t-SNE of the same points with another perplexity or another start.
struct ComparedMap {
  double perplexity = 30;
  int start = 0;  // 0: the principal components; else random, so many
  std::vector<LayoutPoint> layout;
  int iteration = 0;
  double kl = 0;
  TsneQuality quality;
  bool done = false;  // all iterations made, quality measured
};
struct Comparison {
  std::shared_ptr<const TsnePoints> points;
  std::vector<ComparedMap> maps;
};

constexpr int kComparedIterations = 750, kComparedStarts = 3;
// Three perplexities that so many points allow, rising.
std::vector<double> compared_perplexities(int count);

// Lays the points out with every perplexity from every start, a slice of one map at a time, so that all grow
// together. Layouts are turned and mirrored to lie on `reference` where that has as many points. One at a time for
// each run: a job ends where a later one has begun.
class ComparisonJob : public TrainerJob {
 public:
  ComparisonJob(std::shared_ptr<const TsnePoints> points, const TsneOptions& options,
                std::vector<LayoutPoint> reference,
                std::shared_ptr<Mailbox<std::shared_ptr<const Comparison>>> mailbox, std::function<void()> wake);
  ~ComparisonJob() override;
  bool advance(Run& run) override;
  void cancelled() override { ended_ = true; }
  void stop() { stopped_ = true; }
  bool ended() const { return ended_; }
  const std::shared_ptr<const TsnePoints>& points() const { return points_; }

 private:
  struct Work;
  void publish(const Work& work);

  const std::shared_ptr<const TsnePoints> points_;
  const TsneOptions options_;
  const std::vector<LayoutPoint> reference_;
  std::shared_ptr<Mailbox<std::shared_ptr<const Comparison>>> mailbox_;
  std::function<void()> wake_;
  bool begun_ = false;
  std::atomic<bool> ended_ = false, stopped_ = false;
};

}  // namespace unveil
