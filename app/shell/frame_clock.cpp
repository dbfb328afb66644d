#include "app/shell/frame_clock.h"

#include <fmt/format.h>

#include <algorithm>

namespace unveil {

std::string FrameStats::line() const {
  return fmt::format("frames {} in {:.2f} s, median {:.1f} ms, p95 {:.1f} ms, longest {:.1f} ms", frames, seconds,
                     median_ms, p95_ms, longest_ms);
}

void FrameClock::record(double begin, double end) {
  work_ms_.push_back(static_cast<float>((end - begin) * 1000));
  if (work_ms_.size() > 20000) work_ms_.erase(work_ms_.begin(), work_ms_.begin() + 10000);
  recent_.push_back(begin);
  if (recent_.size() > 60) recent_.erase(recent_.begin());
  mean_work_ += 0.1 * ((end - begin) - mean_work_);
  last_begin_ = begin;
}

FrameStats FrameClock::take(double now) {
  FrameStats stats;
  stats.frames = static_cast<int>(work_ms_.size());
  stats.seconds = now - since_;
  since_ = now;
  if (!work_ms_.empty()) {
    std::sort(work_ms_.begin(), work_ms_.end());
    auto at = [&](double share) {
      return work_ms_[static_cast<std::size_t>(share * static_cast<double>(work_ms_.size() - 1) + 0.5)];
    };
    stats.median_ms = at(0.5), stats.p95_ms = at(0.95), stats.longest_ms = work_ms_.back();
  }
  work_ms_.clear();
  return stats;
}

double FrameClock::next_due() const {
  return last_begin_ + std::clamp(2 * mean_work_, 1.0 / 60, 1.0 / 30);
}

double FrameClock::frames_per_second(double now) const {
  const auto in_last_second = std::count_if(recent_.begin(), recent_.end(), [&](double t) { return t > now - 1; });
  return static_cast<double>(in_last_second);
}

}  // namespace unveil
