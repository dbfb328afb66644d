#pragma once
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "engine/models/cpc/network.h"
#include "engine/models/cpc/probe.h"
#include "engine/models/cpc/probes.h"
#include "engine/models/model.h"

namespace unveil::cpc {

struct Corpus;  // training recordings on the device

// A linear probe's accuracy (0 to 1) on held-out recordings, and that of the same probe on what it is measured
// against.
struct ProbeReport {
  std::string label;  // "speaker"
  int classes = 0;
  int train_recordings = 0, test_recordings = 0;
  double contexts = 0;   // on mean-pooled contexts c_t of this encoder
  double untrained = 0;  // the same, of the encoder before training
  double log_mel = 0;    // on log-mel means and standard deviations
  double summary = 0;    // on summary_statistics()
  double chance = 0;     // always naming the commonest class
};

// A built contrastive predictive coder. The exhibit uses what is beyond BuiltModel.
//
// Metrics of a step: infonce (nats, mean over horizons), mi_bound (log N - infonce), positive_accuracy; and rows
// infonce_by_horizon.1 …, accuracy_by_horizon.1 … (k).
class BuiltCpc : public BuiltModel {
 public:
  explicit BuiltCpc(const ModelContext& context);
  ~BuiltCpc() override;
  Program& train_step() override { return *train_; }
  int batch_size() const override { return batch_; }
  Metrics evaluate(int split, int limit, const OptionValues& options, const Progress& progress) override;
  SampleResult sample(int count, std::uint64_t seed, const OptionValues& options, bool animated,
                      const Progress& progress) override;
  CodeTable encode(const std::string& code, int split, int limit, const Progress& progress) override;
  CodeTable encode_items(const std::string& code, int split, std::span<const int> items) override;
  KernelGeometry kernels_of(const std::string& parameter) const override;

  const Architecture& architecture() const { return architecture_; }
  ParameterStore& store() { return store_; }
  const Dataset& data() const { return context_.data; }
  int candidates() const { return architecture_.candidates(batch_); }

  Encoder& encoder() { return encoder_; }
  // The same network at the initial weights of the run's present seed, which a probe is measured against. Made at the
  // first call.
  Encoder& untrained_encoder();
  // Whether the held-out recordings have enough windows for a batch.
  bool holds_out_batch() const { return holds_out_batch_; }
  // A fixed batch of held-out windows (of training ones without holds_out_batch()), as many as batch_size():
  // the same at every call, so that a matrix can be watched. [batch_size()][samples], for Scorer::run.
  std::vector<float> held_out_windows() const;
  // InfoNCE of that batch, as the parameters are now.
  Scorer& score_held_out();
  int held_out_items() const override { return holds_out_batch_ ? batch_ : 0; }
  int held_out(int first, int count, double& sum) override;
  // Probes for one of the data's label kinds. Throws UsageError naming those that exist; data without labels say so.
  ProbeReport probe(const std::string& label, const Progress& progress);

 private:
  struct Untrained;
  std::uint64_t seed() const;                              // the run's
  std::size_t label_kind(const std::string& label) const;  // its index; throws as probe() does

  const ModelContext context_;
  ParameterStore& store_;
  Architecture architecture_;
  int batch_;
  std::unique_ptr<Corpus> corpus_;
  Graph graph_;
  std::unique_ptr<Program> train_;
  Encoder encoder_;
  bool holds_out_batch_;
  std::unique_ptr<Scorer> held_out_scorer_;
  std::vector<float> watched_windows_;
  std::shared_ptr<Untrained> untrained_;  // made at the first call
  // By label and seed: what does not change with training.
  std::map<std::pair<std::string, std::uint64_t>, ProbeReport> references_;
};

}  // namespace unveil::cpc
