#include "engine/models/cpc/model.h"

#include <algorithm>
#include <cmath>
#include <random>

#include "engine/error.h"
#include "engine/models/training.h"
#include "engine/train/run.h"
#include "tests/catch.h"
#include "tests/data/files.h"
#include "tests/device.h"

using namespace unveil;
using namespace unveil::test;

namespace {

using Knobs = std::vector<std::pair<std::string, std::string>>;

std::shared_ptr<const Dataset> some_voices() {
  static const auto data =
      std::make_shared<const Dataset>(load_dataset("voices", {.train_count = 96, .test_count = 48}));
  return data;
}

// Small enough for seconds: a spectrogram instead of the waveform, few channels, short windows.
const Knobs kSmall{{"input", "log-mel"}, {"channels", "16"},   {"context", "16"},         {"window", "2400"},
                   {"horizons", "3"},    {"batch_size", "16"}, {"learning_rate", "5e-3"}, {"warm_up", "5"}};

std::unique_ptr<Run> run_of(const Knobs& knobs, std::shared_ptr<const Dataset> data = some_voices()) {
  const Model& model = find_model("cpc");
  Run::Setup setup{&model, std::move(data), KnobValues(model.declaration().knobs), 5};
  for (const auto& [name, value] : knobs) setup.knobs.set_text(name, value);
  return std::make_unique<Run>(device(), std::move(setup));
}

Knobs small(const Knobs& more) {
  Knobs all = kSmall;
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

cpc::BuiltCpc& built(Run& run) {
  return static_cast<cpc::BuiltCpc&>(run.built());
}

void set_to_zero(Run& run, const std::string& path) {
  const auto& tensor = run.parameters().tensor(path, ParameterStore::value);
  write_tensor(device(), tensor, std::vector<float>(static_cast<std::size_t>(tensor.shape.elements())));
}

}  // namespace

TEST_CASE("InfoNCE of a scorer that says the same of everything is log N, and picks one in N", "[models][cpc]") {
  const std::string negatives = GENERATE("other", "same", "mixed", "none");
  auto run = run_of(small({{"negatives", negatives}}));
  for (int k = 1; k <= 3; ++k) set_to_zero(*run, "predictor." + std::to_string(k) + ".weight");
  const auto& a = built(*run).architecture();
  const int n = negatives == "same" ? a.frames() : negatives == "mixed" ? 16 + a.frames() - 1 : 16;
  REQUIRE(built(*run).candidates() == n);
  cpc::Scorer scorer(built(*run).store(), a, 16);
  scorer.run(built(*run).held_out_windows());
  for (const float nats : scorer.infonce()) CHECK(nats == Approx(std::log(n)).margin(1e-5));
  for (const float picked : scorer.positive_accuracy()) CHECK(picked == Approx(1.0 / n).margin(1e-6));
  const auto matrix = scorer.matrix(2);
  CHECK(matrix.rows == (negatives == "same" ? a.positions() : 16));
  CHECK(matrix.columns == (negatives == "same" ? a.frames() : 16));
  for (const float p : matrix.probabilities) CHECK(p == Approx(1.0 / n).margin(1e-5));
  require_silent_validation();
}

// Pairs (x, y) of d correlated Gaussians each: I = -d/2 log(1 - rho²), and the best scorer is linear in (x, 1) and
// (y, y²), which stand in for contexts and codes.
TEST_CASE("InfoNCE of correlated Gaussians is a bound on what they share, and a tight one", "[models][cpc]") {
  struct Case {
    int dimensions;
    double correlation;
  };
  const auto c = GENERATE(Case{2, 0.8}, Case{6, 0.97});
  const double information = -0.5 * c.dimensions * std::log(1 - c.correlation * c.correlation);
  constexpr int kWindows = 32, kTraining = 150, kBatches = 40;
  cpc::Architecture a;
  a.channels = 2 * c.dimensions;
  a.context = c.dimensions + 1;
  a.horizons = 1;
  a.samples = 2000;
  const int frames = a.frames(), positions = a.positions();

  ParameterStore store(device());
  Graph graph;
  const Tensor codes = graph.input("codes", {kWindows, frames, a.channels}),
               contexts = graph.input("contexts", {kWindows, frames, a.context});
  const auto contrast = cpc::contrast(graph, a, weights_of(graph, store), codes, contexts);
  seed_state(store);
  add_training(graph, store, contrast.loss, {{"infonce", contrast.loss}}, false);
  Program program(device(), graph, {});
  store.initialise(3);
  const auto set = [&](const char* knob, float value) {
    write_tensor(device(), knob_state(store, knob), {&value, 1});
  };
  set("learning_rate", 0.05f);

  std::mt19937 random(11);
  std::normal_distribution<double> normal;
  const auto step = [&](double correlation) {
    std::vector<float> z(static_cast<std::size_t>(kWindows * frames * a.channels)),
        h(static_cast<std::size_t>(kWindows * frames * a.context));
    for (int n = 0; n < kWindows; ++n)
      for (int t = a.first_position(); t < a.first_position() + positions; ++t) {
        float* context = h.data() + (n * frames + t) * a.context;
        float* code = z.data() + (n * frames + t + 1) * a.channels;
        for (int d = 0; d < c.dimensions; ++d) {
          const double x = normal(random),
                       y = correlation * x + std::sqrt(1 - correlation * correlation) * normal(random);
          context[d] = static_cast<float>(x);
          code[2 * d] = static_cast<float>(y);
          code[2 * d + 1] = static_cast<float>(y * y);
        }
        context[c.dimensions] = 1;
      }
    program.write(codes, z);
    program.write(contexts, h);
    program.run();
    return read_tensor(device(), metric_state(store, "infonce"))[0];
  };
  for (int i = 0; i < kTraining; ++i) step(c.correlation);
  set("learning_rate", 1e-6f);
  double sum = 0, square = 0;
  for (int i = 0; i < kBatches; ++i) {
    const double bound = std::log(kWindows) - step(c.correlation);
    sum += bound / kBatches;
    square += bound * bound / kBatches;
  }
  const double error = std::sqrt((square - sum * sum) / (kBatches - 1));
  INFO("information " << information << ", log N " << std::log(kWindows) << ", bound " << sum << " ± " << error);
  CHECK(sum <= information + 3 * error);
  CHECK(sum >= 0.8 * std::min(information, std::log(kWindows)));
  // Of pairs that share nothing the same scorer finds nothing, however sure it is.
  for (int i = 0; i < 3; ++i) CHECK(std::log(kWindows) - step(0) < 0);
}

TEST_CASE("a code sees its receptive field and nothing else, a context nothing of the future", "[models][cpc]") {
  const bool mel = GENERATE(false, true);
  auto run = run_of(small({{"input", mel ? "log-mel" : "waveform"}, {"channels", "8"}}));
  const auto& a = built(*run).architecture();
  auto samples = some_voices()->test_recordings[0].samples;
  samples.resize(2000);
  constexpr int kCode = 9;
  // Two samples just behind what the code sees change places: the level stays as it is.
  const auto end = static_cast<std::size_t>(kCode * a.hop() + a.receptive_field());
  samples[end] = 0.3f, samples[end + 3] = -0.3f;
  auto& encoder = built(*run).encoder();
  const auto before = encoder.run(samples);
  std::swap(samples[end], samples[end + 3]);
  const auto after = encoder.run(samples);
  REQUIRE(before.frames == (2000 - a.receptive_field()) / a.hop() + 1);
  const auto first_change = [&](const std::vector<float>& x, const std::vector<float>& y) {
    for (std::size_t i = 0; i < x.size(); ++i)
      if (std::abs(x[i] - y[i]) > 1e-6)
        return static_cast<int>(i * static_cast<std::size_t>(before.frames) / x.size());
    return -1;
  };
  CHECK(first_change(before.z, after.z) == kCode + 1);
  CHECK(first_change(before.c, after.c) == kCode + 1);
  // Its rows of the input end where its receptive field does, with the last sample in them.
  const auto rows = cpc::input_of(a, samples, 0, kCode + 1);
  CHECK(rows == cpc::input_of(a, std::span(samples).first(end), 0, kCode + 1));
  samples[end - 1] += 0.5f;
  CHECK(rows != cpc::input_of(a, samples, 0, kCode + 1));
}

TEST_CASE("recordings encode alike alone, together, longer than a program and at any loudness", "[models][cpc]") {
  auto run = run_of(small({}));
  auto& encoder = built(*run).encoder();
  const auto& recordings = some_voices()->test_recordings;
  std::vector<std::span<const float>> some;
  for (int i = 0; i < 7; ++i) some.emplace_back(recordings[static_cast<std::size_t>(i)].samples);
  const std::vector<float> tiny(50, 0.1f);
  some.emplace_back(tiny);
  const auto together = encoder.run(some);
  REQUIRE(together.size() == 8);
  CHECK(together[7].frames == 1);
  for (std::size_t i = 0; i < 8; ++i) {
    const auto alone = encoder.run(some[i]);
    REQUIRE(alone.frames == together[i].frames);
    REQUIRE(alone.c.size() == together[i].c.size());
    for (std::size_t k = 0; k < alone.c.size(); ++k) REQUIRE(alone.c[k] == Approx(together[i].c[k]).margin(1e-5));
  }
  auto louder = recordings[0].samples;
  for (auto& s : louder) s *= 3;
  const auto mean = encoder.run(louder).mean_context();
  REQUIRE(mean.size() == 16);
  for (std::size_t k = 0; k < 16; ++k) CHECK(mean[k] == Approx(together[0].mean_context()[k]).margin(1e-4));
}

TEST_CASE("predictions on the host score as the network does", "[models][cpc]") {
  auto run = run_of(small({}));
  auto& model = built(*run);
  const auto& a = model.architecture();
  const auto windows = model.held_out_windows();
  cpc::Scorer scorer(model.store(), a, 16);
  scorer.run(windows);
  const cpc::Predictors predictors(model.store(), a);
  // InfoNCE by hand, from every window's codes. Windows are at their recordings' level, which encode() takes out:
  // codes are asked for by the rows of the input instead.
  Graph graph;
  const auto weights = weights_of(graph, model.store());
  const Tensor input = graph.input("x", {16, a.input_rows(a.frames()), a.input_width()});
  const Tensor z = cpc::encode(graph, a, weights, input), c = cpc::contexts(graph, a, weights, z);
  Program program(device(), graph, {.keep = {z, c}});
  std::vector<float> rows;
  for (std::size_t i = 0; i < 16; ++i) {
    const auto part = cpc::input_of(a, std::span(windows).subspan(i * 2400, 2400), 0, a.frames());
    rows.insert(rows.end(), part.begin(), part.end());
  }
  program.write(input, rows);
  program.run();
  const auto codes = program.read(z), states = program.read(c);
  double nats = 0;
  for (int t = a.first_position(); t < a.first_position() + a.positions(); ++t) {
    std::vector<float> candidates;
    for (int n = 0; n < 16; ++n)
      for (int k = 0; k < 16; ++k)
        candidates.push_back(codes[static_cast<std::size_t>((n * a.frames() + t + 2) * 16 + k)]);
    for (int n = 0; n < 16; ++n) {
      const auto scores = predictors.scores(
          std::span(states).subspan(static_cast<std::size_t>((n * a.frames() + t) * 16), 16), candidates);
      double sum = 0;
      for (int j = 0; j < 16; ++j) sum += std::exp(scores[static_cast<std::size_t>(16 + j)]);
      nats += (std::log(sum) - scores[static_cast<std::size_t>(16 + n)]) / (16 * a.positions());
    }
  }
  CHECK(scorer.infonce()[1] == Approx(nats).margin(1e-4));
}

TEST_CASE("training tells futures apart; without negatives the encoder collapses", "[models][cpc]") {
  auto run = run_of(small({}));
  run->step();
  const double first = run->metrics().at("infonce");
  for (int i = 0; i < 60; ++i) run->step();
  CHECK(run->metrics().at("infonce") < first - 0.4);
  CHECK(run->metrics().at("mi_bound") == Approx(std::log(16) - run->metrics().at("infonce")).margin(1e-4));
  CHECK(run->metrics().at("positive_accuracy") > 2.0 / 16);
  CHECK(run->metrics().count("infonce_by_horizon.3") == 1);
  const auto held_out = built(*run).evaluate(1, 0, {}, {});
  CHECK(held_out.at("mi_bound") > 0.2);

  auto collapsed = run_of(small({{"negatives", "none"}, {"learning_rate", "1e-2"}}));
  collapsed->step();
  const double error = collapsed->metrics().at("squared_error");
  for (int i = 0; i < 120; ++i) collapsed->step();
  CHECK(collapsed->metrics().at("squared_error") < 0.05 * error);
  CHECK(collapsed->metrics().at("infonce") == Approx(std::log(16)).margin(0.3));
  require_silent_validation();
}

TEST_CASE("a linear probe finds what is linear, and chance where there is nothing", "[models][cpc]") {
  std::mt19937 random(3);
  std::normal_distribution<float> normal;
  const auto draw = [&](int count, bool informed, std::vector<float>& features, std::vector<std::uint8_t>& labels) {
    for (int i = 0; i < count; ++i) {
      const auto label = static_cast<std::uint8_t>(i % 3);
      labels.push_back(label);
      for (int d = 0; d < 4; ++d)
        features.push_back(
            d == 3 ? 7 : 100 * (normal(random) + (informed && d == label ? 8.0f : 0)));  // the last never varies
    }
  };
  std::vector<float> train, test;
  std::vector<std::uint8_t> train_labels, test_labels;
  const bool informed = GENERATE(true, false);
  draw(300, informed, train, train_labels);
  draw(300, informed, test, test_labels);
  const cpc::LinearProbe probe(train, 4, train_labels, 3);
  const double accuracy = probe.accuracy(test, test_labels);
  if (informed)
    CHECK(accuracy > 0.99);
  else
    CHECK(accuracy < 0.5);
  const auto confusion = probe.confusion(test, test_labels);
  CHECK(confusion[0] + confusion[1] + confusion[2] == 100);
  CHECK((confusion[0] + confusion[4] + confusion[8]) / 300.0 == Approx(accuracy));
  CHECK_THROWS_AS(cpc::LinearProbe(train, 5, train_labels, 3), std::logic_error);
}

TEST_CASE("probes compare with the untrained encoder, log-mel and plain statistics; codes carry both labels",
          "[models][cpc]") {
  auto run = run_of(small({}));
  auto& model = built(*run);
  const auto report = model.probe("speaker", {});
  CHECK(report.classes == 24);
  CHECK(report.test_recordings == 48);
  CHECK(report.contexts == report.untrained);  // it is untrained
  CHECK(report.log_mel > 0.5);
  CHECK(report.log_mel > report.chance);
  for (int i = 0; i < 3; ++i) run->step();
  CHECK(model.probe("speaker", {}).untrained == report.untrained);
  run->reset(6);
  const auto other = model.probe("speaker", {});
  CHECK(other.contexts == other.untrained);  // of this seed
  const auto codes = model.encode("mean_context", 1, 10, {});
  CHECK(codes.count == 10);
  CHECK(codes.values.size() == 160);
  REQUIRE(codes.labels.size() == 2);
  CHECK(codes.labels[0].name == "speaker");
  CHECK(codes.labels[1].values.size() == 10);
  CHECK(error_of([&] { model.probe("digit", {}); }) ==
        "voices has no label 'digit' to probe for; its labels are speaker, vowel");
  const auto pictures = model.sample(2, 0, {}, false, {}).pictures;
  REQUIRE(pictures.size() == 2);
  CHECK(pictures[0].width == 16);
  CHECK(error_of([&] { model.sample(1, 0, {}, true, {}); }).find("InfoNCE") != std::string::npos);

  auto nameless = std::make_shared<Dataset>(*some_voices());
  nameless->label_kinds.clear();
  for (auto* part : {&nameless->train_recordings, &nameless->test_recordings})
    for (auto& recording : *part) recording.labels.clear();
  auto without = run_of(small({}), nameless);
  without->step();
  CHECK(error_of([&] { built(*without).probe("speaker", {}); }).find("no labels") != std::string::npos);
  CHECK(built(*without).encode("mean_context", 1, 3, {}).labels.empty());
}

TEST_CASE("no window stands in a batch twice: data with too few are refused in a line", "[models][cpc]") {
  auto data = std::make_shared<Dataset>(*some_voices());
  const auto set = [](std::vector<Recording>& part, std::size_t samples) {
    part.resize(1);
    part[0].samples.resize(samples, 0.01f);
  };
  set(data->test_recordings, 2600);
  auto run = run_of(small({}), data);
  CHECK_FALSE(built(*run).holds_out_batch());
  CHECK(built(*run).held_out_windows().size() == 16 * 2400);
  CHECK(error_of([&] { built(*run).evaluate(1, 0, {}, {}); }) ==
        "voices: 16 different windows of 2400 samples are needed, the recordings hold 3; take more recordings, or a "
        "smaller batch_size or window");

  set(data->test_recordings, 5000);
  run = run_of(small({}), data);
  REQUIRE(built(*run).holds_out_batch());
  const auto windows = built(*run).held_out_windows();
  for (std::size_t i = 0; i < 16; ++i)
    for (std::size_t j = 0; j < i; ++j)
      CHECK_FALSE(std::equal(windows.begin() + static_cast<std::ptrdiff_t>(2400 * i),
                             windows.begin() + static_cast<std::ptrdiff_t>(2400 * (i + 1)),
                             windows.begin() + static_cast<std::ptrdiff_t>(2400 * j)));
  CHECK(built(*run).evaluate(1, 0, {}, {}).at("windows") == 16);

  set(data->train_recordings, 2600);
  for (const char* negatives : {"other", "mixed", "none"})
    CHECK(error_of([&] {
            run_of(small({{"negatives", negatives}}), data);
          }).find("16 different windows of 2400 samples are needed, the training recordings hold 1;") !=
          std::string::npos);
  // Candidates from the window itself need no other one.
  run = run_of(small({{"negatives", "same"}}), data);
  run->step();
  CHECK(std::isfinite(run->metrics().at("infonce")));
}

TEST_CASE("data and knobs that do not suit CPC are refused in a line", "[models][cpc]") {
  CHECK(error_of([] { run_of(small({{"context", "12"}})); }) == "knob context takes multiples of 8; found 12");
  auto silent = std::make_shared<Dataset>(*some_voices());
  for (auto& recording : silent->train_recordings)
    std::fill(recording.samples.begin(), recording.samples.end(), 0.0f);
  CHECK(error_of([&] { run_of(small({}), silent); }).find("silent") != std::string::npos);
}
