#include <cmath>
#include <cstring>
#include <numbers>
#include <random>

#include "engine/data/philox.h"
#include "engine/models/training.h"
#include "engine/models/vae/model.h"
#include "engine/nn/gradients.h"
#include "engine/ops/batch.h"
#include "engine/ops/gaussian.h"
#include "engine/ops/random.h"
#include "engine/ops/reduce.h"
#include "engine/train/run.h"
#include "tests/catch.h"
#include "tests/device.h"

using namespace unveil;
using namespace unveil::test;

namespace {

using Knobs = std::vector<std::pair<std::string, std::string>>;

std::shared_ptr<const Dataset> some_digits() {
  static const auto data =
      std::make_shared<const Dataset>(load_dataset("digits", {.train_count = 512, .test_count = 100}));
  return data;
}

std::unique_ptr<Run> run_of(const Knobs& knobs, std::shared_ptr<const Dataset> data = some_digits(),
                            std::uint64_t seed = 5) {
  const Model& model = find_model("vae");
  Run::Setup setup{&model, std::move(data), KnobValues(model.declaration().knobs), seed};
  for (const auto& [name, value] : knobs) setup.knobs.set_text(name, value);
  return std::make_unique<Run>(device(), std::move(setup));
}

const Knobs kSmall{{"hidden", "32"}, {"batch_size", "32"}};
Knobs small(Knobs more) {
  more.insert(more.begin(), kSmall.begin(), kSmall.end());
  return more;
}

vae::BuiltVae& built(Run& run) {
  return static_cast<vae::BuiltVae&>(run.built());
}

std::vector<float> parameters(Run& run, ParameterStore::Slot slot = ParameterStore::value) {
  std::vector<float> all;
  for (const auto& path : run.parameters().paths()) {
    const auto values = read_tensor(run.device(), run.parameters().tensor(path, slot));
    all.insert(all.end(), values.begin(), values.end());
  }
  return all;
}

double normal_density(double x, double mean, double variance) {
  return std::exp(-0.5 * (x - mean) * (x - mean) / variance) / std::sqrt(2 * std::numbers::pi * variance);
}

// A linear-Gaussian VAE (probabilistic PCA, Tipping & Bishop 1999): x = W z + b + noise of variance v, W with
// orthogonal columns, so that the exact posterior is one that the linear encoder can hold.
struct LinearGaussian {
  static constexpr int kSide = 4, kPixels = kSide * kSide, kLatent = 2;
  static constexpr double kVariance = 0.09;
  std::shared_ptr<Dataset> data;
  std::unique_ptr<Run> run;
  double weights[kLatent][kPixels], lengths[kLatent];  // |W_j|²

  LinearGaussian() {
    data = std::make_shared<Dataset>();
    data->spec = "linear";
    for (auto* set : {&data->train, &data->test}) {
      set->count = 8;
      set->height = set->width = kSide;
      PhiloxStream stream(3, 0, 0, 0);
      for (int i = 0; i < set->count * kPixels; ++i)
        set->pixels.push_back(static_cast<std::uint8_t>(stream.below(256)));
    }
    run = run_of({{"likelihood", "gaussian"}, {"hidden_layers", "0"}, {"latent", "2"}, {"batch_size", "8"}}, data);
    for (int j = 0; j < kLatent; ++j) {
      lengths[j] = 0;
      for (int p = 0; p < kPixels; ++p) {
        weights[j][p] = 0.25 * (j == 0 ? 1.0 : p % 2 == 0 ? 0.5 : -0.5);
        lengths[j] += weights[j][p] * weights[j][p];
      }
    }
    std::vector<float> decoder, bias(kPixels, 0.4f), encoder(kPixels * kLatent), mean_bias(kLatent);
    for (int j = 0; j < kLatent; ++j)
      for (int p = 0; p < kPixels; ++p) decoder.push_back(static_cast<float>(weights[j][p]));
    set("decoder.pixels.weight", decoder);
    set("decoder.pixels.bias", bias);
    set("decoder.log_variance", {static_cast<float>(std::log(kVariance))});
    // Posterior: precision 1 + |W_j|²/v, mean W_j·(x - b)/v divided by it.
    std::vector<float> log_variance(kLatent);
    for (int j = 0; j < kLatent; ++j) {
      const double precision = 1 + lengths[j] / kVariance;
      log_variance[static_cast<std::size_t>(j)] = static_cast<float>(-std::log(precision));
      double shift = 0;
      for (int p = 0; p < kPixels; ++p) {
        const double slope = weights[j][p] / kVariance / precision;
        encoder[static_cast<std::size_t>(p * kLatent + j)] = static_cast<float>(slope);
        shift -= slope * 0.4;
      }
      mean_bias[static_cast<std::size_t>(j)] = static_cast<float>(shift);
    }
    set("encoder.mean.weight", encoder);
    set("encoder.mean.bias", mean_bias);
    set("encoder.log_variance.weight", std::vector<float>(kPixels * kLatent));
    set("encoder.log_variance.bias", log_variance);
  }

