#include "engine/models/sparse/model.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "engine/error.h"
#include "engine/models/sparse/update.h"
#include "engine/models/training.h"
#include "engine/ops/binary.h"
#include "engine/ops/conv2d_weights.h"
#include "engine/ops/copy.h"
#include "engine/ops/matmul.h"
#include "engine/ops/patches.h"
#include "engine/ops/reduce.h"
#include "engine/ops/shrink.h"
#include "engine/ops/transpose.h"
#include "engine/ops/unary.h"

namespace unveil::sparse {
namespace {

constexpr double kSegmentMs = 10;  // a pause is felt, and a frame drawn, between two segments
// Three steps of power iteration a step of training, from where the last ended, give the largest eigenvalue from
// below.
constexpr int kPowerSteps = 3;
constexpr float kStepMargin = 1.05f;
constexpr float kNever = 1e30f;  // a threshold that nothing passes
constexpr int kZcaPatches = 10000;
constexpr std::uint64_t kEvaluationSeed = 0x656c626f;
constexpr int kSolverPatches = 256;

Knob number(const char* name, const char* meaning, const char* unit, double low, double high, double value) {
  return {.name = name,
          .meaning = meaning,
          .unit = unit,
          .kind = Knob::Kind::integer,
          .minimum = low,
          .maximum = high,
          .default_value = value,
          .scale = Knob::Scale::log,
          .rebuilds = true};
}
Knob flag(const char* name, const char* meaning, bool value, bool rebuilds) {
  return {.name = name,
          .meaning = meaning,
          .kind = Knob::Kind::boolean,
          .default_value = value ? 1.0 : 0.0,
          .rebuilds = rebuilds};
}
Knob choice(const char* name, const char* meaning, std::vector<std::string> choices, double value, bool rebuilds) {
  return {.name = name,
          .meaning = meaning,
          .kind = Knob::Kind::choice,
          .default_value = value,
          .choices = std::move(choices),
          .rebuilds = rebuilds};
}

std::vector<Knob> knobs() {
  return {
      real_knob(
          "lambda", 1.2, 0.001, 100, "",
          "λ of ½‖x - aφ‖² + λ‖a‖₁: what a code's size costs; the factor ½ is in, so it is scikit-learn's alpha")
          .log(),
      number("atoms", "atoms of the dictionary; more than pixels of a patch is overcomplete", "atoms", 8, 1024, 192),
      number("patch_size", "pixels a side of a patch", "pixels", 4, 32, 12),
      choice("whitening", "none; low_pass: scenes filtered by f·exp(-(f/f0)⁴) (Olshausen & Field 1997); zca: patches",
             {"none", "low_pass", "zca"}, 1, true),
      real_knob("cutoff", 0.39, 0.05, 0.7, "cycles/pixel",
                "f0 of the low-pass filter: 0.39 is Olshausen & Field's 200 cycles in a picture of 512 pixels")
          .rebuilding(),
      flag("remove_mean", "each patch loses its mean", true, true),
      flag("normalise_variance", "each patch is divided by its standard deviation", false, true),
      flag("non_negative", "codes may not be negative", false, false),
      choice("solver", "how codes are found: fista, or ista without its momentum (Beck & Teboulle 2009)",
             {"fista", "ista"}, 0, false),
      number("iterations", "of the solver in a training step", "iterations", 1, 300, 20),
      choice("update",
             "online: block coordinate descent on running statistics (Mairal et al. 2009); gradient: projected "
             "gradient on the batch",
             {"online", "gradient"}, 0, false),
      real_knob("dictionary_rate", 0.5, 1e-3, 10, "", "step of the projected gradient").log(),
      number("batch_size", "patches in a training step", "patches", 8, 1024, 256),
      flag("unit_norm", "atoms are kept at length 1; without it they grow and the codes' cost vanishes", true, false),
      flag("replace_dead", "atoms that hardly any patch uses become patches of the batch", true, false),
  };
}

ModelDeclaration declare() {
  ModelDeclaration d;
  d.name = "sparse";
  d.title = "Sparse coding";
  d.summary = "learns the pieces that patches of pictures are made of, few at a time";
  d.chapter = Chapter::sparse_and_energy, d.reference = "Olshausen & Field 1996";
  d.knobs = knobs();
  d.presets = {
      {"edges", "12×12 patches of whitened scenes, 192 atoms: edges appear within a minute", {}},
      {"olshausen_field",
       "16×16 patches, 256 atoms, by projected gradient",
       {{"patch_size", 16}, {"atoms", 256}, {"update", 1}}},
      {"parts",
       "non-negative codes of unwhitened patches: strokes of digits",
       {{"whitening", 0}, {"non_negative", 1}, {"remove_mean", 0}, {"atoms", 128}, {"lambda", 1}}},
  };
  d.default_data = "leaves";
  d.data_kinds = {DataKind::scenes, DataKind::pictures};
  d.step_metrics = {"objective", "snr_db", "l0", "atoms_used"};
  d.held_out = {.metric = "held_out_objective", .unit = "objective", .first = 2, .every = 6, .share = 8};
  d.codes = {{"code", "the sparse code of a patch"}, {"patch", "the patch itself, prepared as the model sees it"}};
  const ModelOption lambda{.name = "lambda",
                           .meaning = "λ other than the checkpoint's",
                           .kind = ModelOption::Kind::real,
                           .minimum = 0.001,
                           .maximum = 100};
  d.evaluate_options = {lambda};
  d.sample_options = {
      lambda,
      {.name = "sort",
       .meaning = "order of the atoms: usage, frequency, orientation, age or none",
       .kind = ModelOption::Kind::text,
       .default_text = "usage"},
      {.name = "image",
       .meaning = "instead of atoms: FILE coded and put together again",
       .kind = ModelOption::Kind::text},
      {.name = "sheet",
       .meaning = "with --image: four pictures, FILE and the reconstruction, each also as the model sees it",
       .kind = ModelOption::Kind::flag},
      {.name = "stride",
       .meaning = "pixels from patch to patch of --image",
       .kind = ModelOption::Kind::integer,
       .default_text = "3",
       .minimum = 1,
       .maximum = 32},
  };
  d.sample_count = 0;
  return d;
}

class Sparse : public Model {
 public:
  const ModelDeclaration& declaration() const override { return declaration_; }
  std::unique_ptr<BuiltModel> build(const ModelContext& context) const override {
    const auto& data = context.data;
    if (data.kind == DataKind::sounds || data.train_count() < 1 ||
        (data.kind == DataKind::pictures && data.train.channels != 1))
      throw Error(fmt::format("{}: sparse coding takes scenes or grey pictures; found {} {}", data.spec,
                              data.train_count(), data_kind_name(data.kind)));
    return std::make_unique<BuiltSparse>(context);
  }

