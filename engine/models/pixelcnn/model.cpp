#include "engine/models/pixelcnn/model.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "engine/error.h"
#include "engine/models/training.h"
#include "engine/ops/batch.h"
#include "engine/ops/bce.h"
#include "engine/ops/reduce.h"

namespace unveil::pixelcnn {
namespace {

constexpr double kSegmentMs = 10;  // a pause is felt, and a frame drawn, between two segments
constexpr int kScoreBatch = 50;
constexpr std::uint32_t kBinarizationStream = 1;

ModelDeclaration declare() {
  ModelDeclaration d;
  d.name = "pixelcnn";
  d.title = "PixelCNN";
  d.summary = "draws pictures pixel by pixel, each from the ones before it";
  d.chapter = Chapter::autoregressive, d.reference = "van den Oord et al. 2016";
  d.knobs = {
      choice_knob("architecture", 0, {"plain", "gated"},
                  "plain: masked convolutions; gated: a vertical and a horizontal stack, without a blind spot")
          .rebuilding(),
      whole_knob("hidden", 8, 4, 128, "channels", "channels inside a block; the residual path has twice as many")
          .log()
          .rebuilding(),
      whole_knob("blocks", 5, 1, 15, "", "residual blocks after the first layer").rebuilding(),
      switch_knob("class_conditional", false, "the class of the picture is given to every layer").rebuilding(),
      whole_knob("class_map", 0, 0, 32, "channels",
                 "channels of a map learned for each class, so that its layers differ from place to place; 0: the "
                 "class says the same everywhere")
          .rebuilding(),
      whole_knob("batch_size", 16, 1, 256, "images", "pictures in a training step").log().rebuilding(),
      real_knob("weight_average", 0.998, 0, 0.9999, "",
                "decay of the moving average of the weights that pictures are drawn and scored with"),
      switch_knob("leaking_mask", false, "broken on purpose: the first layer sees the pixel it predicts")
          .rebuilding(),
  };
  for (auto& knob :
       optimizer_knobs({.learning_rate = 4e-3, .warm_up = 50, .schedule_length = 12000, .gradient_clip = 0}))
    d.knobs.push_back(std::move(knob));
  d.presets = {
      {"classroom", "4,000 parameters: good within minutes on two processors", {}},
      {"standard",
       "gated, 32 channels, 10 layers: better digits, for a GPU or an evening",
       {{"architecture", 1},
        {"hidden", 32},
        {"blocks", 10},
        {"batch_size", 32},
        {"learning_rate", 1e-3},
        {"schedule_length", 40000}}},
      {"gated",
       "gated, 16 channels, 4 layers: no blind spot, still quick",
       {{"architecture", 1}, {"hidden", 16}, {"blocks", 3}, {"learning_rate", 3e-3}}},
      {"study",
       "plain, 16 channels inside 5 blocks, batches of 32: the network the notes' timings are quoted on",
       {{"hidden", 16}, {"batch_size", 32}, {"learning_rate", 1e-3}, {"schedule_length", 0}}},
  };
  d.default_data = "digits";
  d.step_metrics = {"nats_per_image"};
  d.held_out = {.metric = "held_out_nats_per_image", .unit = "nats_per_image"};
  d.sample_options = {
      {.name = "class",
       .meaning = "draw this class (class-conditional models)",
       .kind = ModelOption::Kind::integer,
       .minimum = 0,
       .maximum = 255},
      {.name = "temperature",
       .meaning = "divides the logits: below 1 safer, above 1 wilder",
       .kind = ModelOption::Kind::real,
       .default_text = "1",
       .minimum = 0.05,
       .maximum = 20},
      {.name = "complete",
       .meaning = "keep the top or left half of held-out pictures, or a picture FILE's upper half, and draw the rest",
       .kind = ModelOption::Kind::text},
  };
  return d;
}

class PixelCnn : public Model {
 public:
  const ModelDeclaration& declaration() const override { return declaration_; }
  bool sample_needs_data(const OptionValues& options) const override {
    const auto given = options.find("complete");
    return given != options.end() && (given->second == "top" || given->second == "left");
  }
  std::unique_ptr<BuiltModel> build(const ModelContext& context) const override {
    const auto& set = context.data.train;
    if (set.count < 1 || set.channels != 1)
      throw Error(fmt::format("{}: PixelCNN takes grey pictures; found {} pictures of {} channels", context.data.spec,
                              set.count, set.channels));
    if (set.height > 64 || set.width > 64)
      throw Error(fmt::format("{}: PixelCNN takes pictures up to 64×64 pixels; found {}×{}", context.data.spec,
                              set.width, set.height));
    if (context.knobs.flag("class_conditional") && context.data.classes < 2)
      throw UsageError(fmt::format("class_conditional needs labels, and {} has none", context.data.spec));
    return std::make_unique<BuiltPixelCnn>(context);
  }

