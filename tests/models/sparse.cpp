#include "engine/models/sparse/model.h"

#include <Eigen/Dense>
#include <cmath>
#include <numbers>
#include <random>

#include "engine/data/dead_leaves.h"
#include "engine/models/sparse/update.h"
#include "engine/ops/patches.h"
#include "engine/train/run.h"
#include "tests/catch.h"
#include "tests/data/files.h"
#include "tests/device.h"

using namespace unveil;
using namespace unveil::test;

namespace {

using Knobs = std::vector<std::pair<std::string, std::string>>;

std::shared_ptr<const Dataset> leaves() {
  static const auto data =
      std::make_shared<const Dataset>(load_dataset("leaves", {.train_count = 1, .test_count = 1}));
  return data;
}

std::unique_ptr<Run> run_of(const Knobs& knobs, std::shared_ptr<const Dataset> data = leaves(),
                            std::uint64_t seed = 5) {
  const Model& model = find_model("sparse");
  Run::Setup setup{&model, std::move(data), KnobValues(model.declaration().knobs), seed};
  for (const auto& [name, value] : knobs) setup.knobs.set_text(name, value);
  return std::make_unique<Run>(device(), std::move(setup));
}

const Knobs kSmall{{"atoms", "40"}, {"patch_size", "6"}, {"batch_size", "64"}, {"iterations", "20"}};
Knobs small(Knobs more) {
  more.insert(more.begin(), kSmall.begin(), kSmall.end());
  return more;
}

sparse::BuiltSparse& built(Run& run) {
  return static_cast<sparse::BuiltSparse&>(run.built());
}

std::vector<float> normal_values(std::size_t count, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal;
  std::vector<float> values(count);
  for (auto& v : values) v = normal(random);
  return values;
}

double length(std::span<const float> values) {
  double squares = 0;
  for (const float v : values) squares += double{v} * v;
  return std::sqrt(squares);
}

// A random dictionary of unit atoms in a store of its own.
struct RandomDictionary {
  ParameterStore store{device()};
  sparse::Dictionary dictionary;
  RandomDictionary(int atoms, int pixels) {
    store.parameter("dictionary", {atoms, pixels}, unit_rows());
    store.materialise(false, false);
    store.initialise(3);
    dictionary = {atoms, pixels, read_tensor(device(), store.tensor("dictionary", ParameterStore::value))};
  }
};

}  // namespace

TEST_CASE("converged codes satisfy the lasso's optimality conditions", "[sparse]") {
  RandomDictionary random(70, 36);
  const int count = 24;
  const auto patches = normal_values(static_cast<std::size_t>(count) * 36, 1);
  sparse::BatchSolver solver(random.store, 32);
  for (const bool non_negative : {false, true}) {
    const sparse::Inference inference{.lambda = 0.5, .non_negative = non_negative};
    const auto codes = solver.solve(patches, inference, {.gap = 1e-4, .violation = 1e-3, .iterations = 4000});
    REQUIRE(codes.size() == static_cast<std::size_t>(count) * 70);
    for (int i = 0; i < count; ++i) {
      const auto code = std::span(codes).subspan(static_cast<std::size_t>(i) * 70, 70);
      const auto patch = std::span(patches).subspan(static_cast<std::size_t>(i) * 36, 36);
      // Independently of what the solver tests: the gradient φ(x - aφ) against λ.
      const auto again = sparse::reconstruct(random.dictionary, code);
      for (int k = 0; k < 70; ++k) {
        double slope = 0;
        for (std::size_t p = 0; p < 36; ++p) slope += double{random.dictionary.atom(k)[p]} * (patch[p] - again[p]);
        const float a = code[static_cast<std::size_t>(k)];
        if (non_negative) CHECK(a >= 0);
        const double wrong = a != 0 ? std::abs(slope - std::copysign(0.5, a))
                                    : std::max(0.0, (non_negative ? slope : std::abs(slope)) - 0.5);
        CHECK(wrong <= 1e-3 * 0.5);
      }
      CHECK(sparse::code_quality(random.dictionary, patch, code, inference).gap <= 1e-4);
    }
  }
  require_silent_validation();
}

