// Lavapipe's number of threads, as `train` chooses and tells it.
#include "engine/gpu/lavapipe.h"

#include <cstdlib>

#include "engine/train/threaded_run.h"
#include "tests/app/commands/program.h"
#include "tests/catch.h"
#include "tests/device.h"

namespace unveil {
namespace {

TEST_CASE("train takes and tells the number of threads that was quickest before", "[commands][threads]") {
  if (!test::device().info().lavapipe || processors() == 1) return;
  const test::TemporaryFolder folder;
  Run::Setup setup{.model = &find_model("vae"), .knobs = KnobValues(find_model("vae").declaration().knobs)};
  setup.knobs.apply(find_model("vae").declaration().presets.front());
  setup.knobs.set("hidden", 32);
  setup.data = std::make_shared<Dataset>(load_dataset("digits", {.train_count = 1, .test_count = 1}));
  keep_finding(folder.file("unveil/threads"), threads_question(setup, test::device().info()), processors());
  // Kernels that the driver compiled before stay where they are.
  const char* cache = std::getenv("XDG_CACHE_HOME");
  const auto kernels = cache ? std::string(cache) : std::string(std::getenv("HOME")) + "/.cache";
  const auto environment =
      "-u LP_NUM_THREADS XDG_CACHE_HOME=" + folder.file("") + " MESA_SHADER_CACHE_DIR=" + kernels;
  const std::string small = "train vae --set hidden=32 --steps 1 --json";

  const auto answer = test::run_program(small, environment);
  CHECK(answer.json()["threads"] == processors());
  CHECK_THAT(answer.err, Contains("lavapipe works with " + std::to_string(processors()) + " threads"));
  // The user's word.
  const auto told = test::run_program(small, environment + " LP_NUM_THREADS=1");
  CHECK(told.json()["threads"] == 1);
  CHECK_THAT(told.err, !Contains("lavapipe"));
}

}  // namespace
}  // namespace unveil
