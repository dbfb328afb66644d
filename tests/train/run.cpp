#include "engine/train/run.h"

#include <cmath>
#include <cstring>
#include <limits>

#include "engine/error.h"
#include "tests/catch.h"
#include "tests/data/files.h"
#include "tests/device.h"

using namespace unveil;
using namespace unveil::test;

namespace {

std::shared_ptr<const Dataset> some_digits() {
  static const auto data =
      std::make_shared<const Dataset>(load_dataset("digits", {.train_count = 300, .test_count = 20}));
  return data;
}

std::unique_ptr<Run> small_run(std::uint64_t seed = 5, int hidden = 4) {
  const Model& model = find_model("pixelcnn");
  Run::Setup setup{&model, some_digits(), KnobValues(model.declaration().knobs), seed};
  setup.knobs.set("hidden", hidden);
  setup.knobs.set("blocks", 1);
  setup.knobs.set("batch_size", 4);
  return std::make_unique<Run>(device(), std::move(setup));
}

// Everything that a checkpoint holds, bit for bit.
bool same(const SafetensorsFile& a, const SafetensorsFile& b) {
  if (a.metadata != b.metadata || a.tensors.size() != b.tensors.size()) return false;
  for (std::size_t i = 0; i < a.tensors.size(); ++i)
    if (a.tensors[i].name != b.tensors[i].name || a.tensors[i].data != b.tensors[i].data) return false;
  return true;
}

}  // namespace

TEST_CASE("N steps, save, load, N steps are the same bits as 2N steps", "[train]") {
  TestFolder folder;
  const auto path = folder.path / "half.safetensors";
  auto whole = small_run();
  for (int i = 0; i < 20; ++i) whole->step();

  auto half = small_run();
  for (int i = 0; i < 10; ++i) half->step();
  write_safetensors(path, half->checkpoint());
  const auto file = read_safetensors(path);
  auto rest = std::make_unique<Run>(device(), setup_from(checkpoint_info(file, path), some_digits()));
  rest->restore(file, path);
  CHECK(rest->steps() == 10);
  for (int i = 0; i < 10; ++i) rest->step();
  CHECK(same(whole->checkpoint(), rest->checkpoint()));
  CHECK(whole->metrics() == rest->metrics());
}

TEST_CASE("a state that is put back goes on with the same bits, in milliseconds", "[train]") {
  auto run = small_run();
  for (int i = 0; i < 5; ++i) run->step();
  run->record(run->metrics());
  const auto state = run->copy_state();
  CHECK(state.step == 5);
  CHECK(state.bytes() > 0);
  for (int i = 0; i < 5; ++i) run->step();
  run->record(run->metrics());
  const auto before = run->checkpoint();
  // Elsewhere, with another knob; then back, and the same five steps.
  run->set_knob("learning_rate", 1e-4);
  for (int i = 0; i < 3; ++i) run->step();
  run->put_back(state);
  CHECK(run->steps() == 5);
  CHECK(same(run->checkpoint(), [&] {
    auto other = small_run();
    for (int i = 0; i < 5; ++i) other->step();
    other->record(other->metrics());
    return other->checkpoint();
  }()));
  for (int i = 0; i < 5; ++i) run->step();
  run->record(run->metrics());
  CHECK(same(run->checkpoint(), before));
  CHECK_THROWS_AS(small_run(5, 8)->put_back(state), std::logic_error);
  require_silent_validation();
}

TEST_CASE("the history of a run is in its checkpoint, a shipped one too, and goes on from there", "[train]") {
  auto run = small_run();
  for (int i = 0; i < 3; ++i) run->step(), run->record(run->metrics());
  append(run->history()["held_out"], 2, 91.5);
  auto other = small_run();
  other->restore(run->checkpoint("", true), "shipped.safetensors");
  const auto& loss = other->history().at("nats_per_image");
  CHECK(loss.steps == std::vector<double>{1, 2, 3});
  CHECK(loss.values == run->history().at("nats_per_image").values);
  CHECK(other->history().at("held_out").values == std::vector<double>{91.5});
  other->step();
  other->record(other->metrics());
  CHECK(loss.steps.size() == 4);
  other->reset(5);
  CHECK(other->history().empty());
  // Of a checkpoint without one nothing is known.
  other->restore(small_run()->checkpoint(), "old.safetensors");
  CHECK(other->history().empty());
}

