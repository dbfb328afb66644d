#include "app/exhibits/pixelcnn/field.h"

#include <chrono>

#include "engine/models/pixelcnn/model.h"

namespace unveil {
namespace {

constexpr int kInputsAtOnce = 8;

}  // namespace

std::vector<Sight> sight_of(const pixelcnn::Architecture& architecture, int height, int width, int row, int column) {
  const auto reach = pixelcnn::analytic_reach(architecture, height, width, row, column);
  // Every layer reaches at least one pixel further: with as many as the picture has rows and columns nothing is
  // missing for want of depth.
  auto deep = architecture;
  deep.blocks = height + width;
  const auto ever = pixelcnn::analytic_reach(deep, height, width, row, column);
  std::vector<Sight> sight(reach.size(), Sight::after);
  const auto here = static_cast<std::size_t>(row * width + column);
  for (std::size_t i = 0; i < sight.size(); ++i) {
    if (i == here) sight[i] = Sight::itself;
    if (i < here) sight[i] = reach[i] ? Sight::inside : ever[i] ? Sight::beyond : Sight::blind;
  }
  return sight;
}

FieldJob::FieldJob(int row, int column, std::shared_ptr<Mailbox<FieldMeasurement>> mailbox,
                   std::function<void()> wake)
    : mailbox_(std::move(mailbox)), wake_(std::move(wake)) {
  measured_.row = row, measured_.column = column;
}

bool FieldJob::advance(Run& run) {
  if (stopped_) return false;
  auto& model = static_cast<pixelcnn::BuiltPixelCnn&>(run.built());
  if (measured_.row >= model.height() || measured_.column >= model.width()) return false;  // asked of an older model
  const auto began = std::chrono::steady_clock::now();
  auto& field = run.attached<pixelcnn::ReceptiveField>("receptive field", [&] {
    return std::make_unique<pixelcnn::ReceptiveField>(model.store(), model.architecture(), kInputsAtOnce,
                                                      model.height(), model.width());
  });
  const auto round = static_cast<std::uint64_t>(measured_.inputs / kInputsAtOnce);
  const auto mean = field.measure(measured_.row, measured_.column, round);
  // The mean of all rounds so far, each of equally many inputs.
  measured_.mean.resize(mean.size());
  const float share = 1.0f / static_cast<float>(round + 1);
  for (std::size_t i = 0; i < mean.size(); ++i) measured_.mean[i] += (mean[i] - measured_.mean[i]) * share;
  measured_.inputs += kInputsAtOnce;
  measured_.step = run.steps();
  measured_.seconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  measured_.done = measured_.inputs >= kInputs;
  mailbox_->put(measured_);
  wake_();
  return !measured_.done;
}

}  // namespace unveil