 private:
  ModelDeclaration declaration_ = declare();
};

std::vector<Scene> scenes_of(const ImageSet& set) {
  std::vector<Scene> scenes;
  const auto pixels = static_cast<std::size_t>(set.height) * static_cast<std::size_t>(set.width);
  for (int i = 0; i < set.count; ++i) {
    Scene scene{fmt::format("picture {}", i), set.height, set.width, std::vector<float>(pixels)};
    for (std::size_t p = 0; p < pixels; ++p)
      scene.grey[p] = static_cast<float>(set.pixels[static_cast<std::size_t>(i) * pixels + p]) / 255.0f;
    scenes.push_back(std::move(scene));
  }
  return scenes;
}

PreparationOptions preparation_of(const KnobValues& knobs) {
  return {.size = knobs.integer("patch_size"),
          .whitening = static_cast<Whitening>(knobs.integer("whitening")),
          .cutoff = knobs["cutoff"],
          .remove_mean = knobs.flag("remove_mean"),
          .normalise_variance = knobs.flag("normalise_variance")};
}

}  // namespace

BuiltSparse::BuiltSparse(const ModelContext& context)
    : context_(context),
      store_(context.store),
      preparation_(preparation_of(context.knobs)),
      atoms_(context.knobs.integer("atoms")),
      batch_(context.knobs.integer("batch_size")) {
  const auto& data = context.data;
  for (const int split : {0, 1}) {
    if (data.kind == DataKind::pictures) picture_scenes_[split] = scenes_of(split == 0 ? data.train : data.test);
    const auto& scenes = data.kind == DataKind::pictures ? picture_scenes_[split]
                         : split == 0                    ? data.train_scenes
                                                         : data.test_scenes;
    sources_[split] = PatchSource(scenes, preparation_, data.spec);
    if (split == 0 && sources_[0].count() == 0)
      throw Error(fmt::format("{}: no scene to train on can be used; of {}, the first: {}", data.spec, scenes.size(),
                              sources_[0].first_left_out()));
  }
  if (const auto& known = context.normalisation;
      preparation_.whitening == Whitening::zca && known.contains("zca") && known.contains("zca_inverse")) {
    zca_ = Zca{known.at("zca"), known.at("zca_inverse")};
    const auto wanted = static_cast<std::size_t>(pixels()) * static_cast<std::size_t>(pixels());
    if (zca_->whitening.size() != wanted || zca_->unwhitening.size() != wanted)
      throw Error(fmt::format("the checkpoint's whitening has {} numbers; patches of {}×{} pixels need {}",
                              zca_->whitening.size(), size(), size(), wanted));
  } else if (preparation_.whitening == Whitening::zca) {
    std::vector<float> sample;
    for (int i = 0; i < kZcaPatches; ++i) {
      auto patch = sources_[0].cut(sources_[0].place(kEvaluationSeed, 0, static_cast<std::uint32_t>(i)));
      normalise_patch(patch, preparation_);
      sample.insert(sample.end(), patch.begin(), patch.end());
    }
    zca_ = fit_zca(sample, pixels());
  }
  build_step();
}

Normalisation BuiltSparse::normalisation() const {
  if (!zca_) return {};
  return {{"zca", zca_->whitening}, {"zca_inverse", zca_->unwhitening}};
}

void BuiltSparse::build_step() {
  const auto& knobs = context_.knobs;
  auto& g = graph_;
  const auto k = static_cast<std::int64_t>(atoms_), p = static_cast<std::int64_t>(pixels());
  const int iterations = knobs.integer("iterations");

  // Everything that a run keeps.
  const auto& dictionary_tensor = store_.parameter("dictionary", {k, p}, unit_rows());
  const auto& products_tensor = store_.kept_state("products", {k, k}, zeros());
  const auto& targets_tensor = store_.kept_state("targets", {k, p}, zeros());
  const auto& states_tensor = store_.kept_state("atoms", {atom_state_rows, k}, zeros());
  const auto& power_tensor = store_.kept_state("power", {1, k}, normal(1));
  moments_state(store_);
  for (const char* name :
       {"lambda", "dictionary_rate", "solver", "non_negative", "update", "unit_norm", "replace_dead"})
    knob_state(store_, name);
  for (const char* name : {"objective", "snr_db", "l0", "atoms_used"}) metric_state(store_, name);
  const Tensor step = g.external(step_state(store_)), seed = g.external(seed_state(store_));
  store_.materialise(false, false);

  // The scenes side by side.
  const auto& source = sources_[0];
  std::vector<float> values;
  std::vector<std::uint32_t> table;
  for (int i = 0; i < source.count(); ++i) {
    const auto& scene = source.scene(i);
    table.insert(table.end(),
                 {source.first_place()[static_cast<std::size_t>(i)], static_cast<std::uint32_t>(values.size()),
                  static_cast<std::uint32_t>(scene.width), 0});
    values.insert(values.end(), scene.values.begin(), scene.values.end());
  }
  table.insert(table.end(), {source.places(), 0, 0, 0});
  const auto elements = static_cast<std::int64_t>(values.size());
  const Tensor scenes = g.constant("scenes", {elements}, std::move(values)),
               places = g.constant("places of scenes", {source.count() + 1, scene_columns}, std::move(table));
  std::vector<float> ones(static_cast<std::size_t>(k * k));
  for (std::int64_t i = 0; i < k; ++i) ones[static_cast<std::size_t>(i * k + i)] = 1;
  const Tensor identity = g.constant("identity", {k, k}, std::move(ones));

  Tensor patches = draw_patches(g, scenes, places, seed, step, batch_,
                                {preparation_.size, preparation_.remove_mean, preparation_.normalise_variance});
  if (zca_) patches = matmul(g, patches, g.constant("zca", {p, p}, zca_->whitening));

  // Codes: z = y - (yφ - x)φᵀ/L = y·(I - G/L) + xφᵀ/L with G = φφᵀ, then the threshold.
  const Tensor dictionary = g.external(dictionary_tensor), turned = transpose(g, dictionary);
  const Tensor gram = matmul(g, dictionary, turned);
  Tensor power = g.external(power_tensor), before_last;
  for (int i = 0; i < kPowerSteps; ++i) {
    before_last = power;
    power = matmul(g, power, gram);
  }
  const Tensor length = sqrt(g, sum_squares(g, power));
  const Tensor inverse_step = affine(g, divide(g, sqrt(g, sum_squares(g, before_last)), length), 1 / kStepMargin, 0);
  copy_to(g, divide(g, power, length), g.external(power_tensor));
  const auto live = [&](const char* knob) { return g.external(context_.live(knob)); };
  const Tensor lambda = live("lambda"), threshold = multiply(g, inverse_step, lambda);
  const Thresholds thresholds{threshold, add(g, threshold, affine(g, live("non_negative"), kNever, 0))};
  const Tensor matrix = subtract(g, identity, multiply(g, gram, inverse_step));
  const Tensor start = multiply(g, matmul(g, patches, turned), inverse_step);
  const Tensor fista = g.input("momenta", {1, iterations});
  const Tensor momenta = multiply(g, fista, affine(g, live("solver"), -1, 1));  // ISTA has none
  Tensor codes = shrink(g, start, thresholds), point = codes;                   // from zero
  for (int i = 1; i < iterations; ++i) {
    const Tensor z = matmul(g, point, matrix, {.residual = start});
    if (i + 1 == iterations) {
      codes = shrink(g, z, thresholds);
    } else {
      const Shrunk next = shrink_with_momentum(g, z, codes, thresholds, momenta, i);
      codes = next.codes;
      point = next.point;
    }
  }

  // How good they are, before the dictionary changes.
  const Tensor residual = subtract(g, patches, matmul(g, codes, dictionary));
  const Tensor sums = code_sums(g, codes);
  const Tensor squares = sum_squares(g, patches), squared_error = sum_squares(g, residual);
  const Tensor before = affine(g, dictionary, 1, 0);

  // The dictionary.
  const Tensor products = g.external(products_tensor), targets = g.external(targets_tensor),
               states = g.external(states_tensor);
  const Conv2dOptions product;
  const Tensor code_products = conv2d_weight_gradient(g, codes, codes, {k, k}, product),
               code_targets = conv2d_weight_gradient(g, codes, patches, {k, p}, product);
  blend(g, products, code_products, batch_, step);
  blend(g, targets, code_targets, batch_, step);
  const Tensor unit_norm = live("unit_norm"), by_gradient = live("update");
  const Tensor rate = affine(g, live("dictionary_rate"), 1.0f / static_cast<float>(batch_), 0);
  const Tensor slope = subtract(g, code_targets, matmul(g, code_products, before));  // aᵀ(x - aφ)
  const Tensor moved = add(g, before, multiply(g, slope, rate));
  update_atoms(g, dictionary, products, targets, unit_norm);
  copy_to(g, add(g, multiply(g, dictionary, affine(g, by_gradient, -1, 1)), multiply(g, moved, by_gradient)),
          dictionary);
  normalise_rows(g, dictionary, unit_norm);
  finish_atoms(g, {.dictionary = dictionary,
                   .before = before,
                   .sums = sums,
                   .patches = patches,
                   .states = states,
                   .products = products,
                   .targets = targets,
                   .step = step,
                   .replace = live("replace_dead")});
  const auto metric = [&](const char* name) { return g.external(metric_state(store_, name)); };
  summarise(g, sums, states, squares, squared_error, lambda, batch_,
            {metric("objective"), metric("snr_db"), metric("l0"), metric("atoms_used"), step});
  train_ = std::make_unique<Program>(context_.device, g,
                                     ProgramOptions{.name = "training step", .segment_ms = kSegmentMs});
  if (iterations > 2) train_->write(fista, fista_momenta(iterations));
}

std::string BuiltSparse::data_note() const {
  const int small = sources_[0].small() + sources_[1].small(), flat = sources_[0].flat() + sources_[1].flat();
  if (small + flat == 0) return "";
  const auto& first = sources_[0].first_left_out();
  return fmt::format("{} {} left out, {} smaller than a patch and {} flat; the first: {}.", small + flat,
                     small + flat == 1 ? "scene" : "scenes", small, flat,
                     first.empty() ? sources_[1].first_left_out() : first);
}

Dictionary BuiltSparse::dictionary() const {
  return {atoms_, pixels(), read_tensor(context_.device, store_.tensor("dictionary", ParameterStore::value))};
}

AtomStates BuiltSparse::atom_states() const {
  const auto values = read_tensor(context_.device, *store_.kept_states().at("atoms"));
  const auto row = [&](AtomState which) {
    const auto begin = values.begin() + static_cast<std::ptrdiff_t>(which) * atoms_;
    return std::vector<float>(begin, begin + atoms_);
  };
  return {row(atom_usage), row(atom_energy), row(atom_age), row(atom_change)};
}

Inference BuiltSparse::inference() const {
  return {.lambda = context_.knobs["lambda"],
          .non_negative = context_.knobs.flag("non_negative"),
          .solver = static_cast<Solver>(context_.knobs.integer("solver"))};
}

void BuiltSparse::finish_patch(std::span<float> patch, PatchScale* scale) const {
  const PatchScale found = normalise_patch(patch, preparation_);
  if (scale) *scale = found;
  if (!zca_) return;
  std::vector<float> whitened(patch.size());
  for (std::size_t i = 0; i < patch.size(); ++i)
    for (std::size_t j = 0; j < patch.size(); ++j) whitened[j] += patch[i] * zca_->whitening[i * patch.size() + j];
  std::copy(whitened.begin(), whitened.end(), patch.begin());
}

std::vector<PatchPlace> BuiltSparse::places(int split, std::int64_t first, int count) const {
  const auto& source = sources_[split];
  if (source.count() == 0) throw Error(fmt::format("{} has no held-out scenes", context_.data.spec));
  const auto words = read_tensor_u32(context_.device, seed_state(store_));
  const std::uint64_t seed = split == 0 ? words[0] | std::uint64_t{words[1]} << 32 : kEvaluationSeed;
  std::vector<PatchPlace> places;
  for (std::int64_t i = first; i < first + count; ++i)
    places.push_back(split == 0 ? source.place(seed, static_cast<std::uint32_t>(i / batch_),
                                               static_cast<std::uint32_t>(i % batch_))
                                : source.place(seed, 0, static_cast<std::uint32_t>(i)));
  return places;
}

std::vector<float> BuiltSparse::patch(int split, const PatchPlace& place, PatchScale* scale) const {
  auto patch = sources_[split].cut(place);
  finish_patch(patch, scale);
  return patch;
}

std::vector<float> BuiltSparse::patch(const PreparedScene& scene, int y, int x, PatchScale* scale) const {
  std::vector<float> patch;
  for (int row = y; row < y + size(); ++row) {
    const auto begin = scene.values.begin() + static_cast<std::ptrdiff_t>(row) * scene.width + x;
    patch.insert(patch.end(), begin, begin + size());
  }
  finish_patch(patch, scale);
  return patch;
}

std::vector<float> BuiltSparse::unprepared(std::span<const float> patch, const PatchScale& scale) const {
  std::vector<float> values(patch.begin(), patch.end());
  if (zca_) values = restored(patch);
  for (float& v : values) v = v * scale.deviation + scale.mean;
  return values;
}

std::vector<float> BuiltSparse::patches(int split, std::int64_t first, int count) const {
  std::vector<float> all;
  for (const auto& place : places(split, first, count)) {
    const auto one = patch(split, place);
    all.insert(all.end(), one.begin(), one.end());
  }
  return all;
}

std::vector<float> BuiltSparse::grey_patches(int split, std::int64_t first, int count) const {
  std::vector<float> all;
  for (const auto& place : places(split, first, count)) {
    auto one = sources_[split].cut_grey(place);
    normalise_patch(one, {.size = preparation_.size});
    all.insert(all.end(), one.begin(), one.end());
  }
  return all;
}

std::vector<float> BuiltSparse::restored(std::span<const float> patch) const {
  return restore_patch(patch, preparation_,
                       zca_ ? std::span<const float>(zca_->unwhitening) : std::span<const float>());
}

BatchSolver& BuiltSparse::slice_solver() {
  if (!slice_solver_) slice_solver_ = std::make_unique<BatchSolver>(store_, kSlicePatches);
  return *slice_solver_;
}

BatchSolver& BuiltSparse::solver() {
  if (!solver_) solver_ = std::make_unique<BatchSolver>(store_, kSolverPatches);
  return *solver_;
}

}  // namespace unveil::sparse

namespace unveil {

const Model& sparse_model() {
  static const sparse::Sparse model;
  return model;
}

}  // namespace unveil