TEST_CASE("training goes on gently from a checkpoint without the optimiser's moments, and resumes exactly after that",
          "[train]") {
  auto run = small_run();
  for (int i = 0; i < 30; ++i) run->step();
  const auto shipped = run->checkpoint("", true);
  const auto before = read_tensor(device(), run->parameters().flat(ParameterStore::value));
  run->restore(shipped, "shipped.safetensors");
  run->step();
  // Adam's first step after its moments began is one learning rate a parameter at most, not three times that.
  const auto after = read_tensor(device(), run->parameters().flat(ParameterStore::value));
  const double rate = run->metrics().at("learning_rate");
  double largest = 0;
  for (std::size_t i = 0; i < after.size(); ++i)
    largest = std::max(largest, std::abs(static_cast<double>(after[i]) - before[i]));
  CHECK(largest > 0);
  CHECK(largest < 1.01 * rate);

  const auto half = run->checkpoint();
  for (int i = 0; i < 5; ++i) run->step();
  const auto whole = run->checkpoint();
  run->restore(half, "half.safetensors");
  for (int i = 0; i < 5; ++i) run->step();
  CHECK(same(run->checkpoint(), whole));
}

TEST_CASE("the same seed gives the same bits, another seed others", "[train]") {
  auto a = small_run(1), b = small_run(1), c = small_run(2);
  for (int i = 0; i < 5; ++i) a->step(), b->step(), c->step();
  CHECK(same(a->checkpoint(), b->checkpoint()));
  CHECK_FALSE(same(a->checkpoint(), c->checkpoint()));
  const auto after = a->checkpoint();
  a->reset(1);
  for (int i = 0; i < 5; ++i) a->step();
  CHECK(same(a->checkpoint(), after));
}

TEST_CASE("segments of a step add up to the step", "[train]") {
  auto whole = small_run(), pieces = small_run();
  whole->step();
  while (!pieces->advance()) CHECK_FALSE(pieces->between_steps());
  CHECK(same(whole->checkpoint(), pieces->checkpoint()));
}

TEST_CASE("a checkpoint that does not fit changes nothing and says why", "[train]") {
  auto run = small_run();
  for (int i = 0; i < 3; ++i) run->step();
  const auto before = run->checkpoint();
  const auto refused = [&](auto spoil) {
    auto file = run->checkpoint();
    spoil(file);
    const auto message = error_of([&] { run->restore(file, "spoiled.safetensors"); });
    CHECK(message.find("spoiled.safetensors") != std::string::npos);
    CHECK(message.find('\n') == std::string::npos);
    CHECK(same(run->checkpoint(), before));
    return message;
  };
  const auto with_nan = refused([](SafetensorsFile& file) {
    const float nan = std::numeric_limits<float>::quiet_NaN();
    std::memcpy(file.tensors[0].data.data(), &nan, 4);
  });
  CHECK(with_nan.find("not finite") != std::string::npos);
  CHECK(refused([](SafetensorsFile& file) { file.tensors.erase(file.tensors.begin()); }).find("missing") !=
        std::string::npos);
  CHECK(refused([](SafetensorsFile& file) { file.tensors[0].shape.push_back(1); }).find("expected F32") !=
        std::string::npos);
  CHECK(refused([](SafetensorsFile& file) {
          file.tensors.push_back({"stranger", "F32", {1}, std::vector<std::byte>(4)});
        }).find("stranger") != std::string::npos);
  CHECK(refused([](SafetensorsFile& file) { file.metadata["model"] = "vae"; }).find("vae") != std::string::npos);
  CHECK(refused([](SafetensorsFile& file) { file.metadata.erase("seed"); }).find("seed") != std::string::npos);
  CHECK(refused([](SafetensorsFile& file) { file.metadata["step"] = "-1"; }).find("step") != std::string::npos);
  CHECK(refused([](SafetensorsFile& file) { file.metadata["knobs"] = "[]"; }).find("knobs") != std::string::npos);
  auto other = small_run(5, 8);
  CHECK(error_of([&] { other->restore(before, "other.safetensors"); }).find("other.safetensors") !=
        std::string::npos);
}

