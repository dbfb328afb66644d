// Checkpoints that were written once go on loading, resuming and scoring as they did.
#include <algorithm>
#include <map>

#include "engine/train/checkpoint.h"
#include "tests/app/commands/program.h"
#include "tests/catch.h"
#include "tests/device.h"
#include "tests/golden/golden.h"

namespace unveil {
namespace {

using test::Golden;
using test::Json;

constexpr std::uint64_t kSeed = 11;
constexpr int kStepsBefore = 6, kStepsAfter = 6;
constexpr const char* kVersion = "0.1";

// Knobs that make a model's file small, its parts many and their effects seen within a few steps.
const std::map<std::string, std::map<std::string, std::string>> kSmall = {
    {"pixelcnn",
     {{"architecture", "gated"},
      {"hidden", "4"},
      {"blocks", "1"},
      {"batch_size", "4"},
      {"class_conditional", "true"},
      {"weight_average", "0.5"}}},
    {"vae", {{"network", "convolutional"}, {"hidden", "8"}, {"channels", "4"}, {"batch_size", "8"}}},
    {"sparse", {{"whitening", "zca"}, {"patch_size", "6"}, {"atoms", "16"}, {"batch_size", "16"}}},
    {"cpc", {{"channels", "8"}, {"context", "8"}, {"horizons", "2"}, {"window", "3000"}, {"batch_size", "4"}}},
};
// Of all other models, those of these that they have.
const std::map<std::string, std::string> kSmallKnobs = {
    {"hidden", "8"}, {"code", "4"}, {"channels", "8"}, {"batch_size", "8"}};

std::map<std::string, std::string> small_knobs(const ModelDeclaration& model) {
  if (const auto own = kSmall.find(model.name); own != kSmall.end()) return own->second;
  std::map<std::string, std::string> some;
  for (const auto& knob : model.knobs)
    if (const auto found = kSmallKnobs.find(knob.name); found != kSmallKnobs.end()) some.insert(*found);
  return some;
}

std::vector<std::filesystem::path> files() {
  std::vector<std::filesystem::path> found;
  std::error_code none;
  for (const auto& entry : std::filesystem::directory_iterator(test::golden_path("checkpoints"), none))
    if (entry.path().extension() == ".safetensors") found.push_back(entry.path());
  std::ranges::sort(found);
  return found;
}

// One with and one without the optimiser's state, where this version has none yet: those that are there stay.
void make_missing(const Model& model) {
  const auto& name = model.declaration().name;
  const auto stem = test::golden_path("checkpoints/" + name + "-" + kVersion).string();
  if (std::filesystem::exists(stem + ".safetensors")) return;
  KnobValues knobs(model.declaration().knobs);
  for (const auto& [knob, value] : small_knobs(model.declaration())) knobs.set_text(knob, value);
  Run run(test::device(), {.model = &model, .data = test::small_data(model, kSeed), .knobs = knobs, .seed = kSeed});
  for (int i = 0; i < kStepsBefore; ++i) run.step(), run.record(run.metrics());
  std::filesystem::create_directories(test::golden_path("checkpoints"));
  write_safetensors(stem + ".safetensors", run.checkpoint("unveil train " + name, false));
  write_safetensors(stem + "-shipped.safetensors", run.checkpoint("unveil train " + name, true));
}

// What `unveil evaluate --json` says, without what differs from one machine or run to the next.
Json evaluated(const std::string& model, const std::filesystem::path& file) {
  const auto answer = test::run_program("evaluate " + model + " --load '" + file.string() + "' --limit 32 --json");
  REQUIRE(answer.status == 0);
  auto result = Json::parse(answer.out);
  result["device"] = result["seconds"] = nullptr;
  return result;
}

}  // namespace

TEST_CASE("checkpoints of this version and before resume to the same bits and score the same", "[golden]") {
  if (test::renewing())
    for (const auto* model : registered_models()) make_missing(*model);
  Golden golden("checkpoints.json");
  std::map<std::string, int> of_model;
  for (const auto& path : files()) {
    INFO(path.filename().string());
    const auto file = read_safetensors(path);
    const auto info = checkpoint_info(file, path);
    Run run(test::device(), setup_from(info, test::small_data(find_model(info.model), info.seed)));
    run.restore(file, path);
    CHECK(run.steps() == info.step);
    // What was read is written again as it was, but for how the data are described.
    const bool shipped = path.stem().string().ends_with("-shipped");
    CHECK(test::bits_of(run.checkpoint({}, shipped)) == test::bits_of(file));
    auto found = test::train(run, kStepsAfter);
    if (!shipped) found["evaluate --json"] = evaluated(info.model, path);  // the same weights are in both
    golden.figures(path.filename().string(), found);
    golden.bits(path.filename().string(), run.device().info(), test::bits_of(run.checkpoint()));
    ++of_model[info.model];
  }
  golden.complete();
  for (const auto* model : registered_models()) {
    INFO(model->declaration().name << " has a checkpoint with and one without the optimiser's state");
    CHECK(of_model[model->declaration().name] >= 2);
  }
  test::require_silent_validation();
}

}  // namespace unveil
