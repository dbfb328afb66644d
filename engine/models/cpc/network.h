#pragma once
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "engine/data/audio.h"
#include "engine/graph/graph.h"
#include "engine/models/knobs.h"
#include "engine/nn/layers.h"

namespace unveil::cpc {

// What the true next code is to be told apart from.
enum class Negatives {
  other,  // codes at the same place of the batch's other windows
  same,   // codes at other places of the same window
  mixed,  // both
  none,   // nothing: the next code is predicted by least squares, and the encoder collapses
};

// The architecture, as the knobs and the data's rate say it (van den Oord, Li & Vinyals 2018, section 3.1, made
// small).
struct Architecture {
  bool mel = false;    // input: a log-mel spectrogram, else the waveform
  int channels = 64;   // C, of the encoder and its code z_t
  int context = 64;    // H, of the GRU's state c_t
  int horizons = 6;    // K: z_{t+1} … z_{t+K} are predicted from c_t
  int samples = 4000;  // of a training window
  int sample_rate = 8000;
  Negatives negatives = Negatives::other;

  int hop() const { return 80; }           // samples from one z_t to the next
  int receptive_field() const;             // samples that z_t sees: [t·hop(), t·hop() + receptive_field())
  int frames() const;                      // T: codes of a training window
  int frames(std::int64_t samples) const;  // of any recording; 0 when it is shorter than the receptive field
  // Predictions are made from positions first_position() <= t < first_position() + positions() of a window: not from
  // the first few, where the context knows nothing yet, and only where all K future codes lie in the window.
  int first_position() const { return 8; }
  int positions() const { return frames() - horizons - first_position(); }
  // The codes among which the true one is to be found, itself included, for a batch of `windows`: N of log N. With
  // Negatives::none it is measured against other windows all the same.
  int candidates(int windows) const;
  MelOptions mel_options() const { return {.sample_rate = sample_rate, .window = 256, .hop = hop(), .bands = 24}; }

  // How a recording enters the network: rows of input_width() numbers, row i for samples from i·input_hop() on (the
  // first convolution's windows of 10 samples, or the mel bands), input_rows(frames) of them for so many codes.
  int input_width() const { return mel ? mel_options().bands : 10; }
  int input_hop() const { return mel ? hop() : 5; }
  int input_rows(int frames) const;
};
Architecture architecture(const KnobValues& knobs, int sample_rate);

// The rows of a recording (input_width() wide) that give `frames` codes from sample `first` on. samples: at root mean
// square 1 (as prepared() gives them); what lies behind their end is silence.
std::vector<float> input_of(const Architecture& architecture, std::span<const float> samples, std::int64_t first,
                            int frames);
// A recording as the network hears it: at root mean square 1, loudness being no cue.
std::vector<float> prepared(std::span<const float> samples);

// input: [N, input_rows(T), input_width()] -> z: [N, T, C].
Tensor encode(Graph& graph, const Architecture& architecture, const Weights& weights, Tensor input);
// z: [N, T, C] -> c: [N, T, H], c_t a function of z_0 … z_t.
Tensor contexts(Graph& graph, const Architecture& architecture, const Weights& weights, Tensor z);

// Predictions and how well each found its code, by horizon. Rows and candidates are
//   with `other` (and `none`): [positions][N windows], the candidates being the same place of the N windows;
//   with `same`: [N windows][positions], the candidates being the window's T codes;
//   with `mixed`: [N windows][positions], the N windows' codes and then the T, of which the true one counts once.
struct Contrast {
  std::vector<Tensor> scores;  // [K], each z_jᵀW_k c_t [rows, candidates]
  Tensor infonce;              // nats, [1, K]: mean over rows of -log softmax(scores)[label] (equation 4)
  Tensor picked;               // [1, K]: share of rows whose true code scores highest (ties count in parts)
  Tensor
      loss;  // what is minimised, a scalar: the mean of infonce; with `none`, the mean squared error of predictions
};
// z: [N, T, C], c: [N, T, H].
Contrast contrast(Graph& graph, const Architecture& architecture, const Weights& weights, Tensor z, Tensor c);

}  // namespace unveil::cpc
