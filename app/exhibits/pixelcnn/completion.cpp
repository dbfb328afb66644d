#include "app/exhibits/pixelcnn/completion.h"

#include <algorithm>
#include <chrono>

#include "engine/models/pixelcnn/model.h"

namespace unveil {
namespace {

constexpr auto kSlice = std::chrono::milliseconds(10);
constexpr int kAtOnce = 4;  // pixels drawn between two looks at the clock

std::vector<float> repeated(const std::vector<float>& picture) {
  std::vector<float> all;
  for (int n = 0; n < kCompletions; ++n) all.insert(all.end(), picture.begin(), picture.end());
  return all;
}

int known_prefix(const std::vector<float>& known) {
  return static_cast<int>(std::find_if(known.begin(), known.end(), [](float v) { return v < 0; }) - known.begin());
}

}  // namespace

int unforeseen_pixels(const std::vector<float>& known) {
  return static_cast<int>(
      std::count_if(known.begin() + known_prefix(known), known.end(), [](float v) { return v >= 0; }));
}

CompletionJob::CompletionJob(CompletionRequest request, std::shared_ptr<Mailbox<CompletionFrame>> mailbox,
                             std::function<void()> wake)
    : request_(std::move(request)), mailbox_(std::move(mailbox)), wake_(std::move(wake)) {}

bool CompletionJob::advance(Run& run) {
  if (stopped_) return false;
  auto& model = static_cast<pixelcnn::BuiltPixelCnn&>(run.built());
  auto& sampler = run.attached<pixelcnn::Sampler>("completions", [&] {
    return std::make_unique<pixelcnn::Sampler>(model.store(), model.architecture(), kCompletions, model.height(),
                                               model.width(), model.averaged());
  });
  const int pixels = sampler.pixels();
  if (static_cast<int>(request_.known.size()) != pixels) return false;  // asked of an older model
  if (next_ < 0) {
    first_step_ = run.steps();
    sampler.set_uniforms(pixelcnn::uniform_numbers(request_.seed, kCompletions, pixels));
    sampler.set_given(repeated(request_.known));
    sampler.set_labels(request_.labels);
    next_ = known_prefix(request_.known);
    if (next_ > 0) {
      auto begun = request_.known;
      std::fill(begun.begin() + next_, begun.end(), 0.0f);
      sampler.begin_at(repeated(begun));
    } else {
      sampler.begin();
    }
  }
  const auto until = std::chrono::steady_clock::now() + kSlice;
  while (next_ < pixels && std::chrono::steady_clock::now() < until) {
    const int last = std::min(next_ + kAtOnce, pixels);
    sampler.draw(next_, last);
    next_ = last;
  }
  mailbox_->put({sampler.canvas(), next_, first_step_, run.steps(), next_ == pixels});
  wake_();
  return next_ < pixels;
}

}  // namespace unveil
