#pragma once
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "app/exhibit/mailbox.h"
#include "engine/models/pixelcnn/network.h"
#include "engine/train/trainer.h"

namespace unveil {

// What the prediction at one pixel can see, pixel by pixel.
enum class Sight : std::uint8_t {
  itself,
  after,   // drawn later: nothing may come from there
  inside,  // within the analytic reach
  beyond,  // more layers would reach it
  blind    // before the pixel, and no number of layers would reach it
};

// [height·width]. A leaking mask puts the pixel itself inside its reach: it stays `itself`.
std::vector<Sight> sight_of(const pixelcnn::Architecture& architecture, int height, int width, int row, int column);

struct FieldMeasurement {
  int row = 0, column = 0;
  std::vector<float> mean;  // |d logit / d x| over the inputs, [height·width]
  int inputs = 0;
  std::uint64_t step = 0;
  double seconds = 0;  // spent measuring
  bool done = false;
};

// Measures a receptive field with the present weights, a few random inputs a slice.
class FieldJob : public TrainerJob {
 public:
  static constexpr int kInputs = 96;  // in the end

  FieldJob(int row, int column, std::shared_ptr<Mailbox<FieldMeasurement>> mailbox, std::function<void()> wake);
  bool advance(Run& run) override;
  void stop() { stopped_ = true; }

 private:
  FieldMeasurement measured_;
  std::shared_ptr<Mailbox<FieldMeasurement>> mailbox_;
  std::function<void()> wake_;
  std::atomic<bool> stopped_ = false;
};

}  // namespace unveil
