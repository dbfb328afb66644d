#include <cmath>
#include <cstring>
#include <numeric>

#include "engine/models/pixelcnn/model.h"
#include "engine/train/run.h"
#include "tests/catch.h"
#include "tests/device.h"

using namespace unveil;
using namespace unveil::test;

namespace {

struct Case {
  const char* name;
  std::vector<std::pair<std::string, std::string>> knobs;
};

const std::vector<Case> kCases = {
    {"plain", {{"hidden", "8"}, {"blocks", "3"}}},
    {"gated", {{"architecture", "gated"}, {"hidden", "8"}, {"blocks", "2"}}},
    {"plain, class-conditional", {{"hidden", "8"}, {"blocks", "2"}, {"class_conditional", "true"}}},
    {"gated, class-conditional",
     {{"architecture", "gated"}, {"hidden", "8"}, {"blocks", "1"}, {"class_conditional", "true"}}},
    {"plain, a map per class", {{"hidden", "8"}, {"blocks", "2"}, {"class_conditional", "true"}, {"class_map", "4"}}},
    {"gated, a map per class",
     {{"architecture", "gated"},
      {"hidden", "8"},
      {"blocks", "1"},
      {"class_conditional", "true"},
      {"class_map", "8"}}},
};

std::shared_ptr<const Dataset> some_digits() {
  static const auto data =
      std::make_shared<const Dataset>(load_dataset("digits", {.train_count = 512, .test_count = 100}));
  return data;
}

std::unique_ptr<Run> run_of(const Case& which, std::vector<std::pair<std::string, std::string>> more = {}) {
  const Model& model = find_model("pixelcnn");
  Run::Setup setup{&model, some_digits(), KnobValues(model.declaration().knobs), 5};
  for (const auto& [name, value] : which.knobs) setup.knobs.set_text(name, value);
  for (const auto& [name, value] : more) setup.knobs.set_text(name, value);
  return std::make_unique<Run>(device(), std::move(setup));
}

// The declared presets, with small batches.
std::vector<Case> presets() {
  std::vector<Case> cases;
  for (const auto& preset : find_model("pixelcnn").declaration().presets) {
    Case one{preset.name.c_str(), {}};
    KnobValues values(find_model("pixelcnn").declaration().knobs);
    values.apply(preset);
    for (const auto& [name, value] : preset.values) one.knobs.emplace_back(name, values.text(name));
    one.knobs.emplace_back("batch_size", "2");
    cases.push_back(std::move(one));
  }
  return cases;
}

std::vector<Case> with_presets() {
  auto cases = presets();
  cases.insert(cases.end(), kCases.begin(), kCases.end());
  return cases;
}

pixelcnn::BuiltPixelCnn& built(Run& run) {
  return static_cast<pixelcnn::BuiltPixelCnn&>(run.built());
}

}  // namespace

TEST_CASE("no logit changes by a single bit when a pixel at or after it changes", "[pixelcnn]") {
  const auto which = GENERATE(from_range(with_presets()));
  INFO(which.name);
  auto run = run_of(which);
  auto& model = built(*run);
  constexpr int kPixels = 28 * 28;
  // Picture 0 is the one, the others have one pixel turned over each.
  const std::vector<int> turned{0, 1, 27, 28, 29, 200, 391, 405, 406, 407, 700, 783};
  const int count = static_cast<int>(turned.size()) + 1;
  pixelcnn::Sampler sampler(model.store(), model.architecture(), count, 28, 28, false);
  sampler.set_labels(std::vector<std::uint32_t>(static_cast<std::size_t>(count), 3));
  std::vector<float> canvas(static_cast<std::size_t>(count * kPixels));
  const auto random = pixelcnn::uniform_numbers(1, 1, kPixels);
  for (int n = 0; n < count; ++n)
    for (int k = 0; k < kPixels; ++k)
      canvas[static_cast<std::size_t>(n * kPixels + k)] = random[static_cast<std::size_t>(k)] < 0.4f;
  for (int n = 1; n < count; ++n) {
    auto& pixel = canvas[static_cast<std::size_t>(n * kPixels + turned[static_cast<std::size_t>(n - 1)])];
    pixel = 1 - pixel;
  }
  sampler.begin_at(canvas);
  const auto logits = sampler.full_logits();
  for (int n = 1; n < count; ++n) {
    const int k = turned[static_cast<std::size_t>(n - 1)];
    const float* changed = logits.data() + n * kPixels;
    INFO("pixel " << k);
    CHECK(std::memcmp(changed, logits.data(), static_cast<std::size_t>(k + 1) * sizeof(float)) == 0);
    if (k + 1 < kPixels) CHECK(std::memcmp(changed, logits.data(), kPixels * sizeof(float)) != 0);
  }
  require_silent_validation();
}

TEST_CASE("a leaking mask lets a logit see its own pixel", "[pixelcnn]") {
  auto run = run_of(kCases[0], {{"leaking_mask", "true"}});
  auto& model = built(*run);
  pixelcnn::Sampler sampler(model.store(), model.architecture(), 2, 28, 28, false);
  std::vector<float> canvas(2 * 784);
  canvas[784 + 300] = 1;
  sampler.begin_at(canvas);
  const auto logits = sampler.full_logits();
  CHECK(logits[300] != logits[784 + 300]);
}

