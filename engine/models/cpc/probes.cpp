#include "engine/models/cpc/probes.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace unveil::cpc {
namespace {

constexpr int kShortestProgram = 16, kMostRecordings = 16;

// Programs exist for powers of two and what lies halfway between: a context depends on what came before alone, so
// what is behind the end is cut off.
int program_frames(int frames) {
  int power = kShortestProgram;
  while (power < frames) power *= 2;
  return power > kShortestProgram && frames <= power / 4 * 3 ? power / 4 * 3 : power;
}

}  // namespace

std::vector<float> Encoded::mean_context() const {
  const std::size_t width = c.size() / static_cast<std::size_t>(std::max(frames, 1));
  std::vector<float> mean(width);
  for (std::size_t i = 0; i < c.size(); ++i) mean[i % width] += c[i] / static_cast<float>(frames);
  return mean;
}

struct Encoder::Program {
  Graph graph;
  Tensor input, z, c;
  std::unique_ptr<unveil::Program> program;
};

Encoder::Encoder(ParameterStore& store, const Architecture& architecture)
    : store_(store), architecture_(architecture) {}

Encoder::Program& Encoder::program(int recordings, int frames) {
  auto& made = programs_[{recordings, frames}];
  if (made) return *made;
  made = std::make_shared<Program>();
  const auto& a = architecture_;
  const auto weights = weights_of(made->graph, store_);
  made->input = made->graph.input("recordings", {recordings, a.input_rows(frames), a.input_width()});
  made->z = encode(made->graph, a, weights, made->input);
  made->c = contexts(made->graph, a, weights, made->z);
  made->program = std::make_unique<unveil::Program>(store_.device(), made->graph,
                                                    ProgramOptions{.name = "encoder", .keep = {made->z, made->c}});
  return *made;
}

Encoded Encoder::run(std::span<const float> samples) {
  return run(std::span(&samples, 1)).front();
}

std::vector<Encoded> Encoder::run(std::span<const std::span<const float>> recordings) {
  const auto& a = architecture_;
  const auto channels = static_cast<std::size_t>(a.channels), units = static_cast<std::size_t>(a.context);
  std::vector<Encoded> encoded(recordings.size());
  struct Piece {
    std::size_t recording;
    int first, frames;  // codes
  };
  std::vector<Piece> pieces;
  std::vector<std::vector<float>> heard;
  for (std::size_t i = 0; i < recordings.size(); ++i) {
    heard.push_back(prepared(recordings[i]));
    auto& e = encoded[i];
    e.frames = std::max(1, a.frames(static_cast<std::int64_t>(recordings[i].size())));
    e.z.resize(static_cast<std::size_t>(e.frames) * channels);
    e.c.resize(static_cast<std::size_t>(e.frames) * units);
    for (int first = 0; first < e.frames; first += kLongest)
      pieces.push_back({i, first, std::min(kLongest, e.frames - first)});
  }
  std::stable_sort(pieces.begin(), pieces.end(), [](const Piece& x, const Piece& y) {
    return program_frames(x.frames) < program_frames(y.frames);
  });
  for (std::size_t first = 0; first < pieces.size();) {
    const int frames = program_frames(pieces[first].frames);
    const auto most = static_cast<std::size_t>(std::clamp(kLongest / frames, 1, kMostRecordings));
    std::size_t count = 1;
    while (count < most && first + count < pieces.size() && program_frames(pieces[first + count].frames) == frames)
      ++count;
    const int rows = count == 1 ? 1 : static_cast<int>(most);
    auto& p = program(rows, frames);
    std::vector<float> input;
    for (std::size_t i = first; i < first + count; ++i) {
      const auto part =
          input_of(a, heard[pieces[i].recording], static_cast<std::int64_t>(pieces[i].first) * a.hop(), frames);
      input.insert(input.end(), part.begin(), part.end());
    }
    input.resize(static_cast<std::size_t>(p.graph.shape(p.input).elements()));
    p.program->write(p.input, input);
    p.program->run();
    const auto z = p.program->read(p.z), c = p.program->read(p.c);
    for (std::size_t i = 0; i < count; ++i) {
      const auto& piece = pieces[first + i];
      auto& e = encoded[piece.recording];
      const auto copy = [&](const std::vector<float>& from, std::vector<float>& to, std::size_t width) {
        std::copy_n(from.begin() + static_cast<std::ptrdiff_t>(i * static_cast<std::size_t>(frames) * width),
                    static_cast<std::size_t>(piece.frames) * width,
                    to.begin() + static_cast<std::ptrdiff_t>(static_cast<std::size_t>(piece.first) * width));
      };
      copy(z, e.z, channels);
      copy(c, e.c, units);
    }
    first += count;
  }
  return encoded;
}