TEST_CASE("the quality of a code is that of its definition", "[sparse]") {
  // One atom along the first pixel: the code of (3, 1) at λ = 1 is 2, its objective ½(1 + 1) + 2.
  const sparse::Dictionary one{1, 2, {1, 0}};
  const float patch[] = {3, 1}, code[] = {2}, poor[] = {3};
  const auto good = sparse::code_quality(one, patch, code, {.lambda = 1});
  CHECK(good.objective == Approx(3));
  CHECK(good.gap == Approx(0).margin(1e-12));
  CHECK(good.violation == Approx(0).margin(1e-12));
  CHECK(good.active == 1);
  const auto bad = sparse::code_quality(one, patch, poor, {.lambda = 1});
  CHECK(bad.violation == Approx(1));
  CHECK(bad.gap > 0.01);
}

TEST_CASE("FISTA reaches ISTA's objective in a fraction of the iterations", "[sparse]") {
  const RandomDictionary random(96, 36);
  const auto patch = normal_values(36, 4);
  const int iterations = 150;
  const auto ista =
      sparse::trace(random.dictionary, patch, {.lambda = 0.3, .solver = sparse::Solver::ista}, iterations);
  const auto fista = sparse::trace(random.dictionary, patch, {.lambda = 0.3}, iterations);
  REQUIRE(fista.steps.size() == 151);
  for (std::size_t i = 1; i < ista.steps.size(); ++i)
    CHECK(ista.steps[i].objective <= ista.steps[i - 1].objective + 1e-9);
  std::size_t reached = 0;
  while (reached < fista.steps.size() && fista.steps[reached].objective > ista.steps.back().objective) ++reached;
  CHECK(reached < 60);
  // What is shown is soft thresholding.
  const auto& step = fista.steps[10];
  for (std::size_t k = 0; k < step.after.size(); ++k)
    CHECK(step.after[k] ==
          Approx(std::copysign(std::max(std::abs(step.before[k]) - fista.threshold, 0.0), step.before[k]))
              .margin(1e-6));
}

TEST_CASE("the device's iterations are those that are traced", "[sparse]") {
  RandomDictionary random(50, 25);
  const auto patches = normal_values(3 * 25, 8);
  sparse::BatchSolver solver(random.store, 8);
  for (const auto which : {sparse::Solver::fista, sparse::Solver::ista})
    for (const bool non_negative : {false, true}) {
      const sparse::Inference inference{.lambda = 0.4, .non_negative = non_negative, .solver = which};
      const auto codes = solver.run(patches, inference, 57);
      for (std::size_t i = 0; i < 3; ++i) {
        const auto shown = sparse::trace(random.dictionary, std::span(patches).subspan(25 * i, 25), inference, 57);
        for (std::size_t k = 0; k < 50; ++k)
          CHECK(codes[50 * i + k] == Approx(shown.steps.back().after[k]).margin(2e-4));
      }
    }
}

TEST_CASE("atoms in the order of their contribution lower the error one by one", "[sparse]") {
  const RandomDictionary random(40, 16);
  const auto patch = normal_values(16, 2);
  const auto code = sparse::trace(random.dictionary, patch, {.lambda = 0.3}, 200).steps.back().after;
  const auto order = sparse::contribution_order(random.dictionary, patch, code);
  CHECK(order.size() ==
        static_cast<std::size_t>(std::count_if(code.begin(), code.end(), [](float a) { return a != 0; })));
  std::vector<float> partial(40);
  const auto error = [&] { return sparse::code_quality(random.dictionary, patch, partial, {}).squared_error; };
  const double nothing = error();
  partial[static_cast<std::size_t>(order[0])] = code[static_cast<std::size_t>(order[0])];
  CHECK(error() < nothing);
  for (const int other : order) {
    std::vector<float> alone(40);
    alone[static_cast<std::size_t>(other)] = code[static_cast<std::size_t>(other)];
    CHECK(error() <= sparse::code_quality(random.dictionary, patch, alone, {}).squared_error + 1e-9);
  }
}