TEST_CASE("drawing pixel by pixel agrees with evaluating the whole picture every time", "[pixelcnn]") {
  const auto& which = GENERATE(from_range(kCases));
  INFO(which.name);
  auto run = run_of(which);
  for (int i = 0; i < 20; ++i) run->step();
  auto& model = built(*run);
  constexpr int kPictures = 64, kPixels = 28 * 28;
  pixelcnn::Sampler sampler(model.store(), model.architecture(), kPictures, 28, 28, true);
  std::vector<std::uint32_t> labels(kPictures);
  for (std::size_t i = 0; i < labels.size(); ++i) labels[i] = static_cast<std::uint32_t>(i % 10);
  sampler.set_labels(labels);
  const auto uniforms = pixelcnn::uniform_numbers(9, kPictures, kPixels);
  sampler.set_uniforms(uniforms);
  sampler.begin();
  sampler.draw(0, kPixels);
  const auto canvas = sampler.canvas(), logits = sampler.incremental_logits(),
             probabilities = sampler.probabilities();
  const auto full = sampler.full_logits();
  double worst = 0;
  int ink = 0;
  for (std::size_t i = 0; i < full.size(); ++i) {
    worst = std::max(worst, static_cast<double>(std::abs(full[i] - logits[i])));
    const double p = 1 / (1 + std::exp(-static_cast<double>(full[i])));
    CHECK(std::abs(p - probabilities[i]) < 1e-5);
    if (std::abs(p - uniforms[i]) > 1e-4) CHECK(canvas[i] == (uniforms[i] < p ? 1.0f : 0.0f));
    ink += canvas[i] > 0;
  }
  CHECK(worst < 1e-4);
  CHECK(ink > 0);
  CHECK(ink < static_cast<int>(full.size()));
  require_silent_validation();
}

TEST_CASE("training lowers the held-out nats, which are exact sums over pixels", "[pixelcnn]") {
  auto run = run_of(kCases[0]);
  auto& model = built(*run);
  const double before = run->built().evaluate(1, 0, {}, {}).at("nats_per_image");
  for (int i = 0; i < 150; ++i) run->step();
  const auto after = run->built().evaluate(1, 0, {}, {});
  CHECK(after.at("nats_per_image") < 0.6 * before);
  CHECK(after.at("bits_per_dim") == Approx(after.at("nats_per_image") / (784 * std::log(2.0))));

  pixelcnn::Scorer scorer(model.store(), model.architecture(), 2, 28, 28, true);
  std::vector<float> pictures(2 * 784);
  for (std::size_t i = 0; i < pictures.size(); ++i) pictures[i] = model.binarized(1)[i];
  scorer.run(pictures, {});
  const auto nats = scorer.nats(), pixels = scorer.nats_of_pixels();
  for (std::size_t n = 0; n < 2; ++n) {
    double sum = 0;
    for (std::size_t k = 0; k < 784; ++k) sum += pixels[n * 784 + k];
    CHECK(nats[n] == Approx(sum).epsilon(1e-5));
  }
}

TEST_CASE("the measured receptive field lies inside the analytic reach, and gated stacks have no blind spot",
          "[pixelcnn]") {
  const bool gated = GENERATE(false, true);
  auto run = run_of(gated ? kCases[1] : kCases[0]);
  for (int i = 0; i < 5; ++i) run->step();
  auto& model = built(*run);
  pixelcnn::ReceptiveField field(model.store(), model.architecture(), 64, 28, 28);
  const int row = 14, column = 14;
  const auto measured = field.measure(row, column, 3);
  const auto reach = pixelcnn::analytic_reach(model.architecture(), 28, 28, row, column);
  int inside = 0, seen = 0;
  for (std::size_t k = 0; k < measured.size(); ++k) {
    INFO("pixel " << k);
    if (!reach[k]) CHECK(measured[k] == 0);
    inside += reach[k];
    seen += reach[k] && measured[k] > 0;
  }
  CHECK(seen > 0.97 * inside);
  // The blind spot: one row above, four to the right; plain masks turn right only where they go up.
  const std::size_t blind = 13 * 28 + 18;
  CHECK(static_cast<bool>(reach[blind]) == gated);
  require_silent_validation();
}

TEST_CASE("every weight of a network has as many taps as its parameter says it has", "[pixelcnn]") {
  for (const auto& which : kCases) {
    for (const bool leaking : {false, true}) {
      auto run = run_of(which, {{"leaking_mask", leaking ? "true" : "false"}});
      auto& model = built(*run);
      int masked = 0;
      for (const auto& path : model.store().paths()) {
        INFO(which.name << ", " << path);
        const auto& shape = model.store().tensor(path, ParameterStore::value).shape;
        const auto taps = pixelcnn::taps_of(model.architecture(), path);
        if (path.ends_with(".weight"))
          CHECK(static_cast<std::int64_t>(taps.size()) == shape[0]);
        else
          CHECK(taps.empty());
        masked += taps.size() > 1;
        for (const auto& tap : taps)
          CHECK((tap.dy < 0 || (tap.dy == 0 && tap.dx <= 0) || !path.ends_with("conv.weight")));
      }
      CHECK(masked > 1);
    }
  }
}
