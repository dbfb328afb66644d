#pragma once
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "app/exhibit/mailbox.h"
#include "app/tsne/points.h"
#include "engine/train/trainer.h"
#include "engine/tsne/metrics.h"
#include "engine/tsne/tsne.h"

namespace unveil {

// What the window wants of the map; counters tell how often something was asked for.
struct TsneRequest {
  std::string code;  // empty: pixels
  int split = 1, count = 3000;
  TsneOptions options;
  bool playing = true;
  std::uint64_t refreshes = 0;  // codes anew, by the present weights
  std::uint64_t restarts = 0, kicks = 0;
  std::uint64_t more = 0;  // iterations beyond the goal
  std::uint64_t taken = 0;
  std::vector<LayoutPoint> taken_layout;  // of the last time: go on from there
};

// The map as it was a moment ago. Never changed once it is published.
struct TsneMap {
  std::shared_ptr<const TsnePoints> points;  // null before the first are there
  std::vector<LayoutPoint> layout;           // [points->count], or empty before the first is prepared
  TsneOptions options;                       // as used: the perplexity fits the number of points
  int iteration = 0;
  std::vector<double> iterations, kl;  // the curve, one length
  TsneQuality quality;
  int quality_iteration = -1;      // of that; negative: not measured yet
  std::uint64_t quality_step = 0;  // of training, of the codes that it was measured on
  std::string doing;               // "encoding"; empty: iterating or at rest
  double share = 0;                // of it, 0 to 1
  bool resting = false;            // nothing is done until something is asked for
  std::string problem;             // why there is no map; empty: none
  std::uint64_t refreshes = 0;     // answered
  double refresh_ms = 0;           // the trainer's time that the last one took
};

// Between the window's thread and the trainer's.
struct TsneChannel {
  std::mutex mutex;
  TsneRequest request;
  std::uint64_t serial = 0;                // of the request
  std::atomic<std::uint64_t> handled = 0;  // the serial that the last job ended with
  std::atomic<bool> looked_at = false;
  Mailbox<std::shared_ptr<const TsneMap>> maps;
};

// Gathers points and lays them out in slices. Ends when there is nothing left to do, or when nobody looks; the layout
// stays with the run, and the next job goes on from there.
class TsneJob : public TrainerJob {
 public:
  TsneJob(std::shared_ptr<TsneChannel> channel, std::function<void()> wake)
      : channel_(std::move(channel)), wake_(std::move(wake)) {}
  bool advance(Run& run) override;
  void cancelled() override { ended_ = true; }
  bool ended() const { return ended_; }

 private:
  std::shared_ptr<TsneChannel> channel_;
  std::function<void()> wake_;
  std::uint64_t taken_ = ~std::uint64_t{0};  // the serial of the request that is worked on
  std::atomic<bool> ended_ = false;
};

// The perplexity that so many points allow.
double fitting_perplexity(double perplexity, int count);

}  // namespace unveil
