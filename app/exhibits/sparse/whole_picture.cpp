#include "app/exhibits/sparse/whole_picture.h"

#include <algorithm>
#include <chrono>
#include <cmath>

namespace unveil {
namespace {

constexpr int kIterations = 60;   // of FISTA: what is left to gain is not visible
constexpr double kPublish = 0.1;  // seconds between two frames

double seconds_now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// Corners along one side: every `stride` pixels, and one that ends at the edge.
std::vector<int> corners(int length, int size, int stride) {
  std::vector<int> all;
  for (int at = 0; at + size < length; at += stride) all.push_back(at);
  all.push_back(length - size);
  return all;
}

}  // namespace

void PictureJob::begin(Run& run) {
  auto& model = static_cast<sparse::BuiltSparse&>(run.built());
  frame_.scene = std::make_shared<ChosenScene>(choose_scene(model, choice_));
  frame_.step = run.steps();
  const auto& scene = frame_.scene->prepared;
  sum_.assign(scene.values.size(), 0);
  covered_.assign(scene.values.size(), 0);
  const int half = std::max(1, model.size() / 2);
  for (const int stride : {model.size(), half})
    if (stride == model.size() || fine_)
      all_ += corners(scene.height, model.size(), stride).size() * corners(scene.width, model.size(), stride).size();
  begin_pass(model.size(), model.size());
}

void PictureJob::begin_pass(int stride, int size) {
  frame_.stride = stride;
  places_.clear();
  next_ = 0;
  for (const int y : corners(frame_.scene->prepared.height, size, stride))
    for (const int x : corners(frame_.scene->prepared.width, size, stride)) places_.push_back({y, x});
}

void PictureJob::publish(const sparse::BuiltSparse& model, bool pass_ended) {
  const auto& scene = frame_.scene->prepared;
  double signal = 0, error = 0;
  frame_.reconstruction.assign(sum_.size(), std::nanf(""));
  for (std::size_t i = 0; i < sum_.size(); ++i) {
    if (covered_[i] == 0) continue;
    const double value = sum_[i] / covered_[i], original = scene.values[i];
    frame_.reconstruction[i] = static_cast<float>(value);
    signal += original * original, error += (original - value) * (original - value);
  }
  frame_.snr_db = signal > 0 && error > 0 ? 10 * std::log10(signal / error) : 0;
  frame_.l0 = counted_ > 0 ? active_ / static_cast<double>(counted_) : 0;
  frame_.share = static_cast<double>(coded_) / static_cast<double>(std::max<std::size_t>(1, all_));
  if (restore_ && pass_ended) {
    sparse::PreparedScene again = scene;
    again.values = frame_.reconstruction;
    frame_.restored = sparse::restore_scene(again, model.preparation()).grey;
  }
  mailbox_->put(std::make_shared<PictureFrame>(frame_));
  published_ = seconds_now();
  wake_();
}

bool PictureJob::advance(Run& run) {
  if (stopped_) return ended_ = true, false;
  auto& model = static_cast<sparse::BuiltSparse&>(run.built());
  if (places_.empty()) begin(run);
  const auto& scene = frame_.scene->prepared;
  const int size = model.size();
  const auto pixels = static_cast<std::size_t>(size * size), atoms = static_cast<std::size_t>(model.atoms());
  const std::size_t count = std::min(places_.size() - next_, static_cast<std::size_t>(sparse::kSlicePatches));
  std::vector<float> patches;
  std::vector<sparse::PatchScale> scales(count);
  for (std::size_t i = 0; i < count; ++i) {
    const auto patch = model.patch(scene, places_[next_ + i].y, places_[next_ + i].x, &scales[i]);
    patches.insert(patches.end(), patch.begin(), patch.end());
  }
  auto inference = model.inference();
  inference.lambda = frame_.lambda;
  inference.solver = sparse::Solver::fista;
  const auto codes =
      static_cast<sparse::BuiltSparse&>(run.built()).slice_solver().run(patches, inference, kIterations);
  const auto dictionary = model.dictionary();
  for (std::size_t i = 0; i < count; ++i) {
    const auto code = std::span(codes).subspan(i * atoms, atoms);
    for (const float a : code) active_ += a != 0;
    const auto piece = model.unprepared(sparse::reconstruct(dictionary, code), scales[i]);
    const auto [y, x] = places_[next_ + i];
    for (std::size_t p = 0; p < pixels; ++p) {
      const std::size_t at =
          (static_cast<std::size_t>(y) + p / static_cast<std::size_t>(size)) * static_cast<std::size_t>(scene.width) +
          static_cast<std::size_t>(x) + p % static_cast<std::size_t>(size);
      sum_[at] += piece[p], ++covered_[at];
    }
  }
  next_ += count, coded_ += count, counted_ += count;
  if (next_ < places_.size()) {
    if (seconds_now() - published_ > kPublish) publish(model, false);
    return true;
  }
  publish(model, true);
  const int half = std::max(1, size / 2);
  if (fine_ && frame_.stride > half) {
    std::fill(sum_.begin(), sum_.end(), 0.0);
    std::fill(covered_.begin(), covered_.end(), 0);
    active_ = 0, counted_ = 0;
    begin_pass(half, size);
    // The coarse picture stays until the fine one is through.
    published_ = HUGE_VAL;
    return true;
  }
  return ended_ = true, false;
}

double PriceCurve::lambda(int point) {
  return kHighest * std::pow(kLowest / kHighest, static_cast<double>(point) / (kPoints - 1));
}

double PriceCurve::position(double lambda) {
  return std::clamp(std::log(lambda / kLowest) / std::log(kHighest / kLowest), 0.0, 1.0);
}

bool PriceJob::advance(Run& run) {
  auto& model = static_cast<sparse::BuiltSparse&>(run.built());
  const int done = static_cast<int>(curve_.l0.size());
  if (done == 0 && next_ == 0) {
    curve_.step = run.steps();
    dictionary_ = model.dictionary();
    patches_ = model.patches(model.source(1).count() > 0 ? 1 : 0, 0, PriceCurve::kPatches);
  }
  const auto pixels = static_cast<std::size_t>(model.pixels()), atoms = static_cast<std::size_t>(model.atoms());
  const std::size_t count = std::min<std::size_t>(sparse::kSlicePatches, PriceCurve::kPatches - next_);
  const auto patches = std::span(patches_).subspan(next_ * pixels, count * pixels);
  auto inference = model.inference();
  inference.lambda = PriceCurve::lambda(done);
  inference.solver = sparse::Solver::fista;
  const auto codes =
      static_cast<sparse::BuiltSparse&>(run.built()).slice_solver().run(patches, inference, kIterations);
  if (next_ == 0) signal_ = error_ = active_ = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const auto code = std::span(codes).subspan(i * atoms, atoms);
    for (const float a : code) active_ += a != 0;
    const auto again = sparse::reconstruct(dictionary_, code);
    for (std::size_t p = 0; p < pixels; ++p) {
      const double x = patches[i * pixels + p];
      signal_ += x * x, error_ += (x - again[p]) * (x - again[p]);
    }
  }
  next_ += count;
  if (next_ < PriceCurve::kPatches) return true;
  next_ = 0;
  curve_.l0.push_back(active_ / PriceCurve::kPatches);
  curve_.snr_db.push_back(signal_ > 0 && error_ > 0 ? 10 * std::log10(signal_ / error_) : 0);
  mailbox_->put(std::make_shared<PriceCurve>(curve_));
  wake_();
  if (done + 1 < PriceCurve::kPoints) return true;
  return ended_ = true, false;
}

}  // namespace unveil
