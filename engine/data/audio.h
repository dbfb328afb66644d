#pragma once
#include <cstdint>
#include <span>
#include <vector>

namespace unveil {

// Log-mel spectrograms: Hann windows, power spectra, triangular bands that are equally wide on the mel scale
// 2595·log10(1 + f/700) from 0 to half the rate, natural logarithms of the bands' energies.
struct MelOptions {
  int sample_rate = 8000;  // Hz
  int window = 256;        // samples, a power of 2
  int hop = 80;            // samples from one window to the next
  int bands = 24;
};
// Windows that lie whole in so many samples: 0 where there are fewer than one window.
int mel_frames(std::int64_t samples, const MelOptions& options);
// [mel_frames(samples)][bands]. Energies below 1e-8 of a full-scale sine's count as that much.
std::vector<float> log_mel(std::span<const float> samples, const MelOptions& options = {});
// Mean over the frames of each band, then the standard deviation of each: [2·bands]. Shorter recordings than a window
// are continued with silence.
std::vector<float> log_mel_statistics(std::span<const float> samples, const MelOptions& options = {});

// Scales samples to a root mean square of `level`; silence stays as it is.
void normalise_rms(std::vector<float>& samples, float level);

// What can be said of a waveform without listening to it, [kSummaryStatistics]: the logarithm of its length, the
// share of sign changes, the mean absolute value and the peak, both over the root mean square, the kurtosis, and the
// autocorrelation 1, 2, 4 and 8 samples apart. None depends on how loud it is.
constexpr int kSummaryStatistics = 9;
std::vector<float> summary_statistics(std::span<const float> samples);

}  // namespace unveil