 private:
  ModelDeclaration declaration_ = declare();
};

}  // namespace

BuiltPixelCnn::BuiltPixelCnn(const ModelContext& context)
    : context_(context),
      store_(context.store),
      architecture_(pixelcnn::architecture(context.knobs, context.data.classes)),
      height_(context.data.train.height),
      width_(context.data.train.width),
      batch_(context.knobs.integer("batch_size")),
      averaged_(true) {
  const Tensor step = graph_.external(step_state(store_)), seed = graph_.external(seed_state(store_));
  const Tensor indices = batch_indices(graph_, seed, step, batch_, context.data.train.count);
  const Tensor pictures =
      gather_pictures(graph_, graph_.external(context.device_data.train_pixels), indices,
                      {batch_, height_, width_, 1}, PixelValues::drawn, {seed, step, kBinarizationStream});
  Tensor labels;
  if (architecture_.classes > 0)
    labels = gather_labels(graph_, graph_.external(context.device_data.train_labels), indices);
  const Tensor logits = network(graph_, architecture_, weights_of(graph_, store_), pictures, labels);
  const Tensor loss = mean_all(graph_, bce_with_logits_items(graph_, logits, pictures));
  add_training(graph_, store_, loss, {{"nats_per_image", loss}}, averaged_);
  train_ = std::make_unique<Program>(context.device, graph_,
                                     ProgramOptions{.name = "training step", .segment_ms = kSegmentMs});
}

const std::vector<std::uint8_t>& BuiltPixelCnn::binarized(int split) {
  auto& bits = binarized_[split];
  if (bits.empty()) bits = binarize_fixed(split == 0 ? context_.data.train : context_.data.test, split);
  return bits;
}

Metrics BuiltPixelCnn::evaluate(int split, int limit, const OptionValues&, const Progress& progress) {
  const auto& set = split == 0 ? context_.data.train : context_.data.test;
  const auto& bits = binarized(split);
  const int count = limit > 0 ? std::min(limit, set.count) : set.count;
  if (count == 0) throw Error(fmt::format("{} has no held-out pictures to evaluate on", context_.data.spec));
  if (!scorer_) scorer_ = std::make_unique<Scorer>(store_, architecture_, kScoreBatch, height_, width_, averaged_);
  const int pixels = height_ * width_;
  double total = 0;
  for (int first = 0; first < count; first += kScoreBatch) {
    const int here = std::min(kScoreBatch, count - first);
    std::vector<float> pictures(static_cast<std::size_t>(kScoreBatch * pixels));
    std::vector<std::uint32_t> labels(kScoreBatch);
    for (int i = 0; i < here * pixels; ++i)
      pictures[static_cast<std::size_t>(i)] =
          bits[static_cast<std::size_t>(first) * static_cast<std::size_t>(pixels) + static_cast<std::size_t>(i)];
    if (architecture_.classes > 0)
      for (int i = 0; i < here; ++i)
        labels[static_cast<std::size_t>(i)] = set.labels[static_cast<std::size_t>(first + i)];
    scorer_->run(pictures, labels);
    const auto nats = scorer_->nats();
    for (int i = 0; i < here; ++i) total += nats[static_cast<std::size_t>(i)];
    if (progress && !progress(static_cast<double>(first + here) / count)) break;
  }
  const double mean = total / count;
  return {{"nats_per_image", mean}, {"bits_per_dim", mean / (pixels * std::numbers::ln2)}, {"images", count}};
}

}  // namespace unveil::pixelcnn

namespace unveil {

const Model& pixelcnn_model() {
  static const pixelcnn::PixelCnn model;
  return model;
}

}  // namespace unveil
