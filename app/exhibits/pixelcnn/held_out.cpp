#include "app/exhibits/pixelcnn/held_out.h"

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

int HeldOutNats::count(Run& run) {
  return std::min(run.data().test.count, kPictures);
}

int HeldOutNats::evaluate(Run& run, int first, int count, double& sum) {
  auto& built = static_cast<BuiltPixelCnn&>(run.built());
  const int pixels = built.height() * built.width(), batch = slice_of(built.architecture());
  auto& scorer = run.attached<Scorer>("held-out", [&] {
    return std::make_unique<Scorer>(built.store(), built.architecture(), batch, built.height(), built.width(),
                                    built.averaged());
  });
  const auto& bits = built.binarized(1);
  const int here = std::min(batch, count - first);
  std::vector<float> pictures(static_cast<std::size_t>(batch * pixels));
  std::copy_n(bits.begin() + static_cast<std::ptrdiff_t>(first) * pixels, here * pixels, pictures.begin());
  std::vector<std::uint32_t> labels(static_cast<std::size_t>(batch));
  if (built.architecture().classes > 0) std::copy_n(run.data().test.labels.begin() + first, here, labels.begin());
  scorer.run(pictures, labels);
  const auto nats = scorer.nats();
  for (int i = 0; i < here; ++i) sum += nats[static_cast<std::size_t>(i)];
  return here;
}

}  // namespace unveil::pixelcnn
