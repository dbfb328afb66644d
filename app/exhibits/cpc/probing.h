#pragma once
#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "app/exhibit/mailbox.h"
#include "engine/models/cpc/model.h"
#include "engine/train/trainer.h"

namespace unveil {

// Codes of all recordings, as a probe reads them: training and held-out ones.
struct ProbeFeatures {
  int width = 0;
  std::array<std::vector<float>, 2> rows;  // [recordings][width]
};

// What a linear probe is given: mean contexts of the trained and of the untrained encoder.
struct ProbeMaterial {
  std::uint64_t build = 0, step = 0;
  std::shared_ptr<const Dataset> data;
  cpc::Architecture architecture;
  ProbeFeatures trained;
  std::shared_ptr<const ProbeFeatures> untrained;  // does not change with training
  double seconds = 0;                              // spent on the trainer's thread
};

// Encodes all recordings in slices on the trainer's thread, the untrained encoder's too where they are not known yet.
// While the model trains, its weights change between two slices.
class ProbeJob : public TrainerJob {
 public:
  ProbeJob(std::uint64_t build, std::shared_ptr<const ProbeFeatures> untrained,
           std::shared_ptr<Mailbox<ProbeMaterial>> mailbox, std::function<void()> wake);
  bool advance(Run& run) override;
  void cancelled() override { ended_ = true; }
  bool ended() const { return ended_; }
  double share() const { return share_; }  // done, 0 to 1

 private:
  struct Item {
    int split, index;
    std::size_t samples;
  };
  void begin(Run& run);
  ProbeMaterial material_;
  std::shared_ptr<ProbeFeatures> untrained_;  // being made; null when it is known
  std::vector<Item> order_;                   // of like lengths side by side, which are encoded together
  std::size_t next_ = 0;
  std::shared_ptr<Mailbox<ProbeMaterial>> mailbox_;
  std::function<void()> wake_;
  std::atomic<bool> ended_ = false;
  std::atomic<double> share_ = 0;
};

// Why a report says nothing: too few recordings are held out, or to fit on, for a share of them to mean anything.
// Empty: there are enough, kFewestProbed and two a class.
constexpr int kFewestProbed = 20;
std::string too_few(const cpc::ProbeReport& report);

// The probes' accuracies, one report per label kind of the data, and what does not change with training, to be handed
// in again with the next material of the same build.
struct ProbeResult {
  std::uint64_t build = 0, step = 0;
  std::vector<cpc::ProbeReport> reports;
  double seconds = 0;   // spent, on the trainer's thread and here
  std::string problem;  // why there are no reports; empty: there are
};
// Takes a second or so: not on the window's thread nor on the trainer's. `known`: an earlier result of the same
// build, whose baselines are taken over; may be empty. Throws nothing: what goes wrong is the result's problem.
ProbeResult fit_probes(const ProbeMaterial& material, const ProbeResult& known);

}  // namespace unveil