  void set(const std::string& path, const std::vector<float>& values) {
    write_tensor(device(), run->parameters().tensor(path, ParameterStore::value), values);
  }

  double pixel(int image, int p) const {
    return data->test.pixels[static_cast<std::size_t>(image * kPixels + p)] / 255.0 - 0.4;
  }

  // log N(x; b, W Wᵀ + v I), by the eigenvectors W_j.
  double log_likelihood(int image) const {
    double squares = 0, log_determinant = kPixels * std::log(kVariance), form = 0;
    for (int p = 0; p < kPixels; ++p) squares += pixel(image, p) * pixel(image, p);
    form = squares / kVariance;
    for (int j = 0; j < kLatent; ++j) {
      double along = 0;
      for (int p = 0; p < kPixels; ++p) along += weights[j][p] * pixel(image, p);
      along *= along / lengths[j];
      form += along * (1 / (kVariance + lengths[j]) - 1 / kVariance);
      log_determinant += std::log(1 + lengths[j] / kVariance);
    }
    return -0.5 * (form + log_determinant + kPixels * std::log(2 * std::numbers::pi));
  }

  // ∫∫ p(x | z) p(z) dz by the midpoint rule.
  double integrated_log_likelihood(int image) const {
    constexpr int kSteps = 500;
    constexpr double kReach = 7, kStep = 2 * kReach / kSteps;
    vae::LogMeanExp sum;
    for (int i = 0; i < kSteps; ++i)
      for (int k = 0; k < kSteps; ++k) {
        const double z[] = {-kReach + (i + 0.5) * kStep, -kReach + (k + 0.5) * kStep};
        double exponent = -0.5 * (z[0] * z[0] + z[1] * z[1]) - std::log(2 * std::numbers::pi);
        for (int p = 0; p < kPixels; ++p) {
          const double rest = pixel(image, p) - weights[0][p] * z[0] - weights[1][p] * z[1];
          exponent -= 0.5 * (rest * rest / kVariance + std::log(2 * std::numbers::pi * kVariance));
        }
        sum.add(exponent);
      }
    return sum.value() + std::log(4 * kReach * kReach);
  }

  double mean_log_likelihood() const {
    double sum = 0;
    for (int i = 0; i < data->test.count; ++i) sum += log_likelihood(i);
    return sum / data->test.count;
  }
};

}  // namespace

TEST_CASE("the Gaussian KL matches a numeric integral", "[vae]") {
  Graph graph;
  const std::vector<double> means{-2, 0, 0.3, 1.5}, log_variances{-3, 0, 0.7, -0.5};
  const Tensor mean = graph.input("mean", {1, 4}), log_variance = graph.input("log variance", {1, 4});
  const Tensor kl = gaussian_kl(graph, mean, log_variance);
  Program program(device(), graph, {.keep = {kl}});
  const std::vector<float> m(means.begin(), means.end()), v(log_variances.begin(), log_variances.end());
  program.write(mean, m);
  program.write(log_variance, v);
  program.run();
  const auto computed = program.read(kl);
  for (std::size_t i = 0; i < means.size(); ++i) {
    const double variance = std::exp(log_variances[i]), step = 1e-3;
    double integral = 0;
    for (double x = means[i] - 12 * std::sqrt(variance); x < means[i] + 12 * std::sqrt(variance); x += step) {
      const double q = normal_density(x, means[i], variance), p = normal_density(x, 0, 1);
      if (q > 1e-300) integral += q * std::log(q / p) * step;
    }
    CHECK(computed[i] == Approx(integral).margin(1e-5).epsilon(1e-5));
  }
  require_silent_validation();
}

