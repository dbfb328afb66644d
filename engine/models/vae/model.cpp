#include "engine/models/vae/model.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "engine/error.h"
#include "engine/models/training.h"
#include "engine/ops/batch.h"
#include "engine/ops/binary.h"
#include "engine/ops/conv_transpose2d.h"
#include "engine/ops/copy.h"
#include "engine/ops/gaussian.h"
#include "engine/ops/ramp.h"
#include "engine/ops/random.h"
#include "engine/ops/reduce.h"
#include "engine/ops/unary.h"

namespace unveil::vae {
namespace {

constexpr double kSegmentMs = 10;  // a pause is felt, and a frame drawn, between two segments
constexpr std::uint32_t kBinarizationStream = 1, kNoiseStream = 2;
constexpr int kLargestLatent = 256;
constexpr int kAtOnce = 64;  // items that are encoded or decoded in one go
constexpr int kLargestSide = 64;
constexpr const char* kPosteriorMean = "posterior_mean";

std::vector<Knob> knobs() {
  return {
      whole_knob("latent", 2, 1, kLargestLatent, "dimensions", "dimensions of the code z").log().rebuilding(),
      choice_knob("network", 0, {"dense", "convolutional"},
                  "dense: fully connected layers; convolutional: strided convolutions down, transposed ones up")
          .rebuilding(),
      whole_knob("hidden", 400, 8, 2048, "units", "units of each fully connected layer").log().rebuilding(),
      whole_knob("hidden_layers", 1, 0, 4, "",
                 "fully connected layers in the encoder, and in the decoder; 0: both are linear")
          .rebuilding(),
      whole_knob("channels", 16, 4, 128, "channels",
                 "of the outer convolution; the inner one has twice as many (convolutional networks)")
          .log()
          .rebuilding(),
      choice_knob("likelihood", 0, {"bernoulli", "gaussian"},
                  "bernoulli: binarized pixels; gaussian: grey ones, with one learned variance")
          .rebuilding(),
      switch_knob("autoencoder", false,
                  "the twin without noise and without KL: the same network from the same beginning")
          .rebuilding(),
      whole_knob("batch_size", 128, 1, 1024, "images", "pictures in a training step").log().rebuilding(),
      real_knob(
          "beta", 1, 0, 100, "",
          "weight of the KL in the loss (Higgins et al. 2017); 1 is the ELBO, too much collapses the posterior"),
      whole_knob("kl_warm_up", 0, 0, 1000000, "steps", "steps over which the KL's weight rises to beta; 0: none"),
      real_knob("free_bits", 0, 0, 10, "nats",
                "nats of KL that each dimension has for free, on average over a batch (Kingma et al. 2016)"),
  };
}

ModelDeclaration declare() {
  ModelDeclaration d;
  d.name = "vae";
  d.title = "VAE";
  d.summary = "learns a small code for pictures, and a prior to draw codes from";
  d.chapter = Chapter::latent_variables, d.reference = "Kingma & Welling 2013";
  d.knobs = knobs();
  for (auto& knob : optimizer_knobs({.learning_rate = 2e-3, .warm_up = 0, .schedule_length = 0, .gradient_clip = 0}))
    d.knobs.push_back(std::move(knob));
  d.presets = {
      {"plane",
       "two latents: the plane that can be seen as a whole",
       {{"learning_rate", 4e-3}, {"schedule_length", 9000}}},
      {"deep20",
       "20 latents: better pictures, a space that needs its sliders",
       {{"latent", 20}, {"schedule_length", 15000}}},
      {"convolutional",
       "strided convolutions down, transposed ones up",
       {{"network", 1}, {"hidden", 256}, {"batch_size", 64}, {"schedule_length", 6000}}},
      {"study",
       "two latents at a constant rate of 1e-3: the run that the notes' figures are quoted on",
       {{"learning_rate", 1e-3}}},
  };
  d.default_data = "digits";
  d.step_metrics = {"neg_elbo", "reconstruction", "kl"};
  d.held_out = {.metric = "held_out_neg_elbo", .unit = "neg_elbo", .first = 3, .every = 15};
  d.codes = {{kPosteriorMean, "the mean of q(z | x)"}};
  d.evaluate_options = {
      {.name = "iwae",
       .meaning = "also the importance-weighted bound on log p(x) with so many samples of each image",
       .kind = ModelOption::Kind::integer,
       .minimum = 1,
       .maximum = 5000},
  };
  d.sample_options = {
      {.name = "manifold",
       .meaning = "an N × N grid of the first two latents at equal shares of the prior",
       .kind = ModelOption::Kind::integer,
       .minimum = 2,
       .maximum = 64},
      {.name = "interpolate",
       .meaning = "the way from picture A to picture B, each a held-out picture's number or a FILE",
       .kind = ModelOption::Kind::text,
       .count = 2},
      {.name = "spherical", .meaning = "interpolate along an arc", .kind = ModelOption::Kind::flag},
      {.name = "frames",
       .meaning = "steps of an interpolation, both ends included",
       .kind = ModelOption::Kind::integer,
       .default_text = "16",
       .minimum = 2,
       .maximum = 400},
  };
  return d;
}

class Vae : public Model {
 public:
  const ModelDeclaration& declaration() const override { return declaration_; }
  bool wide_vectors(const KnobValues& knobs) const override { return knobs.integer("network") == 0; }
  bool sample_needs_data(const OptionValues& options) const override {
    const auto ends = options.find("interpolate");
    if (ends == options.end()) return false;
    return std::ranges::any_of(option_values(ends->second), is_held_out_number);
  }
  std::unique_ptr<BuiltModel> build(const ModelContext& context) const override {
    const auto& set = context.data.train;
    if (set.count < 1 || set.channels != 1)
      throw Error(fmt::format("{}: the VAE takes grey pictures; found {} pictures of {} channels", context.data.spec,
                              set.count, set.channels));
    if (set.height > kLargestSide || set.width > kLargestSide)
      throw Error(fmt::format("{}: the VAE takes pictures up to {}×{} pixels; found {}×{}", context.data.spec,
                              kLargestSide, kLargestSide, set.width, set.height));
    if (context.knobs.integer("network") == 1 && (set.height % 4 != 0 || set.width % 4 != 0))
      throw Error(fmt::format("{}: the convolutional VAE takes pictures whose sides are multiples of 4; found {}×{}",
                              context.data.spec, set.width, set.height));
    return std::make_unique<BuiltVae>(context);
  }

