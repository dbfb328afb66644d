#pragma once
#include <span>
#include <vector>

#include "app/widgets/texture.h"
#include "app/widgets/ui.h"
#include "engine/data/audio.h"

namespace unveil {

// Samples along the pixels of a view.
struct TimeAxis {
  float left = 0, width = 1;  // pixels
  double samples = 1;         // shown
  int sample_rate = 8000;

  float x(double sample) const { return left + width * static_cast<float>(sample / samples); }
  double sample(float x) const { return static_cast<double>((x - left) / width) * samples; }
};

// A recording as a waveform and as a log-mel spectrogram, both over one axis of time.
class SoundView {
 public:
  void set(std::span<const float> samples, const MelOptions& mel);
  // Between `top` and `bottom` pixels. The part up to `past` (a sample) is drawn bright, the rest dim.
  void draw_waveform(Ui& ui, const TimeAxis& axis, float top, float bottom, double past) const;
  void draw_mel(Ui& ui, const TimeAxis& axis, float top, float bottom);

 private:
  std::vector<float> samples_;
  float peak_ = 1;
  MelOptions options_;
  std::vector<float> mel_;  // [frames][bands]
  bool dirty_ = false;
  Texture texture_;
};

// Round times under a view: "0.2 s".
void draw_time_axis(const Ui& ui, const TimeAxis& axis, float top);

}  // namespace unveil
