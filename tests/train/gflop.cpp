// The operations of a training step, as the graph counts them, and budgets in them.
#include <cmath>

#include "engine/train/run.h"
#include "tests/app/commands/program.h"
#include "tests/catch.h"
#include "tests/device.h"

using namespace unveil;
using namespace unveil::test;

namespace {

std::unique_ptr<Run> run_of(const char* name, const std::map<std::string, double>& knobs) {
  const Model& model = find_model(name);
  Run::Setup setup{&model, {}, KnobValues(model.declaration().knobs)};
  for (const auto& [knob, value] : knobs) setup.knobs.set(knob, value);
  DatasetOptions options{.train_count = 64, .test_count = 8};
  setup.data = std::make_shared<const Dataset>(load_dataset("digits", options));
  return std::make_unique<Run>(device(), std::move(setup));
}

}  // namespace

TEST_CASE("a step's operations are those of its products, forward and backward", "[train]") {
  const auto run = run_of("vae", {{"hidden", 24}, {"latent", 3}, {"batch_size", 10}});
  // Each matrix is multiplied with forward, and for its own gradient; for its input's, all but the first.
  const double pixels = 28 * 28, first = pixels * 24, others = 2 * 24 * 3 + 3 * 24 + 24 * pixels;
  CHECK(run->built().train_step().gflop() * 1e9 == Approx(2 * 10 * (2 * first + 3 * others)));
}

TEST_CASE("a masked convolution's operations are those of the taps it has", "[train]") {
  const auto run = run_of("pixelcnn", {{"hidden", 4}, {"blocks", 1}, {"batch_size", 2}});
  const double pixels = 2 * 28 * 28, input = 24 * 8;  // 7 x 7, the pixel and what follows it left out
  const double others = 8 * 4 + 5 * 4 * 4 + 4 * 8 + 8 * 32 + 32;
  CHECK(run->built().train_step().gflop() * 1e9 == Approx(2 * pixels * (2 * input + 3 * others)));
}

TEST_CASE("training stops when a budget of operations is used up", "[train][commands]") {
  const std::string train = "train vae --set hidden=8 --set batch_size=16 --json ";
  const auto one = run_program(train + "--steps 1").json();
  const double step = one["metrics"]["gflop_per_step"];
  CHECK(one["metrics"]["gflop_per_second"] > 0);
  const auto budget = run_program(train + "--gflop " + std::to_string(4.5 * step));
  REQUIRE(budget.status == 0);
  CHECK(budget.json()["steps_done"] == 5);
  const auto both = run_program(train + "--gflop 1 --steps 1");
  CHECK(both.one_line_error());
  const auto none = run_program("train vae");
  CHECK(none.one_line_error());
  CHECK_THAT(none.err, Contains("--gflop"));
}