 private:
  ModelDeclaration declaration_ = declare();
};

}  // namespace

BuiltVae::BuiltVae(const ModelContext& context)
    : context_(context),
      store_(context.store),
      architecture_(vae::architecture(context.knobs, context.data.train.height, context.data.train.width)),
      batch_(context.knobs.integer("batch_size")),
      encoder_(store_, "encoder", architecture_.pictures(kAtOnce),
               [this](Graph& graph, const Weights& weights, Tensor pictures) {
                 const Posterior posterior = vae::encode(graph, architecture_, weights, pictures);
                 return std::vector{posterior.mean, posterior.log_variance};
               }),
      decoder_(store_, "decoder", {kAtOnce, architecture_.latent},
               [this](Graph& graph, const Weights& weights, Tensor z) {
                 const Tensor means = vae::decode(graph, architecture_, weights, z);
                 return std::vector{architecture_.gaussian ? means : sigmoid(graph, means)};
               }) {
  const auto& a = architecture_;
  const auto weights = weights_of(graph_, store_);
  const Tensor step = graph_.external(step_state(store_)), seed = graph_.external(seed_state(store_));
  const Tensor indices = batch_indices(graph_, seed, step, batch_, context.data.train.count);
  const Tensor pictures =
      gather_pictures(graph_, graph_.external(context.device_data.train_pixels), indices, a.pictures(batch_),
                      a.gaussian ? PixelValues::scaled : PixelValues::drawn, {seed, step, kBinarizationStream});
  const Posterior posterior = vae::encode(graph_, a, weights, pictures);
  Tensor z = posterior.mean;
  if (a.variational)
    z = reparameterise(graph_, posterior, normal(graph_, {batch_, a.latent}, {seed, step, kNoiseStream}));
  const Tensor decoded = vae::decode(graph_, a, weights, z);
  const Tensor reconstruction = mean_all(graph_, reconstruction_nats(graph_, a, weights, decoded, pictures));
  if (!a.variational) {
    add_training(graph_, store_, reconstruction,
                 {{"neg_elbo", reconstruction},
                  {"reconstruction", reconstruction},
                  {"kl", affine(graph_, reconstruction, 0, 0)}},
                 false);
  } else {
    const Tensor kl_per_dim = mean_rows(graph_, gaussian_kl(graph_, posterior.mean, posterior.log_variance));
    const Tensor kl = sum_all(graph_, kl_per_dim);
    const auto live = [&](const char* knob) { return graph_.external(context.live(knob)); };
    const Tensor weight = multiply(graph_, live("beta"), ramp(graph_, step, live("kl_warm_up")));
    const Tensor charged = sum_all(graph_, maximum(graph_, kl_per_dim, live("free_bits")));
    const Tensor loss = add(graph_, reconstruction, multiply(graph_, charged, weight));
    add_training(graph_, store_, loss,
                 {{"neg_elbo", add(graph_, reconstruction, kl)},
                  {"reconstruction", reconstruction},
                  {"kl", kl},
                  {"kl_per_dim", reshape(graph_, kl_per_dim, {1, a.latent})},
                  {"kl_weight", weight}},
                 false);
  }
  train_ = std::make_unique<Program>(context.device, graph_,
                                     ProgramOptions{.name = "training step", .segment_ms = kSegmentMs});
}

// What a hidden unit looks for and what it draws are pictures themselves.
KernelGeometry BuiltVae::kernels_of(const std::string& parameter) const {
  const auto& a = architecture_;
  if (!parameter.ends_with(".weight")) return {};
  const auto shape = store_.tensor(parameter, ParameterStore::value).shape;
  if (a.convolutional) {
    if (shape.rank() == 3) return {.taps = taps_even()};
  } else if (shape[0] == a.pixels()) {
    return KernelGeometry::picture(a.height, a.width, false);
  } else if (shape[1] == a.pixels()) {
    return KernelGeometry::picture(a.height, a.width, true);
  }
  return {};
}

}  // namespace unveil::vae

namespace unveil {

const Model& vae_model() {
  static const vae::Vae model;
  return model;
}

}  // namespace unveil