TEST_CASE("what happens to a dictionary in a step follows the double-precision references", "[sparse]") {
  const int atoms = 29, pixels = 30, batch = 21;
  for (const float unit : {1.0f, 0.0f}) {
    Graph graph;
    const auto input = [&](const char* name, const Shape& shape) { return graph.input(name, shape); };
    const Tensor codes = input("codes", {batch, atoms}), patches = input("patches", {batch, pixels}),
                 dictionary = input("dictionary", {atoms, pixels}), products = input("products", {atoms, atoms}),
                 targets = input("targets", {atoms, pixels}), states = input("states", {4, atoms}),
                 sample = input("sample", {atoms, atoms}), wanted = input("unit", {1}),
                 replace = input("replace", {1}), lambda = input("lambda", {1}), squares = input("squares", {1}),
                 error = input("error", {1}), before = input("before", {atoms, pixels});
    const Tensor step = graph.input("step", {1}, DType::u32);
    sparse::StepFigures figures{input("objective", {1}), input("snr", {1}), input("l0", {1}), input("used", {1}),
                                step};
    const Tensor sums = sparse::code_sums(graph, codes);
    sparse::blend(graph, products, sample, batch, step);
    sparse::update_atoms(graph, dictionary, products, targets, wanted);
    sparse::finish_atoms(graph, {dictionary, before, sums, patches, states, products, targets, step, replace});
    sparse::summarise(graph, sums, states, squares, error, lambda, batch, figures);
    const std::vector<Tensor> keep{sums,           dictionary, products,          targets, states, figures.objective,
                                   figures.snr_db, figures.l0, figures.atoms_used};
    Program program(device(), graph, {.name = "update", .keep = keep});
    CHECK(find_hazards(program.commands()).empty());
    program.poison();

    std::vector<std::pair<Tensor, HostTensor>> given;
    unsigned seed = 20;
    const auto set = [&](Tensor tensor, std::vector<float> values) {
      program.write(tensor, values);
      HostTensor host(graph.shape(tensor));
      host.values.assign(values.begin(), values.end());
      given.emplace_back(tensor, std::move(host));
    };
    const auto random = [&](Tensor tensor) {
      return normal_values(static_cast<std::size_t>(graph.shape(tensor).elements()), seed++);
    };
    auto sparse_codes = random(codes);
    for (auto& a : sparse_codes) a = std::abs(a) < 1 ? 0 : a;
    set(codes, sparse_codes);
    for (const Tensor tensor : {patches, dictionary, targets, before}) set(tensor, random(tensor));
    auto definite = random(products);  // diagonally dominant, so that solving for atoms is well conditioned
    for (int k = 0; k < atoms; ++k) definite[static_cast<std::size_t>(k * atoms + k)] = 9;
    definite[3 * atoms + 3] = -0.0f;
    set(products, definite);
    auto some = random(sample);
    for (auto& v : some) v *= 5;
    for (int k = 0; k < atoms; ++k) some[static_cast<std::size_t>(k * atoms + k)] = k == 3 ? 0.0f : 200.0f;
    set(sample, some);
    // Atoms 5 and 26 are old and unused and have the same patch of 21 to become; atom 6 is young and unused.
    std::vector<float> known(4 * atoms, 0.2f);
    for (int k = 0; k < atoms; ++k) known[static_cast<std::size_t>(2 * atoms + k)] = 1000;
    known[5] = known[6] = known[26] = -0.1f;
    known[2 * atoms + 6] = 3;
    set(states, known);
    set(wanted, {unit});
    set(replace, {1});
    set(lambda, {0.7f});
    set(squares, {300});
    set(error, {20});
    for (const Tensor tensor : {figures.objective, figures.snr_db, figures.l0, figures.atoms_used}) set(tensor, {0});
    const std::uint32_t at = 12;
    program.write_u32(step, {&at, 1});
    HostTensor counted({1});
    counted.values[0] = at;
    given.emplace_back(step, counted);
    program.run();

    const auto expected = run_reference(graph, given);
    for (const Tensor tensor : keep) {
      const auto found = program.read(tensor);
      const auto& wants = expected[static_cast<std::size_t>(tensor.id)].values;
      REQUIRE(found.size() == wants.size());
      double worst = 0;
      for (std::size_t i = 0; i < found.size(); ++i) {
        const double difference = std::abs(found[i] - wants[i]) / (1 + std::abs(wants[i]));
        worst = std::isnan(difference) ? 1e9 : std::max(worst, difference);
      }
      INFO(graph.info(tensor).name << " of " << graph.shape(tensor).text());
      CHECK(worst < 2e-4);
    }
    CHECK(read_tensor_u32(device(), program.tensor(step))[0] == 13);
    const auto after = program.read(dictionary);
    if (unit != 0)
      for (int k = 0; k < atoms; ++k)
        if (k != 3)
          CHECK(length(std::span(after).subspan(static_cast<std::size_t>(k * pixels), pixels)) ==
                Approx(1).epsilon(1e-4));
    CHECK(program.read(states)[2 * atoms + 5] == 0);      // replaced
    CHECK(program.read(states)[2 * atoms + 6] == 4);      // young
    CHECK(program.read(states)[2 * atoms + 26] == 1001);  // in the next step
  }
  require_silent_validation();
}

