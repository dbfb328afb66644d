#pragma once
#include <atomic>
#include <memory>
#include <vector>

#include "app/exhibits/sparse/tab.h"

namespace unveil {

// A scene coded patch by patch, as far as it has come.
struct PictureFrame {
  std::shared_ptr<const ChosenScene> scene;
  std::vector<float> reconstruction;  // [height][width], prepared values; NaN where no patch was coded yet
  std::vector<float> restored;        // [height][width], grey; empty unless asked for and the pass is through
  double lambda = 0, snr_db = 0, l0 = 0;
  double share = 0;  // of all passes, 0 to 1
  int stride = 0;    // of the present pass, pixels
  std::uint64_t step = 0;
};
using PictureMail = Mailbox<std::shared_ptr<const PictureFrame>>;

// Codes a scene in two passes: patches side by side, then, where `fine`, overlapping by half, which are averaged.
class PictureJob : public TrainerJob {
 public:
  PictureJob(SceneChoice choice, double lambda, bool fine, bool restore, std::shared_ptr<PictureMail> mailbox,
             std::function<void()> wake)
      : choice_(std::move(choice)),
        fine_(fine),
        restore_(restore),
        mailbox_(std::move(mailbox)),
        wake_(std::move(wake)) {
    frame_.lambda = lambda;
  }
  bool advance(Run& run) override;
  void cancelled() override { ended_ = true; }
  void stop() { stopped_ = true; }
  bool ended() const { return ended_; }

 private:
  struct Place {
    int y, x;
  };
  void begin(Run& run);
  void begin_pass(int stride, int size);
  void publish(const sparse::BuiltSparse& model, bool pass_ended);
  const SceneChoice choice_;
  const bool fine_, restore_;
  PictureFrame frame_;
  std::vector<Place> places_;
  std::size_t next_ = 0, all_ = 0, coded_ = 0;
  std::vector<double> sum_;   // [height][width]
  std::vector<int> covered_;  // [height][width]: patches
  double active_ = 0;
  std::size_t counted_ = 0;  // patches that active_ is of
  double published_ = 0;
  std::shared_ptr<PictureMail> mailbox_;
  std::function<void()> wake_;
  std::atomic<bool> stopped_ = false, ended_ = false;
};

// λ against the number of active atoms and the signal-to-noise ratio, on held-out patches.
struct PriceCurve {
  static constexpr int kPoints = 13, kPatches = 192;
  static constexpr double kLowest = 0.1, kHighest = 10;  // λ
  static double lambda(int point);
  static double position(double lambda);  // 0..1 between the two, logarithmic

  std::uint64_t build = 0, step = 0;
  std::vector<double> l0, snr_db;  // as many as are done
};
// From the greatest λ, which is the quickest, to the smallest; a point in a few slices.
class PriceJob : public TrainerJob {
 public:
  using Mail = Mailbox<std::shared_ptr<const PriceCurve>>;
  PriceJob(std::uint64_t build, std::shared_ptr<Mail> mailbox, std::function<void()> wake)
      : mailbox_(std::move(mailbox)), wake_(std::move(wake)) {
    curve_.build = build;
  }
  bool advance(Run& run) override;
  void cancelled() override { ended_ = true; }
  bool ended() const { return ended_; }

 private:
  PriceCurve curve_;
  std::vector<float> patches_;
  sparse::Dictionary dictionary_;
  std::size_t next_ = 0;                        // patch, at the present λ
  double signal_ = 0, error_ = 0, active_ = 0;  // of those before it
  std::shared_ptr<Mail> mailbox_;
  std::function<void()> wake_;
  std::atomic<bool> ended_ = false;
};

}  // namespace unveil
