#pragma once
#include <memory>
#include <vector>

#include "engine/models/model.h"
#include "engine/models/pixelcnn/network.h"
#include "engine/models/pixelcnn/sampler.h"

namespace unveil::pixelcnn {

// Exact nats of pictures under a network: one forward pass over all pixels at once, `batch` pictures at a time.
class Scorer {
 public:
  Scorer(ParameterStore& store, const Architecture& architecture, int batch, int height, int width, bool averaged);
  int batch() const { return batch_; }
  // pictures: `batch` of them, [batch][height·width] of 0 and 1; labels as many (ignored when unconditional).
  void run(std::span<const float> pictures, std::span<const std::uint32_t> labels);
  std::vector<float> nats() const;            // per picture
  std::vector<float> nats_of_pixels() const;  // [batch][height·width]
  Program& program() { return *program_; }

 private:
  int batch_;
  Graph graph_;
  Tensor pictures_, labels_, items_, elements_;
  std::unique_ptr<Program> program_;
};

// mean |d logit(row, column) / d x| over random pictures: which pixels the prediction at one pixel really looks at.
class ReceptiveField {
 public:
  ReceptiveField(ParameterStore& store, const Architecture& architecture, int pictures, int height, int width);
  // Pictures are random bits, a function of the seed. Returns [height·width].
  std::vector<float> measure(int row, int column, std::uint64_t seed);
  int pictures() const { return pictures_; }

 private:
  int pictures_, height_, width_;
  Graph graph_;
  Tensor images_, labels_, seed_, gradient_;
  std::unique_ptr<Program> program_;
};

// A built PixelCNN. The exhibit uses what is beyond BuiltModel.
class BuiltPixelCnn : public BuiltModel {
 public:
  explicit BuiltPixelCnn(const ModelContext& context);
  Program& train_step() override { return *train_; }
  int batch_size() const override { return batch_; }
  KernelGeometry kernels_of(const std::string& parameter) const override {
    return {.taps = pixelcnn::taps_of(architecture_, parameter)};
  }
  Metrics evaluate(int split, int limit, const OptionValues& options, const Progress& progress) override;
  SampleResult sample(int count, std::uint64_t seed, const OptionValues& options, bool animated,
                      const Progress& progress) override;

  int held_out_items() const override;
  int held_out(int first, int count, double& sum) override;

  // Drawing 64 pictures, beside evaluating them whole once a pixel.
  std::vector<BenchResult> bench(int repeats) override;

  const Architecture& architecture() const { return architecture_; }
  int height() const { return height_; }
  int width() const { return width_; }
  bool averaged() const { return averaged_; }
  ParameterStore& store() { return store_; }
  // Held-out (split 1) or training (0) pictures in the fixed binarization, as 0 and 1: made once.
  const std::vector<std::uint8_t>& binarized(int split);

 private:
  const ModelContext context_;
  ParameterStore& store_;
  Architecture architecture_;
  int height_, width_, batch_;
  bool averaged_;
  Graph graph_;
  std::unique_ptr<Program> train_;
  std::unique_ptr<Scorer> scorer_, held_out_scorer_;
  std::vector<std::uint8_t> binarized_[2];
};

}  // namespace unveil::pixelcnn
