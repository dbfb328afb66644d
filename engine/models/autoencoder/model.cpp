#include "engine/models/coding.h"
#include "engine/models/training.h"
#include "engine/ops/batch.h"
#include "engine/ops/binary.h"
#include "engine/ops/reduce.h"
#include "engine/ops/unary.h"

namespace unveil {
namespace {

// 784-256-32-256-784, say, sigmoid at the end (Hinton & Salakhutdinov 2006, without its pretraining).
class Autoencoder : public CodingModel {
 public:
  explicit Autoencoder(const ModelContext& context) : CodingModel(context, "squared_error") {
    const Weights weights = weights_of(graph_, context.store);
    const Tensor step = graph_.external(step_state(context.store)), seed = graph_.external(seed_state(context.store));
    const Tensor indices = batch_indices(graph_, seed, step, batch_size(), context.data.train.count);
    const Tensor pictures = gather_pictures(graph_, graph_.external(context.device_data.train_pixels), indices,
                                            {batch_size(), values()}, PixelValues::scaled);
    const Tensor error = mean_all(graph_, network(graph_, weights, pictures)[2]);
    add_training(graph_, context.store, error, {{"squared_error", error}}, false);
    train_ = std::make_unique<Program>(context.device, graph_, ProgramOptions{"training step", {}, 10});
    answer_with([this](Graph& graph, const Weights& w, Tensor x) { return network(graph, w, x); });
  }
  Program& train_step() override { return *train_; }
  int batch_size() const override { return context_.knobs.integer("batch_size"); }

 private:
  // Pictures -> code, pictures given back, the squared error of each, summed over its values.
  std::vector<Tensor> network(Graph& graph, const Weights& weights, Tensor pictures) const {
    const Layers layers{graph, weights};
    const int hidden = context_.knobs.integer("hidden");
    // Pictures in colour are bright all over: about their middle the first layer's units do not all rise or fall at
    // once, which would leave most of them dead.
    const Tensor seen = set(0).channels == 3 ? affine(graph, pictures, 1, -0.5f) : pictures;
    Tensor h = layers.dense("encoder", seen, hidden, {.activation = Activation::relu});
    const Tensor code = layers.dense("code", h, context_.knobs.integer("code"));
    h = layers.dense("decoder", code, hidden, {.activation = Activation::relu});
    const Tensor back = layers.dense("picture", h, values(), {.activation = Activation::sigmoid});
    return {code, back, sum_columns(graph, square(graph, subtract(graph, back, pictures)))};
  }

  Graph graph_;
  std::unique_ptr<Program> train_;
};

class AutoencoderModel : public Model {
 public:
  AutoencoderModel() {
    auto& d = declaration_;
    d.name = "autoencoder";
    d.title = "Autoencoder";
    d.summary = "squeezes pictures into a few numbers and back";
    d.chapter = Chapter::latent_variables, d.reference = "Hinton & Salakhutdinov 2006";
    d.knobs = {
        whole_knob("code", 32, 1, 256, "numbers", "numbers that a picture is squeezed into").log().rebuilding(),
        whole_knob("hidden", 256, 8, 2048, "units", "of the layer before the code, and of the one after it")
            .log()
            .rebuilding(),
        whole_knob("batch_size", 128, 1, 1024, "images", "pictures in a training step").log().rebuilding()};
    for (auto& knob : optimizer_knobs({.learning_rate = 4e-3, .warm_up = 50})) d.knobs.push_back(std::move(knob));
    d.presets = {{"deep", "32 numbers, for a minute of training", {{"schedule_length", 3000}}},
                 {"tight", "two numbers: what is lost first?", {{"code", 2}, {"schedule_length", 3000}}}};
    d.default_data = "digits";
    d.colour = true;
    d.step_metrics = {"squared_error"};
    d.codes = {{"code", "the numbers in the middle"}};
    d.held_out = {.metric = "held_out_squared_error", .unit = "squared_error"};
    d.reconstructs = "Above what goes in, below what comes out. Draw one yourself; then draw one in a corner.";
  }
  const ModelDeclaration& declaration() const override { return declaration_; }
  bool wide_vectors(const KnobValues&) const override { return true; }
  std::optional<ModelControl> control(const Dataset& data, const KnobValues& knobs) const override {
    const int code = knobs.integer("code");
    return ModelControl{"PCA with as many numbers", pca_squared_error(data.train, data.test, code)};
  }
  bool sample_needs_data(const OptionValues&) const override { return true; }
  std::unique_ptr<BuiltModel> build(const ModelContext& context) const override {
    require_pictures(context.data, "the autoencoder", 64);
    return std::make_unique<Autoencoder>(context);
  }

 private:
  ModelDeclaration declaration_;
};

}  // namespace

const Model& autoencoder_model() {
  static const AutoencoderModel model;
  return model;
}

}  // namespace unveil
