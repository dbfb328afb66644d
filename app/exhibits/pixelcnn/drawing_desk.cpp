#include "app/exhibits/pixelcnn/drawing_desk.h"

#include <algorithm>

namespace unveil {
namespace {
constexpr double kLeastPause = 1.5;  // seconds between live samples, at least
constexpr double kShare = 7;         // and so many times what drawing them takes: training comes first
constexpr std::size_t kPast = 32;
}  // namespace

void DrawingDesk::rebuild(PixelCnnStage& stage) {
  if (sampling_) sampling_->stop();
  if (forking_) forking_->stop();
  sampling_.reset(), forking_.reset();
  samples_.reset(), watched_.reset();
  past_.clear();
  picture_ = 0;
  if (label >= stage.classes) label = -1;
  redraw(stage);
}

void DrawingDesk::redraw(PixelCnnStage& stage) {
  if (stage.build == 0) return;
  if (sampling_) sampling_->stop();
  auto request =
      pixelcnn::fresh_request(seed, kSamples, stage.height, stage.width, stage.classes, label, temperature);
  request.id = ++serial_;
  sampling_ = std::make_shared<pixelcnn::DrawingJob>(std::move(request), nullptr, 0);
  replace_ = true;
  stage.trainer.add(stage.build, sampling_);
}

// The newest of a job; the job is let go when it has ended.
std::shared_ptr<const pixelcnn::Drawing> DrawingDesk::take(std::shared_ptr<pixelcnn::DrawingJob>& job) {
  if (!job) return nullptr;
  const bool ended = job->ended();  // asked first, so that what is published last is not missed
  auto result = job->result();
  if (ended) job.reset();
  return result;
}

bool DrawingDesk::take_samples(double now) {
  const auto job = sampling_;
  const auto fresh = take(sampling_);
  if (job && !sampling_) sampled_at_ = now, sampling_seconds_ = job->seconds();
  if (!fresh || fresh == samples_) return job != sampling_;
  // Beside training, whole samples take the place of whole samples; new ones of the hand are shown as they come.
  if (!replace_ && fresh->reached < fresh->pixels()) return false;
  samples_ = fresh;
  const bool replace = replace_ || (follow && !forked() && !forking_);
  if (!watched_ || (replace && watched_->id != fresh->id)) {
    past_.clear();
    watched_ = fresh;
  }
  if (watched_->id == fresh->id) watched_ = fresh;
  return true;
}

bool DrawingDesk::take_fork() {
  const auto job = forking_;
  const auto fork = take(forking_);
  if (!fork || fork == watched_) return job != forking_;
  if (watched_->id != fork->id) {
    past_.push_back({watched_, picture_});
    if (past_.size() > kPast) past_.erase(past_.begin());
    picture_ = 1;
  }
  watched_ = fork;
  return true;
}

bool DrawingDesk::update(PixelCnnStage& stage, double now) {
  bool changed = take_samples(now);
  changed = take_fork() || changed;
  const bool stale = samples_ && samples_->step != stage.snapshot->step;
  const double pause = stage.snapshot->playing ? std::max(kLeastPause, kShare * sampling_seconds_) : 0.3;
  if (live && stale && !busy() && now - sampled_at_ > pause) {
    redraw(stage);
    replace_ = false;
  }
  return changed;
}

bool DrawingDesk::force(PixelCnnStage& stage, int pixel) {
  if (!watched_ || watched_->reached < watched_->pixels()) return false;
  if (forking_) forking_->stop();
  auto request = pixelcnn::fork_request(*watched_, picture_, pixel, kForks, ++fork_seed_);
  request.id = ++serial_;
  forking_ = std::make_shared<pixelcnn::DrawingJob>(std::move(request), watched_, picture_);
  stage.trainer.add(stage.build, forking_);
  return true;
}

void DrawingDesk::step_back() {
  if (forking_) forking_->stop();
  forking_.reset();
  if (past_.empty()) return;
  watched_ = past_.back().drawing;
  picture_ = past_.back().picture;
  past_.pop_back();
}

void DrawingDesk::watch(std::shared_ptr<const pixelcnn::Drawing> drawing, int picture) {
  if (!drawing || picture < 0 || picture >= drawing->count) return;
  if (forking_) forking_->stop();
  forking_.reset();
  if (!watched_ || watched_->id != drawing->id) past_.clear();
  watched_ = std::move(drawing);
  picture_ = picture;
}

}  // namespace unveil