TEST_CASE("a batch of nothing, coded as nothing, has a finite signal-to-noise ratio", "[sparse]") {
  Graph graph;
  const auto input = [&](const char* name, const Shape& shape) { return graph.input(name, shape); };
  const Tensor sums = input("sums", {3, 8}), states = input("states", {4, 8}), squares = input("squares", {1}),
               error = input("error", {1}), lambda = input("lambda", {1}),
               step = graph.input("step", {1}, DType::u32);
  const sparse::StepFigures figures{input("objective", {1}), input("snr", {1}), input("l0", {1}), input("used", {1}),
                                    step};
  sparse::summarise(graph, sums, states, squares, error, lambda, 4, figures);
  Program program(device(), graph, {.keep = {figures.objective, figures.snr_db}});
  program.write(sums, std::vector<float>(24));
  program.write(states, std::vector<float>(32));
  program.write(squares, std::vector<float>{0});
  program.write(error, std::vector<float>{0});
  program.write(lambda, std::vector<float>{1});
  const std::uint32_t zero = 0;
  program.write_u32(step, {&zero, 1});
  program.run();
  CHECK(program.read(figures.snr_db)[0] == 0);
  CHECK(program.read(figures.objective)[0] == 0);
  CHECK(sparse::snr_db(0, 0) == 0);
  CHECK(sparse::snr_db(100, 1) == Approx(20));
}

TEST_CASE("patches on the host are those that a training step draws", "[sparse]") {
  std::vector<Scene> scenes;
  for (const auto& [height, width] : {std::pair{9, 14}, {20, 7}}) {
    const auto values = normal_values(static_cast<std::size_t>(height * width), 5);
    scenes.push_back({"scene", height, width, values});
  }
  const sparse::PreparationOptions options{
      .size = 5, .whitening = sparse::Whitening::none, .normalise_variance = true};
  const sparse::PatchSource source(scenes, options, "two");
  std::vector<std::uint32_t> table;
  std::vector<float> values;
  for (int i = 0; i < 2; ++i) {
    table.insert(table.end(),
                 {source.first_place()[static_cast<std::size_t>(i)], static_cast<std::uint32_t>(values.size()),
                  static_cast<std::uint32_t>(source.scene(i).width), 0});
    values.insert(values.end(), source.scene(i).values.begin(), source.scene(i).values.end());
  }
  table.insert(table.end(), {source.places(), 0, 0, 0});
  Graph graph;
  const Tensor all = graph.input("scenes", {static_cast<std::int64_t>(values.size())}),
               places = graph.input("table", {3, 4}, DType::u32), seed = graph.input("seed", {2}, DType::u32),
               step = graph.input("step", {1}, DType::u32);
  const Tensor patches = draw_patches(graph, all, places, seed, step, 30, {5, true, true});
  Program program(device(), graph, {.keep = {patches}});
  const std::uint32_t words[] = {123, 4}, draw = 6;
  program.write(all, values);
  program.write_u32(places, table);
  program.write_u32(seed, words);
  program.write_u32(step, {&draw, 1});
  program.run();
  const auto drawn = program.read(patches);
  for (std::uint32_t i = 0; i < 30; ++i) {
    auto patch = source.cut(source.place(123 + (std::uint64_t{4} << 32), draw, i));
    sparse::normalise_patch(patch, options);
    for (std::size_t p = 0; p < 25; ++p) CHECK(drawn[25 * i + p] == Approx(patch[p]).margin(1e-5));
  }
}

