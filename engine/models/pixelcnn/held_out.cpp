#include <algorithm>

#include "engine/models/pixelcnn/model.h"

namespace unveil::pixelcnn {
namespace {

constexpr int kPictures = 200;

// Pictures of a slice: as many as keep it near ten milliseconds, judged by the weights that each pixel meets.
int slice_of(const Architecture& architecture) {
  const int weights = architecture.hidden * architecture.hidden * architecture.blocks * (architecture.gated ? 4 : 1);
  return std::clamp(6400 / std::max(1, weights), 1, 20);
}

}  // namespace

int BuiltPixelCnn::held_out_items() const {
  return std::min(context_.data.test.count, kPictures);
}

int BuiltPixelCnn::held_out(int first, int count, double& sum) {
  const int pixels = height_ * width_, batch = slice_of(architecture_);
  if (!held_out_scorer_)
    held_out_scorer_ = std::make_unique<Scorer>(store_, architecture_, batch, height_, width_, averaged_);
  const auto& bits = binarized(1);
  const int here = std::min(batch, count - first);
  std::vector<float> pictures(static_cast<std::size_t>(batch * pixels));
  std::copy_n(bits.begin() + static_cast<std::ptrdiff_t>(first) * pixels, here * pixels, pictures.begin());
  std::vector<std::uint32_t> labels(static_cast<std::size_t>(batch));
  if (architecture_.classes > 0) std::copy_n(context_.data.test.labels.begin() + first, here, labels.begin());
  held_out_scorer_->run(pictures, labels);
  const auto nats = held_out_scorer_->nats();
  for (int i = 0; i < here; ++i) sum += nats[static_cast<std::size_t>(i)];
  return here;
}

}  // namespace unveil::pixelcnn
