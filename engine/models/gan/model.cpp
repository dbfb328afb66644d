#include "engine/models/plane_model.h"
#include "engine/models/training.h"
#include "engine/ops/batch.h"
#include "engine/ops/binary.h"
#include "engine/ops/embedding.h"
#include "engine/ops/random.h"
#include "engine/ops/reduce.h"
#include "engine/ops/unary.h"

namespace unveil {
namespace {

constexpr std::uint32_t kNoiseStream = 1;
constexpr int kAtOnce = 512;
constexpr float kBeginning = 0.41f;  // of He's standard deviation: as PyTorch begins, which has the ring sooner

Tensor leaky(Graph& graph, Tensor x) {
  return leaky_relu(graph, x, 0.2f);
}

class Gan : public PlaneModel {
 public:
  explicit Gan(const ModelContext& context) : PlaneModel(context) {
    auto& store = context.store;
    const Weights weights = weights_of(graph_, store);
    const Tensor step = graph_.external(step_state(store)), seed = graph_.external(seed_state(store));
    const Tensor indices = batch_indices(graph_, seed, step, batch_size(), context.data.train_points.count);
    const Tensor real = embedding(graph_, graph_.external(context.device_data.train_points), indices);
    const Tensor noise = normal(graph_, {batch_size(), noise_size()}, {seed, step, kNoiseStream});
    const Tensor fake = network(graph_, weights, "generator", noise, 2);
    const auto judge = [&](Tensor points) { return network(graph_, weights, "discriminator", points, 1); };
    const auto mean_softplus = [&](Tensor logits) { return mean_all(graph_, softplus(graph_, logits)); };
    // -log D(real) - log(1 - D(fake)), D being the sigmoid of its last layer (Goodfellow et al. 2014, equation 1).
    const Tensor seen = judge(real), judged = judge(fake);
    const Tensor told_apart = add(graph_, mean_softplus(negate(graph_, seen)), mean_softplus(judged));
    const auto scalar = graph_.shape(told_apart);
    Training training(graph_, store,
                      {.metrics = {{"discriminator_loss", scalar}, {"generator_loss", scalar}},
                       .rates = {"learning_rate", "discriminator_rate"},
                       .norms = {"gradient_norm", "discriminator_gradient_norm"}});
    constexpr AdamOptions adam{.beta1 = 0.5f};  // Radford et al. 2015
    training.update({told_apart, "discriminator", "discriminator_rate", "discriminator_gradient_norm", adam});
    // -log D(fake), the non-saturating loss (Goodfellow et al. 2014, section 3): the same points, judged anew.
    const Tensor fooled = mean_softplus(negate(graph_, judge(fake)));
    training.finish({fooled, "generator", "learning_rate", "gradient_norm", adam});
    training.leave("discriminator_loss", told_apart);
    training.leave("generator_loss", fooled);
    train_ = std::make_unique<Program>(context.device, graph_, ProgramOptions{"training step", {}, 10});
    generate_ = std::make_unique<Function>(store, "generator", Shape{kAtOnce, noise_size()},
                                           [this](Graph& graph, const Weights& w, Tensor z) {
                                             return std::vector{network(graph, w, "generator", z, 2)};
                                           });
    judge_ = std::make_unique<Function>(
        store, "discriminator", Shape{kAtOnce, 2}, [this](Graph& graph, const Weights& w, Tensor x) {
          return std::vector{sigmoid(graph, network(graph, w, "discriminator", x, 1))};
        });
  }

  Program& train_step() override { return *train_; }
  int batch_size() const override { return context_.knobs.integer("batch_size"); }
  int noise_size() const override { return context_.knobs.integer("noise"); }
  std::vector<float> generate(std::span<const float> noise) override { return generate_->result(0, noise); }
  std::vector<float> field(std::span<const float> points) override { return judge_->result(0, points); }

 private:
  Tensor network(Graph& graph, const Weights& weights, const std::string& name, Tensor x, int out) const {
    const auto& knobs = context_.knobs;
    return Layers{graph, weights}.perceptron(name, x, knobs.integer("hidden"), knobs.integer("hidden_layers"), out,
                                             leaky, kBeginning);
  }

  Graph graph_;
  std::unique_ptr<Program> train_;
  std::unique_ptr<Function> generate_, judge_;
};

class GanModel : public Model {
 public:
  GanModel() {
    auto& d = declaration_;
    d.name = "gan";
    d.title = "GAN";
    d.summary = "a forger and a judge teach each other";
    d.chapter = Chapter::adversarial_flows_diffusion, d.reference = "Goodfellow et al. 2014";
    d.knobs = {whole_knob("noise", 2, 1, 64, "numbers", "numbers of noise that a point is made of").rebuilding(),
               whole_knob("hidden", 64, 8, 512, "units", "of each hidden layer, in both networks").log().rebuilding(),
               whole_knob("hidden_layers", 2, 1, 4, "", "hidden layers, in both networks").rebuilding(),
               whole_knob("batch_size", 256, 8, 2048, "points", "real points and made ones in a training step")
                   .log()
                   .rebuilding(),
               real_knob("discriminator_rate", 1e-3, 1e-6, 0.1, "", "size of the discriminator's steps").log()};
    for (auto& knob : optimizer_knobs({.learning_rate = 1e-3, .warm_up = 0})) d.knobs.push_back(std::move(knob));
    d.presets = {{"plane", "eight Gaussians; a forger and a judge of two hidden layers each", {}, "ring:2,0.1"},
                 {"board",
                  "a checkerboard, whose edges take larger networks",
                  {{"hidden", 128}, {"hidden_layers", 3}},
                  "checkerboard"},
                 {"collapse",
                  "broken on purpose: a forger in a hurry and a slow judge",
                  {{"learning_rate", 8e-3}, {"discriminator_rate", 5e-5}},
                  "ring:2,0.1"}};
    d.default_data = "ring:2,0.1";
    d.data_kinds = {DataKind::points};
    d.step_metrics = {"generator_loss", "discriminator_loss"};
    d.sample_count = 1000;
  }
  const ModelDeclaration& declaration() const override { return declaration_; }
  std::unique_ptr<BuiltModel> build(const ModelContext& context) const override {
    require_plane(context.data, "the GAN");
    return std::make_unique<Gan>(context);
  }

 private:
  ModelDeclaration declaration_;
};

}  // namespace

const Model& gan_model() {
  static const GanModel model;
  return model;
}

}  // namespace unveil