Predictors::Predictors(ParameterStore& store, const Architecture& a)
    : channels_(a.channels), context_(a.context), horizons_(a.horizons) {
  for (int k = 1; k <= horizons_; ++k) {
    const auto w = read_tensor(store.device(),
                               store.tensor("predictor." + std::to_string(k) + ".weight", ParameterStore::value));
    weights_.insert(weights_.end(), w.begin(), w.end());
  }
}

std::vector<float> Predictors::predict(std::span<const float> context) const {
  const auto channels = static_cast<std::size_t>(channels_), units = static_cast<std::size_t>(context_);
  std::vector<float> predicted(static_cast<std::size_t>(horizons_) * channels);
  for (std::size_t i = 0; i < weights_.size(); ++i)
    predicted[i / (units * channels) * channels + i % channels] += weights_[i] * context[i / channels % units];
  return predicted;
}

std::vector<float> Predictors::scores(std::span<const float> context, std::span<const float> candidates) const {
  const auto predicted = predict(context);
  const auto channels = static_cast<std::size_t>(channels_), n = candidates.size() / channels;
  std::vector<float> found(static_cast<std::size_t>(horizons_) * n);
  for (std::size_t i = 0; i < found.size(); ++i)
    found[i] = std::inner_product(predicted.begin() + static_cast<std::ptrdiff_t>(i / n * channels),
                                  predicted.begin() + static_cast<std::ptrdiff_t>((i / n + 1) * channels),
                                  candidates.begin() + static_cast<std::ptrdiff_t>(i % n * channels), 0.0f);
  return found;
}

Scorer::Scorer(ParameterStore& store, const Architecture& architecture, int windows)
    : architecture_(architecture), windows_(windows) {
  const auto& a = architecture_;
  const auto weights = weights_of(graph_, store);
  input_ = graph_.input("windows", {windows, a.input_rows(a.frames()), a.input_width()});
  const Tensor z = encode(graph_, a, weights, input_);
  contrast_ = contrast(graph_, a, weights, z, contexts(graph_, a, weights, z));
  std::vector<Tensor> keep = contrast_.scores;
  keep.insert(keep.end(), {contrast_.infonce, contrast_.picked});
  program_ =
      std::make_unique<unveil::Program>(store.device(), graph_, ProgramOptions{.name = "InfoNCE", .keep = keep});
}

void Scorer::run(std::span<const float> windows) {
  const auto& a = architecture_;
  const auto samples = static_cast<std::size_t>(a.samples);
  if (windows.size() != samples * static_cast<std::size_t>(windows_))
    throw std::logic_error("a scorer is given as many windows as it was made for");
  std::vector<float> input;
  for (std::size_t i = 0; i < windows.size(); i += samples) {
    const auto rows = input_of(a, windows.subspan(i, samples), 0, a.frames());
    input.insert(input.end(), rows.begin(), rows.end());
  }
  program_->write(input_, input);
  program_->run();
}

std::vector<float> Scorer::infonce() const {
  return program_->read(contrast_.infonce);
}
std::vector<float> Scorer::positive_accuracy() const {
  return program_->read(contrast_.picked);
}

Scorer::Matrix Scorer::matrix(int k) const {
  const auto& a = architecture_;
  const auto scores = program_->read(contrast_.scores.at(static_cast<std::size_t>(k - 1)));
  const int positions = a.positions(), rows_of_scores = positions * windows_,
            candidates = static_cast<int>(scores.size()) / rows_of_scores;
  const bool same = a.negatives == Negatives::same, mixed = a.negatives == Negatives::mixed;
  Matrix matrix;
  matrix.rows = same ? positions : windows_;
  matrix.columns = same ? a.frames() : windows_;  // of `mixed`, the other windows' part
  matrix.diagonal = same ? a.first_position() + k : 0;
  matrix.probabilities.resize(static_cast<std::size_t>(matrix.rows * matrix.columns));
  const float share = static_cast<float>(matrix.rows) / static_cast<float>(rows_of_scores);
  std::vector<float> p(static_cast<std::size_t>(candidates));
  for (int r = 0; r < rows_of_scores; ++r) {
    const float* row = scores.data() + static_cast<std::ptrdiff_t>(r) * candidates;
    const float highest = *std::max_element(row, row + candidates);
    float sum = 0;
    for (int i = 0; i < candidates; ++i) sum += p[static_cast<std::size_t>(i)] = std::exp(row[i] - highest);
    const int to = same ? r % positions : mixed ? r / positions : r % windows_;
    for (int i = 0; i < matrix.columns; ++i)
      matrix.probabilities[static_cast<std::size_t>(to * matrix.columns + i)] +=
          share * p[static_cast<std::size_t>(i)] / sum;
  }
  return matrix;
}

}  // namespace unveil::cpc
