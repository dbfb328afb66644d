// A trainer's snapshots as the shell shows them.
#include "app/exhibit/trainer_run.h"
#include "app/widgets/outdated.h"
#include "tests/catch.h"

using namespace unveil;

namespace {

std::shared_ptr<TrainerSnapshot> snapshot_of(const std::string& model) {
  auto snapshot = std::make_shared<TrainerSnapshot>();
  snapshot->ready = true;
  snapshot->knobs = KnobValues(find_model(model).declaration().knobs);
  snapshot->build = 1;
  return snapshot;
}

std::vector<std::string> labels(const TrainerRun& run, const std::string& metric) {
  std::vector<std::string> found;
  for (const auto& curve : run.curves())
    if (curve.name.rfind(metric + ".", 0) == 0) found.push_back(curve.label);
  return found;
}

}  // namespace

TEST_CASE("horizons have the numbers that CPC gives them, dimensions are counted from one", "[exhibit]") {
  Notices notices;
  TrainerRun cpc(find_model("cpc"));
  auto snapshot = snapshot_of("cpc");
  for (const char* name : {"infonce_by_horizon.1", "infonce_by_horizon.2", "accuracy_by_horizon.1"})
    snapshot->history[name] = {{1}, {0.5}};
  cpc.update(snapshot, notices);
  CHECK(labels(cpc, "infonce_by_horizon") == std::vector<std::string>{"1", "2"});
  CHECK(labels(cpc, "accuracy_by_horizon") == std::vector<std::string>{"1"});
  TrainerRun vae(find_model("vae"));
  snapshot = snapshot_of("vae");
  for (const char* name : {"kl_per_dim.0", "kl_per_dim.1"}) snapshot->history[name] = {{1}, {0.5}};
  vae.update(snapshot, notices);
  CHECK(labels(vae, "kl_per_dim") == std::vector<std::string>{"1", "2"});
}

TEST_CASE("a plot is called what its metric is of this model, and what is minimised comes first", "[exhibit]") {
  Notices notices;
  TrainerRun vae(find_model("vae"));
  auto snapshot = snapshot_of("vae");
  snapshot->history["neg_elbo"] = {{1}, {200.0}};
  snapshot->history["reconstruction"] = {{1}, {190.0}};
  vae.update(snapshot, notices);
  CHECK(vae.curves().front().unit == "neg elbo");
  vae.call("neg_elbo", "reconstruction, nats");
  vae.set_curve({.name = "held_out_neg_elbo", .unit = "neg_elbo", .steps = {1}, .values = {201.0}});
  REQUIRE(vae.curves().size() == 3);
  for (const auto& curve : vae.curves())
    if (curve.name != "reconstruction") CHECK(curve.unit == "reconstruction, nats");
  vae.lead("reconstruction");
  CHECK(vae.curves().front().name == "reconstruction");
  CHECK(vae.curves().front().label == "training");
}

TEST_CASE("a run is told with what it counts and where it came from", "[exhibit]") {
  Notices notices;
  TrainerRun run(find_model("cpc"));
  run.attach(nullptr, "/assets/pretrained/cpc-voices.safetensors");
  auto snapshot = snapshot_of("cpc");
  auto data = std::make_shared<Dataset>();
  data->kind = DataKind::sounds;
  snapshot->data = data;
  snapshot->opened = "/assets/pretrained/cpc-voices.safetensors";
  snapshot->opened_step = 4000;
  run.update(snapshot, notices);
  CHECK(run.status().items == "recordings");
  CHECK(run.status().origin == "pretrained");
  CHECK(run.status().origin_step == 4000);
  auto mine = std::make_shared<TrainerSnapshot>(*snapshot);
  auto scenes = std::make_shared<Dataset>();
  scenes->kind = DataKind::scenes;
  mine->data = scenes, mine->opened = "/home/me/mine.safetensors", mine->build = 2;
  run.update(mine, notices);
  CHECK(run.status().items == "patches");
  CHECK(run.status().origin == "mine.safetensors");
  CHECK(run.status().build == 2);
}

TEST_CASE("a figure is old once the model has gone on by more than a tenth since", "[exhibit]") {
  CHECK_FALSE(outdated(1000, 1000));
  CHECK_FALSE(outdated(0, 8));
  CHECK(outdated(0, 40));
  CHECK_FALSE(outdated(950, 1000));
  CHECK(outdated(800, 1000));
  CHECK(outdated(400, 0));  // before a reset
  CHECK(at_step(1200) == "at step 1,200");
}