TEST_CASE("on a linear-Gaussian VAE the bounds meet log p(x)", "[vae]") {
  LinearGaussian model;
  auto& vae = built(*model.run);
  for (const int image : {0, 5})
    CHECK(model.integrated_log_likelihood(image) == Approx(model.log_likelihood(image)).epsilon(1e-6));
  const double exact = model.mean_log_likelihood();

  SECTION("at the exact posterior every weight is p(x), whatever the draw") {
    vae::ImportanceSampler sampler(vae.store(), vae.architecture(), 8, 5);
    sampler.set_pictures(vae.pictures(1, 0, 8));
    const auto log_weights = sampler.draw(7);
    for (int i = 0; i < 8; ++i)
      for (int s = 0; s < 5; ++s)
        CHECK(log_weights[static_cast<std::size_t>(i * 5 + s)] == Approx(model.log_likelihood(i)).margin(2e-4));
    const auto metrics = vae.evaluate(1, 0, {{"iwae", "70"}}, {});
    CHECK(-metrics.at("neg_iwae") == Approx(exact).margin(2e-4));
    // The KL is summed exactly, the reconstruction is of one draw: their sum scatters about log p(x).
    CHECK(-metrics.at("neg_elbo") == Approx(exact).margin(1.5));
  }

  SECTION("beside it the ELBO falls short by the KL between the posteriors, and the IWAE bound closes the gap") {
    const double off = 0.2;
    auto bias = read_tensor(device(), model.run->parameters().tensor("encoder.mean.bias", ParameterStore::value));
    bias[0] += static_cast<float>(off);
    model.set("encoder.mean.bias", bias);
    const double gap = 0.5 * off * off * (1 + model.lengths[0] / LinearGaussian::kVariance);
    // IWAE-1, many draws: the ELBO.
    vae::ImportanceSampler sampler(vae.store(), vae.architecture(), 8, 60);
    sampler.set_pictures(vae.pictures(1, 0, 8));
    double elbo = 0;
    constexpr int kDraws = 50;
    for (std::uint32_t d = 0; d < kDraws; ++d)
      for (const float w : sampler.draw(d)) elbo += w / (kDraws * 480.0);
    const double scatter = std::sqrt(2 * gap / (kDraws * 480.0));
    CHECK(std::abs(elbo - (exact - gap)) < 5 * scatter);
    const double iwae = -vae.evaluate(1, 0, {{"iwae", "2000"}}, {}).at("neg_iwae");
    CHECK(iwae == Approx(exact).margin(0.03));
    CHECK(iwae > elbo + 0.5 * gap);
  }
  require_silent_validation();
}

TEST_CASE("log-mean-exp of a stream neither overflows nor depends on the order", "[vae]") {
  vae::LogMeanExp up, down;
  for (int i = 0; i <= 2000; ++i) {
    up.add(i);
    down.add(2000 - i);
  }
  const double expected = 2000 + std::log(1 / (1 - std::exp(-1.0)) / 2001);
  CHECK(up.value() == Approx(expected));
  CHECK(down.value() == Approx(expected));
}

TEST_CASE("the autoencoder twin begins with the same weights and has no noise", "[vae]") {
  auto vae = run_of(kSmall), twin = run_of(small({{"autoencoder", "true"}}));
  CHECK(parameters(*vae) == parameters(*twin));
  CHECK(vae->parameters().paths() == twin->parameters().paths());
  vae::Scorer scorer(built(*twin).store(), built(*twin).architecture(), 4);
  const auto pictures = built(*twin).pictures(1, 0, 4);
  scorer.run(pictures, 0);
  const auto first = scorer.reconstruction();
  scorer.run(pictures, 1);
  CHECK(scorer.reconstruction() == first);
  const double before = twin->built().evaluate(1, 0, {}, {}).at("reconstruction");
  for (int i = 0; i < 100; ++i) twin->step();
  CHECK(twin->built().evaluate(1, 0, {}, {}).at("reconstruction") < 0.7 * before);
  CHECK(twin->metrics().at("kl") == 0);
}

