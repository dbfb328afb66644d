#include "app/exhibits/pixelcnn/held_out.h"

#include <algorithm>

#include "engine/models/pixelcnn/model.h"

namespace unveil::pixelcnn {
namespace {

// Pictures of a slice: as many as keep it near ten milliseconds, judged by the weights that each pixel meets.
int slice_of(const Architecture& architecture) {
  const int weights = architecture.hidden * architecture.hidden * architecture.blocks * (architecture.gated ? 4 : 1);
  return std::clamp(6400 / std::max(1, weights), 1, 20);
}

}  // namespace

bool HeldOutJob::advance(Run& run) {
  auto& built = static_cast<BuiltPixelCnn&>(run.built());
  const auto& set = run.data().test;
  const int count = std::min(set.count, kPictures), pixels = built.height() * built.width();
  const int batch = slice_of(built.architecture());
  if (count == 0) {
    ended_ = true;
    return false;
  }
  if (next_ == 0) step_ = static_cast<double>(run.steps());
  auto& scorer = run.attached<Scorer>("held-out", [&] {
    return std::make_unique<Scorer>(built.store(), built.architecture(), batch, built.height(), built.width(),
                                    built.averaged());
  });
  const auto& bits = built.binarized(1);
  const int here = std::min(batch, count - next_);
  std::vector<float> pictures(static_cast<std::size_t>(batch * pixels));
  std::copy_n(bits.begin() + static_cast<std::ptrdiff_t>(next_) * pixels, here * pixels, pictures.begin());
  std::vector<std::uint32_t> labels(static_cast<std::size_t>(batch));
  if (built.architecture().classes > 0) std::copy_n(set.labels.begin() + next_, here, labels.begin());
  scorer.run(pictures, labels);
  const auto nats = scorer.nats();
  for (int i = 0; i < here; ++i) total_ += nats[static_cast<std::size_t>(i)];
  next_ += here;
  if (next_ < count) return true;
  {
    std::scoped_lock lock(mutex_);
    result_ = {total_ / count, count, step_};
  }
  ended_ = true;
  return false;
}

HeldOutJob::Result HeldOutJob::result() const {
  std::scoped_lock lock(mutex_);
  return result_;
}

}  // namespace unveil::pixelcnn
