#include "engine/models/cpc/network.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "engine/graph/program.h"
#include "engine/ops/binary.h"
#include "engine/ops/conv2d.h"
#include "engine/ops/copy.h"
#include "engine/ops/matmul_stacked.h"
#include "engine/ops/reduce.h"
#include "engine/ops/softmax.h"
#include "engine/ops/transpose.h"
#include "engine/ops/unary.h"
#include "engine/ops/unfold_time.h"

namespace unveil::cpc {
namespace {

// The waveform's convolutions after the first, whose windows are the input's rows.
struct Stage {
  int kernel, stride;
};
constexpr Stage kStages[] = {{8, 4}, {4, 2}, {4, 2}};
constexpr int kFirstKernel = 10, kFirstStride = 5;

// Log-mel energies of speech at root mean square 1 lie about here.
constexpr float kMelMean = -5, kMelSpread = 3;

constexpr float kMasked = -1e9f;

Tensor side_by_side(Graph& graph, const std::vector<Tensor>& scalars) {
  std::vector<Tensor> cells;
  for (const auto scalar : scalars) cells.push_back(reshape(graph, scalar, {1, 1}));
  return cells.size() == 1 ? cells[0] : concat(graph, cells, 1);
}

}  // namespace

int Architecture::receptive_field() const {
  if (mel) return mel_options().window;
  int field = kFirstKernel, step = kFirstStride;
  for (const auto& stage : kStages) {
    field += (stage.kernel - 1) * step;
    step *= stage.stride;
  }
  return field;
}

int Architecture::frames(std::int64_t count) const {
  return count < receptive_field() ? 0 : static_cast<int>((count - receptive_field()) / hop()) + 1;
}

int Architecture::frames() const {
  return frames(samples);
}

int Architecture::candidates(int windows) const {
  switch (negatives) {
    case Negatives::same: return frames();
    case Negatives::mixed: return windows + frames() - 1;
    default: return windows;
  }
}

int Architecture::input_rows(int count) const {
  if (mel) return count;
  for (auto stage = std::rbegin(kStages); stage != std::rend(kStages); ++stage)
    count = (count - 1) * stage->stride + stage->kernel;
  return count;
}

Architecture architecture(const KnobValues& knobs, int sample_rate) {
  return {.mel = knobs.integer("input") == 1,
          .channels = knobs.integer("channels"),
          .context = knobs.integer("context"),
          .horizons = knobs.integer("horizons"),
          .samples = knobs.integer("window"),
          .sample_rate = sample_rate,
          .negatives = static_cast<Negatives>(knobs.integer("negatives"))};
}

std::vector<float> prepared(std::span<const float> samples) {
  std::vector<float> heard(samples.begin(), samples.end());
  normalise_rms(heard, 1);
  return heard;
}

std::vector<float> input_of(const Architecture& a, std::span<const float> samples, std::int64_t first, int frames) {
  const auto size = static_cast<std::int64_t>(samples.size());
  const auto at = [&](std::int64_t i) { return i >= 0 && i < size ? samples[static_cast<std::size_t>(i)] : 0.0f; };
  std::vector<float> rows;
  if (a.mel) {
    const auto options = a.mel_options();
    std::vector<float> part(static_cast<std::size_t>((frames - 1) * options.hop + options.window));
    for (std::size_t i = 0; i < part.size(); ++i) part[i] = at(first + static_cast<std::int64_t>(i));
    rows = log_mel(part, options);
    for (auto& value : rows) value = (value - kMelMean) / kMelSpread;
    return rows;
  }
  const int count = a.input_rows(frames);
  rows.reserve(static_cast<std::size_t>(count * kFirstKernel));
  for (int r = 0; r < count; ++r)
    for (int k = 0; k < kFirstKernel; ++k) rows.push_back(at(first + r * kFirstStride + k));
  return rows;
}

Tensor encode(Graph& graph, const Architecture& a, const Weights& weights, Tensor input) {
  const auto layer = [&](int number, Tensor x, Activation activation) {
    return Layers{graph, weights}.dense(fmt::format("encoder.{}", number), x, a.channels, {.activation = activation});
  };
  if (a.mel) return layer(1, layer(0, input, Activation::relu), Activation::none);
  // Rectified on the way into the next layer. The code itself is not: predictions are linear, and may want either
  // sign.
  Tensor x = layer(0, input, Activation::none);
  int number = 1;
  for (const auto& stage : kStages)
    x = layer(number++, unfold_time(graph, x, stage.kernel, stage.stride, true), Activation::none);
  return x;
}

Tensor contexts(Graph& graph, const Architecture& a, const Weights& weights, Tensor z) {
  return Layers{graph, weights}.gru("gru", z, a.context);
}

namespace {

// Of horizon k for so many windows. u32 [rows]: which candidate is the true one.
Tensor true_candidates(Graph& graph, const Architecture& a, int windows, int k) {
  const bool by_position = a.negatives == Negatives::other || a.negatives == Negatives::none;
  std::vector<std::uint32_t> truth;
  for (int r = 0; r < a.positions() * windows; ++r) {
    const int window = by_position ? r % windows : r / a.positions(),
              target = a.first_position() + k + r % a.positions();
    truth.push_back(static_cast<std::uint32_t>(a.negatives == Negatives::same ? target : window));
  }
  const auto rows = static_cast<std::int64_t>(truth.size());
  return graph.constant("true candidates", {rows}, std::move(truth));
}

// [rows, candidates] of `mixed`, to be added to the scores: -1e9 where the true code stands a second time.
Tensor second_true(Graph& graph, const Architecture& a, int windows, int k) {
  const Shape shape{a.positions() * windows, windows + a.frames()};
  std::vector<float> mask(static_cast<std::size_t>(shape.elements()));
  for (std::int64_t r = 0; r < shape[0]; ++r)
    mask[static_cast<std::size_t>(r * shape[1] + windows + a.first_position() + k + r % a.positions())] = kMasked;
  return graph.constant("true codes that stand twice", shape, std::move(mask));
}

}  // namespace

Contrast contrast(Graph& graph, const Architecture& a, const Weights& weights, Tensor z, Tensor c) {
  const std::int64_t first = a.first_position(), positions = a.positions(), windows = graph.shape(z)[0];
  const bool across = a.negatives != Negatives::same,  // other windows are candidates
      within = a.negatives == Negatives::same || a.negatives == Negatives::mixed;
  // Across windows matrices are stacked by position, within a window by window.
  const Tensor by_window = within ? slice(graph, c, 1, first, first + positions) : Tensor{};
  const Tensor by_position = across ? swap_axes(graph, slice(graph, c, 1, first, first + positions)) : Tensor{};
  const Tensor codes_by_position = across ? swap_axes(graph, z) : Tensor{};             // [T, N, C]
  const Tensor across_codes = across ? transpose(graph, codes_by_position) : Tensor{},  // [T, C, N]
      within_codes = within ? transpose(graph, z) : Tensor{};                           // [N, C, T]
  Contrast result;
  std::vector<Tensor> nats, picks, errors;
  for (int k = 1; k <= a.horizons; ++k) {
    // Small to begin with: the first scores are nearly alike, and the loss near log N.
    const Tensor predictor = weights(fmt::format("predictor.{}.weight", k), {a.context, a.channels},
                                     glorot_uniform(a.context, a.channels, 0.3f));
    Tensor scores, predicted;
    if (across) {
      predicted = conv2d(graph, by_position, predictor, {});
      scores = matmul_stacked(graph, predicted, slice(graph, across_codes, 0, first + k, first + k + positions));
    }
    if (within) {
      const Tensor same = matmul_stacked(graph, conv2d(graph, by_window, predictor, {}), within_codes);
      scores = across ? concat(graph, {swap_axes(graph, scores), same}, 2) : same;
    }
    scores = reshape(graph, scores, {positions * windows, graph.shape(scores)[2]});
    if (across && within) scores = add(graph, scores, second_true(graph, a, static_cast<int>(windows), k));
    const Tensor labels = true_candidates(graph, a, static_cast<int>(windows), k);
    nats.push_back(mean_all(graph, cross_entropy(graph, scores, labels)));
    picks.push_back(mean_all(graph, picked(graph, scores, labels)));
    if (a.negatives == Negatives::none) {
      const Tensor truth = slice(graph, codes_by_position, 0, first + k, first + k + positions);
      errors.push_back(mean_all(graph, square(graph, subtract(graph, predicted, truth))));
    }
    result.scores.push_back(scores);
  }
  result.infonce = side_by_side(graph, nats);
  result.picked = side_by_side(graph, picks);
  result.loss = mean_all(graph, errors.empty() ? result.infonce : side_by_side(graph, errors));
  return result;
}

}  // namespace unveil::cpc
