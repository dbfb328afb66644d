#pragma once
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "app/exhibit/mailbox.h"
#include "engine/train/trainer.h"

namespace unveil {

// Held-out pictures with the bits that each of their pixels costs under the model.
struct ScoredPictures {
  std::vector<int> indices;        // into the held-out set
  std::vector<int> labels;         // of as many; -1: none
  std::vector<std::uint8_t> bits;  // [pictures][height·width], the pictures
  std::vector<float> costs;        // [pictures][height·width]: −log2 p(x_i | x_<i)
  std::vector<float> nats;         // per picture
  std::uint64_t step = 0, build = 0;
  double seconds = 0;  // spent
  bool done = false;
  int wanted = 0;  // pictures there will be

  int count() const { return static_cast<int>(indices.size()); }
};

// Scores the first held-out pictures (of one class, when it is not negative) with the averaged weights, a few at a
// time. Class-conditional models are told the pictures' own labels.
class ScoringJob : public TrainerJob {
 public:
  static constexpr int kPictures = 256;

  ScoringJob(int of_class, std::uint64_t build, std::shared_ptr<Mailbox<ScoredPictures>> mailbox,
             std::function<void()> wake);
  bool advance(Run& run) override;
  void stop() { stopped_ = true; }

 private:
  void choose(const ImageSet& set);
  int of_class_;
  bool chosen_ = false;
  std::vector<int> queue_;
  ScoredPictures scored_;
  std::shared_ptr<Mailbox<ScoredPictures>> mailbox_;
  std::function<void()> wake_;
  std::atomic<bool> stopped_ = false;
};

// Which of them to show first, by nats of the whole picture.
enum class Order { as_they_come, most_surprising, least_surprising };
std::vector<int> ordered(const ScoredPictures& scored, Order order);

}  // namespace unveil