TEST_CASE("training lowers the held-out objective, and atoms keep their length", "[sparse]") {
  const auto run = run_of(kSmall);
  const auto before = built(*run).evaluate(1, 200, {}, {});
  for (int i = 0; i < 60; ++i) run->step();
  const auto after = built(*run).evaluate(1, 200, {}, {});
  CHECK(after.at("objective") < 0.9 * before.at("objective"));
  CHECK(after.at("snr_db") > before.at("snr_db"));
  CHECK(after.at("largest_gap") <= 1e-4);
  CHECK(after.at("atoms_used") > 0.9);
  CHECK(after.at("usage_entropy_bits") <= std::log2(40) + 1e-9);
  CHECK(after.at("mutual_coherence") < 1);
  CHECK(after.at("gabor_fraction") > after.at("pca_gabor_fraction"));
  CHECK(built(*run).evaluate(1, 200, {}, {}) == after);
  const auto dictionary = built(*run).dictionary();
  for (int k = 0; k < 40; ++k) CHECK(length(dictionary.atom(k)) == Approx(1).epsilon(1e-4));
  for (const float age : built(*run).atom_states().age) CHECK(age <= 60);
  const auto metrics = run->metrics();
  CHECK(metrics.at("objective") == Approx(after.at("objective")).epsilon(0.3));
  CHECK(metrics.at("l0") == Approx(after.at("l0")).epsilon(0.4));
  require_silent_validation();
}

TEST_CASE("projected gradient and ISTA learn as well, and knobs change while it runs", "[sparse]") {
  const auto run = run_of(small({{"update", "gradient"}, {"solver", "ista"}}));
  for (int i = 0; i < 3; ++i) run->step();
  const double first = run->metrics().at("objective");
  for (int i = 0; i < 40; ++i) run->step();
  CHECK(run->metrics().at("objective") < first);
  const auto dictionary = built(*run).dictionary();
  for (int k = 0; k < 40; ++k) CHECK(length(dictionary.atom(k)) == Approx(1).epsilon(1e-4));
  run->set_knob("non_negative", 1);
  run->set_knob("update", 0);
  const double dense = run->metrics().at("l0");
  run->set_knob("lambda", 4);
  for (int i = 0; i < 5; ++i) run->step();
  CHECK(run->metrics().at("l0") < dense);
}

TEST_CASE("broken on purpose: atoms of any length cheat the penalty; dead atoms stay dead", "[sparse]") {
  const auto run = run_of(small({{"unit_norm", "false"}}));
  for (int i = 0; i < 80; ++i) run->step();
  const auto dictionary = built(*run).dictionary();
  double mean = 0;
  for (int k = 0; k < 40; ++k) mean += length(dictionary.atom(k)) / 40;
  CHECK(mean > 1.3);

  // An atom that no patch can use: it goes on, or becomes a patch.
  for (const bool replace : {false, true}) {
    const auto other = run_of(small({{"replace_dead", replace ? "true" : "false"}}));
    auto values = built(*other).dictionary().values;
    for (std::size_t p = 0; p < 36; ++p) values[p] = (p / 6 + p) % 2 ? 1.0f / 6 : -1.0f / 6;  // the finest checks
    write_tensor(device(), other->parameters().tensor("dictionary", ParameterStore::value), values);
    for (int i = 0; i < 60; ++i) other->step();
    const auto states = built(*other).atom_states();
    CHECK((states.age[0] < 60) == replace);
    if (!replace) CHECK(states.usage[0] < 5e-4f);
  }
}

