#pragma once
#include <span>
#include <vector>

namespace unveil {

// A first-layer filter of the encoder: its taps over consecutive samples, or over the bands of a spectrogram.
struct FirstFilter {
  int channel = 0;
  std::vector<float> taps;
  std::vector<float> response;  // |H(f)| at kResponse frequencies from 0 to half the rate; empty for bands
  double peak = 0;              // where |H(f)| is largest, Hz; the band of the largest tap, from 0
  float size = 0;               // root of the sum of squared taps
};
constexpr int kResponse = 65;

// weights: [taps][channels]. sample_rate: Hz, 0 where taps are bands.
std::vector<FirstFilter> first_filters(std::span<const float> weights, int taps, int channels, int sample_rate);

}  // namespace unveil
