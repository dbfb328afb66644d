// Twenty steps of every preset of every model, what its evaluation says then, and what it draws.
#include <algorithm>
#include <cmath>

#include "engine/data/picture.h"
#include "engine/models/grid.h"
#include "tests/catch.h"
#include "tests/device.h"
#include "tests/golden/golden.h"

namespace unveil {
namespace {

using test::Golden;
using test::Json;

constexpr std::uint64_t kSeed = 7;
constexpr int kSteps = 20, kBatch = 8, kEvaluated = 64, kDrawn = 8;

// Presets whose steps are slow on a processor.
int steps_of(const std::string& model, const std::string& preset) {
  return model == "pixelcnn" && preset == "standard" ? 4 : kSteps;
}

// Steps after which figures hold on every device: another order of sums soon decides otherwise which atoms of a
// dictionary a small batch uses. Bits are those after all steps.
int figured_steps(const std::string& model, int steps) {
  return model == "sparse" ? std::min(4, steps) : steps;
}

KnobValues knobs_of(const ModelDeclaration& declaration, const Preset& preset) {
  KnobValues knobs(declaration.knobs);
  knobs.apply(preset);
  // Batches are small, so that twenty steps take no longer than a second or two.
  if (knobs.all().contains("batch_size")) knobs.set("batch_size", std::min<double>(kBatch, knobs["batch_size"]));
  return knobs;
}

// How much two drawings differ, beside how much two that have nothing in common would: 0 to about 1.
double difference(const Picture& kept, const Picture& found) {
  if (kept.width != found.width || kept.height != found.height || kept.channels != found.channels) return 1;
  double mean = 0, between = 0, within = 0;
  for (const auto pixel : kept.pixels) mean += pixel / static_cast<double>(kept.pixels.size());
  for (std::size_t i = 0; i < kept.pixels.size(); ++i) {
    between += std::abs(kept.pixels[i] - found.pixels[i]);
    within += std::abs(kept.pixels[i] - mean);
  }
  return within > 0 ? between / within : between > 0;
}

void check_picture(const std::string& name, const Picture& found) {
  const auto path = test::golden_path(name);
  if (test::renewing()) return save_png(path, found);
  INFO(name);
  REQUIRE(std::filesystem::exists(path));
  CHECK(difference(load_picture(path), found) < 0.25);
}

}  // namespace

TEST_CASE("every preset of every model learns, scores and draws as it did", "[golden]") {
  for (const auto* model : registered_models()) {
    const auto& declaration = model->declaration();
    DYNAMIC_SECTION(declaration.name) {
      Golden golden("models/" + declaration.name + ".json");
      const auto data = test::small_data(*model, kSeed);
      for (const auto& preset : declaration.presets) {
        INFO(preset.name);
        Run run(test::device(),
                {.model = model, .data = data, .knobs = knobs_of(declaration, preset), .seed = kSeed});
        const int steps = steps_of(declaration.name, preset.name), figured = figured_steps(declaration.name, steps);
        Json found = test::train(run, figured);
        // Also those that act later than we look: schedules, the decay of an average that begins young.
        for (const auto& knob : declaration.knobs) found["knobs"][knob.name] = run.knobs().text(knob.name);
        found["evaluated"] =
            run.built().evaluate(1, kEvaluated, checked_options(declaration.evaluate_options, {}), {});
        golden.figures(preset.name, found);
        if (&preset == &declaration.presets.front()) {
          const auto drawn =
              run.built().sample(kDrawn, kSeed, checked_options(declaration.sample_options, {}), false, {});
          check_picture("models/" + declaration.name + ".png", grid(drawn.pictures, drawn.columns, 1));
        }
        for (int i = figured; i < steps; ++i) run.step();
        golden.bits(preset.name, run.device().info(), test::bits_of(run.checkpoint()));
      }
      golden.complete();
    }
  }
  test::require_silent_validation();
}

}  // namespace unveil
