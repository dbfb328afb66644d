#pragma once
#include <map>
#include <memory>
#include <span>
#include <vector>

#include "engine/graph/program.h"
#include "engine/models/cpc/network.h"

// What a trained network is asked, on the trainer's thread. Parameters stay the store's: answers follow training, and
// may be asked for between two segments of a step.
namespace unveil::cpc {

// A recording's codes and contexts.
struct Encoded {
  int frames = 0;
  std::vector<float> z;                     // [frames][C]
  std::vector<float> c;                     // [frames][H]
  std::vector<float> mean_context() const;  // [H]: what probes and t-SNE are given
};

// Encodes recordings of any length at an Architecture's rate, as they are in the data (loudness is taken out here).
// Shorter ones than the receptive field are continued with silence; longer ones than kLongest codes are encoded in
// pieces of that many, the context beginning anew in each.
class Encoder {
 public:
  static constexpr int kLongest = 1024;
  Encoder(ParameterStore& store, const Architecture& architecture);
  Encoded run(std::span<const float> samples);
  // Several at once, which is faster.
  std::vector<Encoded> run(std::span<const std::span<const float>> recordings);

 private:
  struct Program;
  Program& program(int recordings, int frames);
  ParameterStore& store_;
  Architecture architecture_;
  std::map<std::pair<int, int>, std::shared_ptr<Program>> programs_;
};

// The K linear predictors, read once from the store: a few thousand numbers, applied on the host.
class Predictors {
 public:
  Predictors(ParameterStore& store, const Architecture& architecture);
  int horizons() const { return horizons_; }
  // W_k c of one context [H]: what z_{t+k} is expected to look like, for k = 1 … K: [K][C].
  std::vector<float> predict(std::span<const float> context) const;
  // z_jᵀW_k c of one context against candidate codes [n][C]: [K][n].
  std::vector<float> scores(std::span<const float> context, std::span<const float> candidates) const;

 private:
  int channels_, context_, horizons_;
  std::vector<float> weights_;  // [K][H][C]
};

// InfoNCE of a batch of windows.
class Scorer {
 public:
  Scorer(ParameterStore& store, const Architecture& architecture, int windows);
  int windows() const { return windows_; }
  int candidates() const { return architecture_.candidates(windows_); }
  // windows: [windows()][architecture.samples], parts of recordings as prepared() gives them.
  void run(std::span<const float> windows);
  std::vector<float> infonce() const;            // nats, [K]
  std::vector<float> positive_accuracy() const;  // [K]
  // What stands in the InfoNCE matrix of horizon k (1 … K), its true pairs on a diagonal: the probability (softmax of
  // the scores over the candidates) that row's prediction gives to each candidate.
  //   other, mixed, none: [N windows][N windows], averaged over the positions; the diagonal is r == c;
  //   same: [positions][T codes], averaged over the windows; the diagonal is c == first_position() + k + r.
  struct Matrix {
    int rows = 0, columns = 0, diagonal = 0;  // true pairs are at c == r + diagonal
    std::vector<float> probabilities;
  };
  Matrix matrix(int k) const;

 private:
  Architecture architecture_;
  int windows_;
  Graph graph_;
  Tensor input_;
  Contrast contrast_;
  std::unique_ptr<unveil::Program> program_;
};

}  // namespace unveil::cpc