TEST_CASE("with beta 0 the gradient is the reconstruction's alone", "[vae]") {
  auto run = run_of(small({{"beta", "0"}, {"free_bits", "0.5"}}));
  const auto weights_before = parameters(*run);
  run->step();
  // The same batch and noise, differentiated without a KL in the graph.
  auto other = run_of(kSmall);
  auto& model = built(*other);
  auto& store = other->parameters();
  Graph graph;
  const auto& a = model.architecture();
  const auto weights = weights_of(graph, store);
  const Tensor seed = graph.external(seed_state(store)), step = graph.external(step_state(store));
  const DeviceData data(device(), *some_digits());
  const Tensor indices = batch_indices(graph, seed, step, 32, some_digits()->train.count);
  const Tensor pictures = gather_pictures(graph, graph.external(data.train_pixels), indices, a.pictures(32),
                                          PixelValues::drawn, {seed, step, 1});
  const auto posterior = vae::encode(graph, a, weights, pictures);
  const Tensor z = vae::reparameterise(graph, posterior, normal(graph, {32, a.latent}, {seed, step, 2}));
  const Tensor loss =
      mean_all(graph, vae::reconstruction_nats(graph, a, weights, vae::decode(graph, a, weights, z), pictures));
  std::vector<Tensor> with_respect_to;
  for (const auto& path : store.paths())
    with_respect_to.push_back(weights(path, store.tensor(path, ParameterStore::value).shape, zeros()));
  const Tensor one = graph.input("one", {});
  const auto gradients = gradients_of(graph, loss, one, with_respect_to);
  Program program(device(), graph, {.keep = gradients});
  const float unit = 1;
  program.write(one, {&unit, 1});
  program.run();
  std::size_t i = 0;
  for (const auto& path : store.paths()) {
    INFO(path);
    const auto expected = program.read(gradients[i++]);
    const auto found = read_tensor(device(), run->parameters().tensor(path, ParameterStore::gradient));
    double worst = 0, largest = 0;
    for (std::size_t k = 0; k < expected.size(); ++k) {
      worst = std::max<double>(worst, std::abs(expected[k] - found[k]));
      largest = std::max<double>(largest, std::abs(expected[k]));
    }
    CHECK(largest > 0);
    CHECK(worst <= 1e-6 * largest);
  }
  // With beta 1 it is another one.
  auto full = run_of(kSmall);
  full->step();
  CHECK(parameters(*full, ParameterStore::gradient) != parameters(*run, ParameterStore::gradient));
}

TEST_CASE("beta, warm-up and free bits act while training goes on", "[vae]") {
  auto run = run_of(small({{"beta", "4"}, {"kl_warm_up", "4"}}));
  for (int i = 1; i <= 6; ++i) {
    run->step();
    CHECK(run->metrics().at("kl_weight") == Approx(std::min(4.0, i * 1.0)));
  }
  run->set_knob("beta", 0.5);
  run->step();
  CHECK(run->metrics().at("kl_weight") == Approx(0.5));
  const auto metrics = run->metrics();
  CHECK(metrics.at("neg_elbo") == Approx(metrics.at("reconstruction") + metrics.at("kl")));
  CHECK(metrics.at("kl") == Approx(metrics.at("kl_per_dim.0") + metrics.at("kl_per_dim.1")));

  // Free bits above every dimension's KL: the KL has no gradient, as with beta 0.
  auto free = run_of(small({{"free_bits", "10"}})), none = run_of(small({{"beta", "0"}}));
  free->step();
  none->step();
  CHECK(parameters(*free) == parameters(*none));
}

TEST_CASE("a strong KL makes the posterior collapse, and active units say so", "[vae]") {
  auto run = run_of(small({{"latent", "4"}, {"beta", "100"}}));
  for (int i = 0; i < 150; ++i) run->step();
  const auto metrics = run->built().evaluate(1, 0, {}, {});
  CHECK(metrics.at("kl") < 0.2);
  CHECK(metrics.at("active_units") == 0);
}

