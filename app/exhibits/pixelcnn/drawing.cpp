#include "app/exhibits/pixelcnn/drawing.h"

#include <algorithm>
#include <cmath>

#include "engine/models/pixelcnn/model.h"

namespace unveil::pixelcnn {
namespace {

using Clock = std::chrono::steady_clock;
constexpr double kSlice = 0.008;       // seconds of a slice
constexpr double kSubmission = 0.003;  // seconds that one submission may take
constexpr auto kPublishEvery = std::chrono::milliseconds(60);

double since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

void resize(Drawing& d) {
  const std::size_t size = static_cast<std::size_t>(d.count) * static_cast<std::size_t>(d.pixels());
  d.canvas.assign(size, 0);
  d.probabilities.assign(size, 0.5f);
  d.given.assign(size, -1);
  d.labels.assign(static_cast<std::size_t>(d.count), 0);
}

}  // namespace

double Drawing::bits(int picture, int pixel) const {
  const double p = probabilities[at(picture, pixel)];
  return -std::log2(std::clamp(ink(picture, pixel) ? p : 1 - p, 1e-7, 1.0));
}

Drawing fresh_request(std::uint64_t seed, int count, int height, int width, int classes, int label,
                      float temperature) {
  Drawing d{.count = count, .height = height, .width = width, .temperature = temperature, .seed = seed};
  resize(d);
  d.uniforms = uniform_numbers(seed, count, d.pixels());
  for (int i = 0; i < count; ++i)
    d.labels[static_cast<std::size_t>(i)] = static_cast<std::uint32_t>(label >= 0 ? label : i % std::max(1, classes));
  return d;
}

Drawing fork_request(const Drawing& from, int picture, int pixel, int count, std::uint64_t seed) {
  Drawing d{.count = count, .height = from.height, .width = from.width, .temperature = from.temperature};
  d.seed = from.seed;
  d.fork_pixel = pixel;
  resize(d);
  d.uniforms = uniform_numbers(seed, count, d.pixels());
  for (int i = 0; i < count; ++i) {
    const int kept = i < 2 ? d.pixels() : pixel + 1;
    const auto copy = [&](const std::vector<float>& source, std::vector<float>& target, int length) {
      std::copy_n(source.begin() + static_cast<std::ptrdiff_t>(from.at(picture, 0)), length,
                  target.begin() + static_cast<std::ptrdiff_t>(d.at(i, 0)));
    };
    copy(from.uniforms, d.uniforms, kept);
    copy(from.canvas, d.canvas, pixel);
    copy(from.probabilities, d.probabilities, pixel);
    copy(from.given, d.given, pixel);
    d.labels[static_cast<std::size_t>(i)] = from.labels[static_cast<std::size_t>(picture)];
    if (i > 0) d.given[d.at(i, pixel)] = from.ink(picture, pixel) ? 0.0f : 1.0f;
  }
  return d;
}

DrawingJob::DrawingJob(Drawing request, std::shared_ptr<const Drawing> fork_of, int fork_picture)
    : drawing_(std::move(request)), fork_of_(std::move(fork_of)), fork_picture_(fork_picture) {
  next_ = std::max(0, drawing_.fork_pixel);
}

bool DrawingJob::advance(Run& run) {
  const auto began = Clock::now();
  auto& built = static_cast<BuiltPixelCnn&>(run.built());
  // A request made for a model that is gone meanwhile.
  if (stop_ || built.height() != drawing_.height || built.width() != drawing_.width) {
    ended_ = true;
    return false;
  }
  auto& sampler = run.attached<Sampler>("drawing " + std::to_string(drawing_.count), [&] {
    return std::make_unique<Sampler>(built.store(), built.architecture(), drawing_.count, drawing_.height,
                                     drawing_.width, built.averaged());
  });
  if (!begun_) {
    begun_ = true;
    drawing_.step = run.steps();
    sampler.set_uniforms(drawing_.uniforms);
    sampler.set_given(drawing_.given);
    sampler.set_labels(drawing_.labels);
    sampler.set_temperature(drawing_.temperature);
    if (next_ > 0)
      sampler.begin_at(drawing_.canvas);
    else
      sampler.begin();
  }
  while (next_ < drawing_.pixels() && since(began) < kSlice) {
    const auto start = Clock::now();
    const int last = std::min(next_ + at_once_, drawing_.pixels());
    sampler.draw(next_, last);
    next_ = last;
    const double took = since(start);
    if (took < kSubmission * 0.5) at_once_ = std::min(64, at_once_ * 2);
    if (took > kSubmission) at_once_ = std::max(1, at_once_ / 2);
  }
  seconds_ = seconds_ + since(began);
  const bool done = next_ >= drawing_.pixels();
  if (done || Clock::now() - published_ > kPublishEvery) publish(sampler);
  if (done) ended_ = true;
  return !done;
}

void DrawingJob::publish(const Sampler& sampler) {
  published_ = Clock::now();
  drawing_.canvas = sampler.canvas();
  const auto probabilities = sampler.probabilities();
  const int first = std::max(0, drawing_.fork_pixel);
  for (int i = 0; i < drawing_.count; ++i)
    for (int k = first; k < next_; ++k) drawing_.probabilities[drawing_.at(i, k)] = probabilities[drawing_.at(i, k)];
  // The picture before the fork stays what it was, also where training went on meanwhile.
  if (fork_of_) {
    const auto keep = [&](const std::vector<float>& source, std::vector<float>& target) {
      std::copy_n(source.begin() + static_cast<std::ptrdiff_t>(fork_of_->at(fork_picture_, 0)), drawing_.pixels(),
                  target.begin());
    };
    keep(fork_of_->canvas, drawing_.canvas);
    keep(fork_of_->probabilities, drawing_.probabilities);
    keep(fork_of_->given, drawing_.given);
  }
  drawing_.reached = next_;
  auto copy = std::make_shared<const Drawing>(drawing_);
  std::scoped_lock lock(mutex_);
  result_ = std::move(copy);
}

std::shared_ptr<const Drawing> DrawingJob::result() const {
  std::scoped_lock lock(mutex_);
  return result_;
}

}  // namespace unveil::pixelcnn