TEST_CASE("a sparse coding run goes on from a checkpoint with the same bits", "[sparse]") {
  TestFolder folder;
  const auto path = folder / "s.safetensors";
  const auto straight = run_of(small({{"lambda", "0.9"}}));
  for (int i = 0; i < 14; ++i) straight->step();
  const auto first = run_of(small({{"lambda", "0.9"}}));
  for (int i = 0; i < 7; ++i) first->step();
  write_safetensors(path, first->checkpoint());
  const auto file = read_safetensors(path);
  const auto second = std::make_unique<Run>(device(), setup_from(checkpoint_info(file, path), leaves()));
  second->restore(file, path);
  for (int i = 0; i < 7; ++i) second->step();
  const auto a = straight->checkpoint(), b = second->checkpoint();
  REQUIRE(a.tensors.size() == 5);
  REQUIRE(b.tensors.size() == a.tensors.size());
  for (std::size_t i = 0; i < a.tensors.size(); ++i) CHECK(a.tensors[i].data == b.tensors[i].data);
  CHECK(a.metadata == b.metadata);
  auto damaged = file;
  damaged.tensors.pop_back();
  CHECK_THAT(error_of([&] { second->restore(damaged, path); }), Contains("is missing"));
}

TEST_CASE("whitening flattens the spectrum of dead leaves and is undone but for the finest detail", "[sparse]") {
  const Scene& scene = leaves()->train_scenes[0];
  const sparse::PreparationOptions options;
  const auto prepared = sparse::prepare_scene(scene, options);
  double mean = 0, square = 0;
  for (const float v : prepared.values) mean += v, square += double{v} * v;
  const double n = static_cast<double>(prepared.values.size());
  CHECK(mean / n == Approx(0).margin(1e-3));
  CHECK(square / n == Approx(1).epsilon(1e-3));
  const auto restored = sparse::restore_scene(prepared, options);
  double error = 0, signal = 0, middle = 0;
  for (const float v : scene.grey) middle += v / n;
  for (std::size_t i = 0; i < scene.grey.size(); ++i) {
    error += std::pow(double{scene.grey[i]} - restored.grey[i], 2);
    signal += std::pow(scene.grey[i] - middle, 2);
  }
  CHECK(10 * std::log10(signal / error) > 20);
  CHECK(sparse::whitening_response(0, 0.39) == 0);
  CHECK(sparse::whitening_response(0.39, 0.39) == Approx(0.39 / std::numbers::e));
}

TEST_CASE("ZCA gives patches the unit covariance, and its inverse gives them back", "[sparse]") {
  const auto run = run_of(small({{"whitening", "zca"}}));
  const auto patches = built(*run).patches(0, 0, 4000);
  Eigen::MatrixXd x(4000, 36);
  for (int i = 0; i < 4000; ++i)
    for (int p = 0; p < 36; ++p) x(i, p) = patches[static_cast<std::size_t>(36 * i + p)];
  const Eigen::VectorXd variances =
      Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd>(x.transpose() * x / 4000).eigenvalues();
  CHECK(variances[35] < 1.5);
  CHECK(variances[35] > 0.7);
  const auto place = built(*run).places(0, 9, 1)[0];
  sparse::PatchScale scale;
  const auto patch = built(*run).patch(0, place, &scale);
  const auto again = built(*run).unprepared(patch, scale);
  const auto original = built(*run).source(0).cut(place);
  for (std::size_t p = 0; p < 36; ++p) CHECK(again[p] == Approx(original[p]).margin(2e-3));
  for (int i = 0; i < 3; ++i) run->step();
  CHECK(std::isfinite(run->metrics().at("objective")));
}