TEST_CASE("training lowers the held-out bound, dense, convolutional and Gaussian", "[vae]") {
  const auto knobs = GENERATE(Knobs{}, Knobs{{"network", "convolutional"}, {"channels", "4"}},
                              Knobs{{"likelihood", "gaussian"}}, Knobs{{"hidden_layers", "2"}, {"latent", "5"}});
  auto run = run_of(small(knobs));
  const double before = run->built().evaluate(1, 0, {}, {}).at("neg_elbo");
  for (int i = 0; i < 100; ++i) run->step();
  const auto after = run->built().evaluate(1, 0, {}, {});
  CHECK(after.at("neg_elbo") < before - 50);
  CHECK(after.at("images") == 100);
  // A hundred samples bound log p(x) more tightly than one.
  const auto iwae = run->built().evaluate(1, 20, {{"iwae", "100"}}, {});
  CHECK(iwae.at("neg_iwae") < iwae.at("neg_elbo"));
  require_silent_validation();
}

TEST_CASE("stopping and resuming a VAE gives the same bits as not stopping", "[vae]") {
  auto whole = run_of(small({{"kl_warm_up", "30"}}));
  for (int i = 0; i < 8; ++i) whole->step();
  const auto file = whole->checkpoint();
  for (int i = 0; i < 8; ++i) whole->step();
  auto resumed = run_of(small({{"kl_warm_up", "30"}}));
  resumed->restore(file, "memory");
  for (int i = 0; i < 8; ++i) resumed->step();
  CHECK(parameters(*whole) == parameters(*resumed));
  auto again = run_of(small({{"kl_warm_up", "30"}}));
  for (int i = 0; i < 16; ++i) again->step();
  CHECK(parameters(*whole) == parameters(*again));
}

TEST_CASE("codes, decoded points and reconstructions belong together", "[vae]") {
  auto run = run_of(kSmall);
  for (int i = 0; i < 20; ++i) run->step();
  auto& model = built(*run);
  const auto table = model.encode("posterior_mean", 1, 30, {});
  REQUIRE(table.count == 30);
  REQUIRE(table.dimensions == 2);
  REQUIRE(table.labels.size() == 1);
  CHECK(table.labels[0].classes.size() == 10);
  CHECK(table.labels[0].values ==
        std::vector<std::uint8_t>(some_digits()->test.labels.begin(), some_digits()->test.labels.begin() + 30));
  const auto codes = model.codes(model.pictures(1, 7, 3));
  CHECK(model.encode_items("posterior_mean", 1, std::vector<int>{7, 8, 9}).values == codes.mean);
  CHECK(codes.mean == std::vector<float>(table.values.begin() + 14, table.values.begin() + 20));
  const auto grid = vae::manifold_points(4, 2);
  const auto pictures = model.decode(grid);
  REQUIRE(pictures.size() == 16 * 784);
  for (const float p : pictures) CHECK((p > 0 && p < 1));
  const auto last = model.decode(std::span(grid).last(2));
  CHECK(last == std::vector<float>(pictures.end() - 784, pictures.end()));
}

TEST_CASE("the manifold's points are equal shares of the prior", "[vae]") {
  for (const double p : {1e-6, 0.001, 0.02, 0.1, 0.5, 0.7, 0.99, 0.99999})
    CHECK(0.5 * std::erfc(-vae::normal_quantile(p) / std::numbers::sqrt2) == Approx(p).epsilon(1e-9));
  const auto points = vae::manifold_points(3, 2);
  CHECK(points[0] == Approx(vae::normal_quantile(1.0 / 6)));
  CHECK(points[1] == Approx(vae::normal_quantile(5.0 / 6)));
  CHECK(points[8] == Approx(0).margin(1e-12));
}

TEST_CASE("a spherical path keeps its distance from the origin", "[vae]") {
  const std::vector<float> a{3, 0, 0}, b{0, 0, 3};
  for (const float t : {0.0f, 0.25f, 0.5f, 1.0f}) {
    const auto arc = vae::interpolate(a, b, t, true), line = vae::interpolate(a, b, t, false);
    CHECK(std::hypot(arc[0], arc[1], arc[2]) == Approx(3));
    CHECK(line[0] == Approx(3 * (1 - t)));
    CHECK(line[2] == Approx(3 * t));
  }
  CHECK(vae::interpolate(a, a, 0.3f, true)[0] == Approx(3));
}