TEST_CASE("a model that does not fit is refused with the numbers", "[train]") {
  // 128 channels in batches of 256: more than a single allocation of any device allows is refused by the plan, not by
  // a crash.
  const auto message =
      error_of([&] { Buffer all = device().allocate(device().info().memory + 1, MemoryKind::device, "a model"); });
  CHECK(message.find("MiB") != std::string::npos);
}

TEST_CASE("live knobs change the next step, others are refused", "[train]") {
  auto run = small_run();
  run->step();
  run->set_knob("learning_rate", 1e-6);
  run->set_knob("warm_up", 0);
  run->step();
  CHECK(run->metrics().at("learning_rate") == Approx(1e-6).epsilon(0.01));
  CHECK_THROWS_AS(run->set_knob("learning_rate", 7), UsageError);
  CHECK_THROWS_AS(run->set_knob("learning_rte", 1e-3), UsageError);
  CHECK_THROWS_AS(run->set_knob("hidden", 8), std::logic_error);
  require_silent_validation();
}

TEST_CASE("a model that reads a knob it does not declare is refused", "[train]") {
  struct Misspelt : Model {
    const Model& right = find_model("pixelcnn");
    const ModelDeclaration& declaration() const override { return right.declaration(); }
    std::unique_ptr<BuiltModel> build(const ModelContext& context) const override {
      context.live("learnig_rate");
      return right.build(context);
    }
  } misspelt;
  Run::Setup setup{&misspelt, some_digits(), KnobValues(misspelt.declaration().knobs)};
  setup.knobs.set("hidden", 4);
  setup.knobs.set("blocks", 1);
  CHECK_THROWS_WITH(Run(device(), std::move(setup)), Contains("'learnig_rate'"));
}

TEST_CASE("weights that fit are taken from another checkpoint, and nothing of what does not", "[train]") {
  auto first = small_run(5);
  for (int i = 0; i < 3; ++i) first->step();
  const auto file = first->checkpoint();
  const auto bytes = [](const SafetensorsFile& of, const std::string& name) {
    for (const auto& entry : of.tensors)
      if (entry.name == name) return entry.data;
    return std::vector<std::byte>{};
  };
  // All of a model of the same structure: values and their average; steps and moments begin anew.
  auto alike = small_run(6);
  CHECK(alike->take_weights(file, "a.safetensors").empty());
  CHECK(alike->steps() == 0);
  const auto taken = alike->checkpoint();
  for (const auto& path : alike->parameters().paths()) CHECK(bytes(taken, path) == bytes(file, path));
  CHECK(bytes(taken, "adam.first_moment/" + alike->parameters().paths().front()) !=
        bytes(file, "adam.first_moment/" + alike->parameters().paths().front()));
  // Of a wider one what has the same shape; the rest is told and stays.
  auto wider = small_run(6, 8);
  const auto before = wider->checkpoint();
  const auto others = wider->take_weights(file, "a.safetensors");
  CHECK(!others.empty());
  CHECK(others.size() < wider->parameters().paths().size());
  const auto after = wider->checkpoint();
  for (const auto& path : others) CHECK(bytes(after, path) == bytes(before, path));
  // Nothing fits, or what fits is broken: nothing changes.
  SafetensorsFile strange;
  strange.tensors.push_back({"elsewhere", "F32", {1}, std::vector<std::byte>(4)});
  CHECK_THROWS_WITH(wider->take_weights(strange, "s.safetensors"), Contains("holds no tensor of a name"));
  auto broken = file;
  const float nan = std::numeric_limits<float>::quiet_NaN();
  for (auto& entry : broken.tensors) std::memcpy(entry.data.data(), &nan, 4);
  CHECK_THROWS_WITH(wider->take_weights(broken, "b.safetensors"), Contains("not finite"));
  CHECK(same(wider->checkpoint(), after));
}