TEST_CASE("a Gabor function is recognised, with its parameters; noise and whole sinusoids are not", "[sparse]") {
  for (const double orientation : {0.0, 0.7, 1.5, 2.9}) {
    const sparse::Gabor truth{5.2, 6.4, orientation, 0.18, 0.6, 1.8, 2.6, 1.3};
    std::vector<float> patch;
    for (int y = 0; y < 12; ++y)
      for (int x = 0; x < 12; ++x) patch.push_back(static_cast<float>(truth.at(x, y)));
    const auto fit = sparse::fit_gabor(patch, 12);
    CHECK(fit.r2 > 0.999);
    CHECK(fit.good(12));
    CHECK(fit.centre_x == Approx(5.2).margin(0.1));
    CHECK(fit.centre_y == Approx(6.4).margin(0.1));
    CHECK(fit.frequency == Approx(0.18).margin(0.01));
    CHECK(std::abs(std::sin(fit.orientation - orientation)) < 0.03);
    CHECK(fit.width == Approx(1.8).margin(0.2));
    for (int i = 0; i < 144; ++i)
      CHECK(fit.at(i % 12, i / 12) == Approx(patch[static_cast<std::size_t>(i)]).margin(0.03));
    CHECK(fit.bandwidth_octaves() > 0);
  }
  CHECK_FALSE(sparse::fit_gabor(normal_values(144, 3), 12).good(12));
  CHECK(sparse::fit_gabor(std::vector<float>(144), 12).r2 == 0);
  std::vector<float> grating;
  for (int i = 0; i < 144; ++i)
    grating.push_back(static_cast<float>(std::cos(2 * std::numbers::pi * 0.2 * (i % 12))));
  CHECK_FALSE(sparse::fit_gabor(grating, 12).good(12));
}

TEST_CASE("principal components explain their variance and rebuild patches", "[sparse]") {
  auto patches = normal_values(500 * 9, 6);
  for (std::size_t i = 0; i < patches.size(); ++i) patches[i] = patches[i] * static_cast<float>(1 + i % 9) + 0.5f;
  const auto pca = sparse::fit_pca(patches, 9);
  CHECK(pca.variances[0] == Approx(81).epsilon(0.2));
  for (std::size_t i = 1; i < 9; ++i) CHECK(pca.variances[i] <= pca.variances[i - 1]);
  CHECK(pca.snr_db(patches, 2) < pca.snr_db(patches, 5));
  CHECK(pca.snr_db(patches, 9) > 80);
  for (int i = 0; i < 9; ++i)
    CHECK(length(std::span(pca.components).subspan(static_cast<std::size_t>(9 * i), 9)) == Approx(1));
  CHECK(std::abs(pca.components[8]) > 0.95f);
}

TEST_CASE("data and knobs that do not suit sparse coding are said in one line", "[sparse]") {
  CHECK_THAT(error_of([] { run_of({{"patch_size", "64"}}); }), Contains("patch_size"));
  CHECK_THAT(error_of([] { run_of({{"lambda", "0"}}); }), Contains("lambda") && Contains("0.001"));
  CHECK_THAT(error_of([] { run_of({{"lambda", "-1"}}); }), Contains("lambda"));
  auto data = std::make_shared<Dataset>();
  data->spec = "images:here";
  data->kind = DataKind::scenes;
  data->train_scenes.push_back({"tiny.png", 9, 40, std::vector<float>(360, 0.5f)});
  CHECK_THAT(error_of([&] { run_of({}, data); }),
             Contains("tiny.png") && Contains("40×9") && Contains("patch_size = 12"));
  data->train_scenes.push_back({"flat.png", 20, 20, std::vector<float>(400, 0.5f)});
  CHECK_THAT(error_of([&] { run_of({}, data); }), Contains("of 2, the first: tiny.png"));
  std::swap(data->train_scenes[0], data->train_scenes[1]);
  CHECK_THAT(error_of([&] { run_of({}, data); }), Contains("flat.png is flat"));
  // One that can be used is enough; the others are counted.
  data->train_scenes.push_back({"good.png", 20, 20, normal_values(400, 1)});
  data->test_scenes.push_back({"thin.png", 5, 40, normal_values(200, 1)});
  data->train_scenes[1] = {"tiny.png", 5, 40, std::vector<float>(200, 0.5f)};
  data->description = "Scenes.";
  const auto run = run_of(kSmall, data);
  CHECK(built(*run).source(0).count() == 1);
  CHECK(built(*run).source(0).number(0) == 2);
  CHECK(run->data_description() ==
        "Scenes. 3 scenes left out, 2 smaller than a patch and 1 flat; the first: flat.png is flat: one grey level "
        "throughout.");
  CHECK_THAT(error_of([&] { built(*run).evaluate(1, 10, {}, {}); }), Contains("no held-out scenes"));
}

