#include "engine/models/cpc/model.h"

#include <fmt/format.h>

#include <cmath>

#include "engine/error.h"
#include "engine/models/cpc/corpus.h"
#include "engine/models/training.h"
#include "engine/ops/batch.h"
#include "engine/ops/gather_windows.h"
#include "engine/ops/reduce.h"
#include "engine/ops/unary.h"

namespace unveil::cpc {
namespace {

constexpr double kSegmentMs = 10;  // a pause is felt, and a frame drawn, between two segments
constexpr const char* kMeanContext = "mean_context";

std::vector<Knob> knobs() {
  return {
      choice_knob("input", 0, {"waveform", "log-mel"},
                  "waveform: strided convolutions on the samples; log-mel: a spectrogram made beforehand")
          .rebuilding(),
      choice_knob("negatives", 0, {"other", "same", "mixed", "none"},
                  "what the next code is told apart from: the same place of other windows, other places of its own "
                  "window, both; none: it is predicted by least squares, and the encoder collapses")
          .rebuilding(),
      whole_knob("horizons", 6, 1, 12, "codes", "K: how many codes ahead are predicted, 10 ms each").rebuilding(),
      whole_knob("channels", 64, 8, 256, "channels", "of the encoder and its code; a multiple of 8")
          .log()
          .rebuilding(),
      whole_knob("context", 64, 8, 128, "units",
                 "units of the recurrent network that sums up the past; a multiple of 8")
          .log()
          .rebuilding(),
      whole_knob("window", 4000, 2000, 20480, "samples", "samples of a training window").log().rebuilding(),
      whole_knob("batch_size", 32, 2, 128, "windows",
                 "windows in a training step: with other windows as negatives, the N of log N")
          .log()
          .rebuilding(),
  };
}

ModelDeclaration declare() {
  ModelDeclaration d;
  d.name = "cpc";
  d.title = "CPC";
  d.summary = "learns codes for sound by telling its true future from other futures";
  d.chapter = Chapter::self_supervised, d.reference = "van den Oord et al. 2018";
  d.knobs = knobs();
  for (auto& knob :
       optimizer_knobs({.learning_rate = 2e-3, .warm_up = 50, .schedule_length = 1200, .gradient_clip = 1}))
    d.knobs.push_back(std::move(knob));
  d.presets = {
      {"waveform", "strided convolutions on the waveform, other windows as negatives", {}},
      {"log-mel", "a log-mel spectrogram instead of the waveform: a fraction of the work", {{"input", 1}}},
      {"mixed", "negatives from other windows and from the same one", {{"negatives", 2}}},
      {"same recording",
       "broken on purpose: negatives from the same window alone, so who speaks tells nothing",
       {{"negatives", 1}}},
      {"collapse",
       "broken on purpose: no negatives, so that a code that never changes is predicted perfectly",
       {{"negatives", 3}}},
  };
  d.default_data = "voices";
  d.data_kinds = {DataKind::sounds};
  d.step_metrics = {"infonce", "mi_bound", "positive_accuracy"};
  d.held_out = {.metric = "held_out_infonce", .unit = "infonce", .first = 2, .every = 5, .share = 5};
  d.counted_from_one = {"infonce_by_horizon", "accuracy_by_horizon"};
  d.codes = {{kMeanContext, "the mean of c_t over a recording"}};
  d.evaluate_options = {
      {.name = "probe",
       .meaning =
           "also linear probes for one of the data's labels (speaker, digit, vowel), of this encoder and of what "
           "it is measured against",
       .kind = ModelOption::Kind::text},
  };
  return d;
}

class Cpc : public Model {
 public:
  const ModelDeclaration& declaration() const override { return declaration_; }
  bool sample_needs_data(const OptionValues&) const override { return true; }  // it shows how sure it is of them
  std::unique_ptr<BuiltModel> build(const ModelContext& context) const override {
    if (context.data.kind != DataKind::sounds || context.data.train_recordings.empty())
      throw Error(fmt::format("{}: CPC takes recordings; found {} for training", context.data.spec,
                              context.data.train_recordings.size()));
    for (const char* name : {"channels", "context"})
      if (const int found = context.knobs.integer(name); found % 8 != 0)
        throw Error(fmt::format("knob {} takes multiples of 8; found {}", name, found));
    const auto a = architecture(context.knobs, context.data.sample_rate);
    if (a.positions() < 1)
      throw Error(fmt::format("a window of {} samples gives {} codes; with {} horizons at least {} are needed",
                              a.samples, a.frames(), a.horizons, a.first_position() + a.horizons + 1));
    return std::make_unique<BuiltCpc>(context);
  }

 private:
  ModelDeclaration declaration_ = declare();
};

}  // namespace

BuiltCpc::BuiltCpc(const ModelContext& context)
    : context_(context),
      store_(context.store),
      architecture_(cpc::architecture(context.knobs, context.data.sample_rate)),
      batch_(context.knobs.integer("batch_size")),
      corpus_(std::make_unique<Corpus>(context.device, context.data, architecture_, batch_)),
      encoder_(store_, architecture_),
      holds_out_batch_(has_windows(context.data, context.data.test_recordings, architecture_, batch_)) {
  const auto& a = architecture_;
  const auto weights = weights_of(graph_, store_);
  const Tensor step = graph_.external(step_state(store_)), seed = graph_.external(seed_state(store_));
  const Tensor indices = batch_indices(graph_, seed, step, batch_, corpus_->starts.shape[0]);
  // A row of the spectrogram follows the one before; windows of the waveform overlap.
  const Tensor input =
      gather_windows(graph_, graph_.external(corpus_->signal), graph_.external(corpus_->starts), indices,
                     a.input_rows(a.frames()), a.mel ? a.input_width() : a.input_hop(), a.input_width());
  const Tensor z = cpc::encode(graph_, a, weights, input);
  const Contrast found = contrast(graph_, a, weights, z, contexts(graph_, a, weights, z));
  const Tensor infonce = a.negatives == Negatives::none ? mean_all(graph_, found.infonce) : found.loss;
  std::vector<std::pair<std::string, Tensor>> metrics{
      {"infonce", infonce},
      {"mi_bound", affine(graph_, infonce, -1, static_cast<float>(std::log(a.candidates(batch_))))},
      {"positive_accuracy", mean_all(graph_, found.picked)},
      {"infonce_by_horizon", found.infonce},
      {"accuracy_by_horizon", found.picked}};
  if (a.negatives == Negatives::none) metrics.emplace_back("squared_error", found.loss);
  add_training(graph_, store_, found.loss, metrics, false);
  train_ = std::make_unique<Program>(context.device, graph_,
                                     ProgramOptions{.name = "training step", .segment_ms = kSegmentMs});
}

BuiltCpc::~BuiltCpc() = default;

// Convolutions along time, whose rows are taps.
KernelGeometry BuiltCpc::kernels_of(const std::string& parameter) const {
  if (architecture_.mel || !parameter.starts_with("encoder.") || !parameter.ends_with(".weight")) return {};
  const std::int64_t rows = store_.tensor(parameter, ParameterStore::value).shape[0],
                     inputs = parameter == "encoder.0.weight" ? 1 : architecture_.channels;
  return KernelGeometry::picture(1, static_cast<int>(rows / inputs), false);
}

}  // namespace unveil::cpc

namespace unveil {

const Model& cpc_model() {
  static const cpc::Cpc model;
  return model;
}

}  // namespace unveil
