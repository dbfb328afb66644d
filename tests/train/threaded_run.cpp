#include "engine/train/threaded_run.h"

#include <cstdlib>

#include "engine/gpu/lavapipe.h"
#include "tests/catch.h"
#include "tests/data/files.h"
#include "tests/device.h"

using namespace unveil;

namespace {

// As where the user has said nothing of threads; the tests' own word holds again afterwards.
class NothingSaid {
 public:
  NothingSaid() {
    test::device();
    said_ = std::getenv("LP_NUM_THREADS");
    unsetenv("LP_NUM_THREADS");
    set_lavapipe_threads(0);
  }
  ~NothingSaid() { setenv("LP_NUM_THREADS", said_.c_str(), 1); }

 private:
  std::string said_;
};

bool worth_testing() {
  return test::device().info().lavapipe && processors() > 1;
}

Run::Setup small(const std::string& name, const std::map<std::string, double>& knobs) {
  const Model& model = find_model(name);
  Run::Setup setup{.model = &model, .knobs = KnobValues(model.declaration().knobs), .seed = 7};
  for (const auto& [knob, value] : knobs) setup.knobs.set(knob, value);
  const bool scenes = model.declaration().data_kinds.front() == DataKind::scenes;
  auto options = model.declaration().data_options();
  options.train_count = scenes ? 1 : 60, options.test_count = 1;
  setup.data = std::make_shared<Dataset>(load_dataset(model.declaration().default_data, options));
  return setup;
}
Run::Setup small_pixelcnn() {
  return small("pixelcnn", {{"hidden", 4}, {"blocks", 1}, {"batch_size", 4}});
}

bool same(const SafetensorsFile& a, const SafetensorsFile& b) {
  if (a.metadata != b.metadata || a.tensors.size() != b.tensors.size()) return false;
  for (std::size_t i = 0; i < a.tensors.size(); ++i)
    if (a.tensors[i].name != b.tensors[i].name || a.tensors[i].data != b.tensors[i].data) return false;
  return true;
}

// As train does it, but for the time: a step takes `with` where there is a pool, else `without`. All that was told.
std::string train(ThreadedRun& training, int steps, double with, double without, double left) {
  std::string told;
  for (int i = 0; i < steps; ++i) {
    training.run().step();
    training.run().record(training.run().metrics());
    told += training.after_step(*training.threads() > 0 ? with : without, left);
  }
  return told;
}

}  // namespace

TEST_CASE("training is the same bits with any number of threads", "[threads]") {
  if (!worth_testing()) return;
  const auto [model, knobs] = GENERATE(table<std::string, std::map<std::string, double>>(
      {{"pixelcnn", {{"hidden", 8}, {"blocks", 1}, {"batch_size", 16}}},
       {"vae", {{"hidden", 64}, {"batch_size", 64}}},
       {"sparse", {{"atoms", 32}, {"batch_size", 64}, {"iterations", 2}}}}));
  const auto setup = small(model, knobs);
  const NothingSaid nothing_said;
  std::vector<SafetensorsFile> made;
  for (const int threads : {0, 3}) {
    set_lavapipe_threads(threads);
    Device device;
    Run run(device, setup);
    for (int i = 0; i < 3; ++i) run.step();
    made.push_back(run.checkpoint());
  }
  CHECK(same(made[0], made[1]));
}

TEST_CASE("the quicker number of threads is found out, told and remembered; the bits are those of any run",
          "[threads]") {
  if (!worth_testing()) return;
  constexpr int kSteps = 30;
  const double with = GENERATE(0.1, 0.3), without = 0.2;
  const NothingSaid nothing_said;
  const TestFolder folder;
  const auto known = folder.path / "threads";
  ThreadedRun training({}, small_pixelcnn(), known);
  CHECK(training.remembered().empty());
  CHECK(training.threads() == 0);
  const auto told = train(training, kSteps, with, without, 60);
  const int best = with < without ? processors() : 0;
  CHECK(training.threads() == best);
  CHECK_THAT(told, Contains("lavapipe goes on with " + std::to_string(best) + " threads: "));
  CHECK_THAT(told, Contains("100.0 ms") || Contains("300.0 ms"));
  CHECK_THAT(told, Contains("200.0 ms"));

  const auto question = threads_question(small_pixelcnn(), training.run().device().info());
  if (told.find("not remembered") == told.npos)
    CHECK(finding(known, question) == best);
  else
    CHECK_FALSE(finding(known, question));

  Run straight(test::device(), small_pixelcnn());
  for (int i = 0; i < kSteps; ++i) straight.step(), straight.record(straight.metrics());
  CHECK(same(straight.checkpoint(), training.run().checkpoint()));
}

TEST_CASE("what is remembered of threads is taken for the same size of model alone", "[threads]") {
  if (!worth_testing()) return;
  const NothingSaid nothing_said;
  const TestFolder folder;
  const auto known = folder.path / "threads";
  const auto question = threads_question(small_pixelcnn(), test::device().info());
  keep_finding(known, question, processors());
  const auto threads_for = [&](const Run::Setup& setup) {
    set_lavapipe_threads(0);
    open_for({}, setup, known);
    return lavapipe_threads();
  };
  CHECK(threads_for(small_pixelcnn()) == processors());
  auto larger = small_pixelcnn(), hotter = small_pixelcnn();
  larger.knobs.set("hidden", 5);
  hotter.knobs.set("learning_rate", 0.02);
  CHECK(threads_for(larger) == 0);
  CHECK(threads_for(hotter) == processors());
  ThreadedRun training({}, hotter, known);
  CHECK_THAT(training.remembered(), Contains("with " + std::to_string(processors()) + " threads"));
  CHECK(train(training, 2, 1, 1, 60).empty());
  // Another machine's, or spoilt.
  keep_finding(known, question, processors() + 1);
  CHECK(threads_for(small_pixelcnn()) == 0);
}

TEST_CASE("the user's LP_NUM_THREADS holds, and short training tries nothing", "[threads]") {
  if (!worth_testing()) return;
  const TestFolder folder;
  const auto known = folder.path / "threads";
  {
    ThreadedRun training({}, small_pixelcnn(), known);  // the tests' own
    CHECK(training.threads() == lavapipe_threads());
    CHECK(train(training, 20, 0.2, 0.1, 60).empty());
  }
  const NothingSaid nothing_said;
  keep_finding(known, "something else", 1);
  ThreadedRun training({}, small_pixelcnn(), known);
  CHECK(train(training, 20, 0.1, 0.2, 5).empty());
  CHECK(training.threads() == 0);
  CHECK_FALSE(finding(known, threads_question(small_pixelcnn(), training.run().device().info())));
}