TEST_CASE("pictures of one size serve as scenes, and their labels go with the codes", "[sparse]") {
  const auto digits = std::make_shared<const Dataset>(load_dataset("digits", {.train_count = 60, .test_count = 20}));
  const auto run = run_of(small({{"whitening", "none"}, {"remove_mean", "false"}, {"non_negative", "true"}}), digits);
  for (int i = 0; i < 3; ++i) run->step();
  const auto codes = built(*run).encode("code", 1, 50, {});
  CHECK(codes.count == 50);
  CHECK(codes.dimensions == 40);
  REQUIRE(codes.labels.size() == 1);
  CHECK(codes.labels[0].values.size() == 50);
  for (const float a : codes.values) CHECK(a >= 0);
  const auto patches = built(*run).encode("patch", 0, 70, {});
  CHECK(patches.dimensions == 36);
  CHECK(patches.values == built(*run).patches(0, 0, 70));
  // A few alone are the same, and come with what they look like.
  const auto few = built(*run).encode_items("code", 1, std::vector<int>{7, 8, 3});
  CHECK(few.count == 3);
  double farthest = 0;  // the solver stops when a whole batch is there
  for (std::size_t i = 0; i < 80; ++i)
    farthest = std::max(farthest, std::abs(double{few.values[i]} - codes.values[280 + i]));
  CHECK(farthest < 1e-3);
  REQUIRE(few.labels.size() == 1);
  CHECK(few.labels[0].values[2] == codes.labels[0].values[3]);
  CHECK(few.picture_side == 6);
  CHECK(few.pictures.size() == 3 * 36);
}

TEST_CASE("atoms and a picture's reconstruction come as pictures", "[sparse]") {
  TestFolder folder;
  const auto run = run_of(kSmall);
  for (int i = 0; i < 40; ++i) run->step();
  for (const char* by : {"usage", "frequency", "orientation", "age", "none"}) {
    const auto atoms = built(*run).sample(0, 0, {{"sort", by}}, false, {});
    REQUIRE(atoms.pictures.size() == 40);
    CHECK(atoms.pictures[0].width == 6);
  }
  CHECK_THAT(error_of([&] {
               built(*run).sample(0, 0, {{"sort", "beauty"}}, false, {});
             }),
             Contains("usage, frequency"));
  Scene scene{"part", 48, 60, {}};
  const auto& whole = leaves()->test_scenes[0];
  for (int y = 0; y < 48; ++y)
    scene.grey.insert(scene.grey.end(), whole.grey.begin() + 512 * y, whole.grey.begin() + 512 * y + 60);
  const auto fine = built(*run).reconstruct_scene(scene, {.lambda = 0.2}, 3, {});
  const auto coarse = built(*run).reconstruct_scene(scene, {.lambda = 2}, 3, {});
  CHECK(fine.snr_db > coarse.snr_db + 3);
  CHECK(fine.l0 > coarse.l0);
  CHECK(fine.restored.grey.size() == scene.grey.size());
  Picture picture{60, 48, 1, {}};
  for (const float v : scene.grey) picture.pixels.push_back(static_cast<std::uint8_t>(255 * v));
  save_png(folder / "part.png", picture);
  OptionValues options{{"image", (folder / "part.png").string()}, {"stride", "3"}};
  const auto shown = built(*run).sample(0, 0, options, false, {});
  CHECK(shown.pictures.size() == 1);
  CHECK(shown.scale == 1);
  options["sheet"] = "true";
  CHECK(built(*run).sample(0, 0, options, false, {}).pictures.size() == 4);
}
