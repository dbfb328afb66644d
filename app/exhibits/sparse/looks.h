#pragma once
#include <atomic>
#include <cstdint>
#include <functional>
#include <future>
#include <memory>
#include <vector>

#include "app/exhibit/mailbox.h"
#include "engine/models/sparse/model.h"
#include "engine/train/trainer.h"

// What the trainer's thread tells of a sparse coding model, each look taken in slices.
namespace unveil {

// A solver for slices of work: few patches at a time, so that training and the hand do not wait.

// Tells the window when it is finished, or when its model went away.
template <class Result>
class LookJob : public TrainerJob {
 public:
  using Mail = Mailbox<std::shared_ptr<const Result>>;
  LookJob(std::uint64_t build, std::shared_ptr<Mail> mailbox, std::function<void()> wake)
      : build_(build), mailbox_(std::move(mailbox)), wake_(std::move(wake)) {}
  bool advance(Run& run) final {
    if (look(run)) return true;
    mailbox_->put(std::move(result_));
    ended_ = true;
    wake_();
    return false;
  }
  void cancelled() final { ended_ = true; }
  bool ended() const { return ended_; }

 protected:
  virtual bool look(Run& run) = 0;  // one slice; false when the result is whole
  const std::uint64_t build_;
  std::shared_ptr<Result> result_ = std::make_shared<Result>();

 private:
  std::shared_ptr<Mail> mailbox_;
  std::function<void()> wake_;
  std::atomic<bool> ended_ = false;
};

// The atoms and what is known of each, at one time.
struct AtomSheet {
  std::uint64_t build = 0, step = 0;
  sparse::Dictionary dictionary;
  sparse::AtomStates states;
  std::vector<float> norms;     // [K]
  std::vector<float> restored;  // [K][P]: as pieces of pictures; empty where nobody asked
  sparse::Inference inference;  // what the knobs said
  int chosen = -1;              // an atom, and its fit
  sparse::Gabor gabor;
};
class SheetJob : public LookJob<AtomSheet> {
 public:
  SheetJob(std::uint64_t build, int chosen, bool restore, std::shared_ptr<Mail> mailbox, std::function<void()> wake)
      : LookJob(build, std::move(mailbox), std::move(wake)), chosen_(chosen), restore_(restore) {}

 protected:
  bool look(Run& run) override;

 private:
  int chosen_;
  bool restore_;
  int next_ = 0;
};

// Gabor functions fitted to the atoms.
struct AtomFits {
  std::uint64_t build = 0, step = 0;
  std::vector<sparse::Gabor> gabors;  // [K]
  double good = 0;                    // share that is Gabor-like
  double seconds = 0;                 // spent
};
class FitJob : public LookJob<AtomFits> {
 public:
  using LookJob::LookJob;

 protected:
  bool look(Run& run) override;

 private:
  sparse::Dictionary dictionary_;
};

// Held-out patches (training ones, where none are held out) that use each atom most.
struct Survey {
  static constexpr int kPatches = 1024, kBest = 12;
  struct Entry {
    int patch = 0;
    float coefficient = 0;
  };
  std::uint64_t build = 0, step = 0;
  bool held_out = true;
  std::vector<std::vector<Entry>> best;  // [K], strongest first, at most kBest
  std::vector<float> prepared, grey;     // [kPatches][P]: as the model sees them; cut from the picture, 0..1
  double snr_db = 0, l0 = 0;             // of all patches
  int used = 0;                          // atoms that any patch uses
  double seconds = 0;                    // spent
};
class SurveyJob : public LookJob<Survey> {
 public:
  using LookJob::LookJob;

 protected:
  bool look(Run& run) override;

 private:
  double signal_ = 0, error_ = 0, active_ = 0;
  int next_ = 0;
};

// Principal components of the same kind of patches, not whitened.
struct Components {
  std::uint64_t build = 0;
  sparse::Pca pca;
  std::vector<sparse::Gabor> gabors;  // [P]
  double good = 0;                    // share that is Gabor-like
  double total = 0;                   // variance
  int count = 0;                      // components that have any
  std::vector<double> snr_db;         // with 0, 1, … count - 1 components, of training patches
};
class ComponentsJob : public LookJob<Components> {
 public:
  using LookJob::LookJob;

 protected:
  bool look(Run& run) override;

 private:
  std::future<sparse::Pca> pca_;  // on a thread of its own: it takes too long between two steps of training
};

}  // namespace unveil
