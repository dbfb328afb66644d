#include "engine/train/open_device.h"

#include <algorithm>

#include "engine/bench/self_test.h"
#include "engine/error.h"
#include "engine/train/run.h"
#include "tests/catch.h"
#include "tests/data/files.h"
#include "tests/device.h"

using namespace unveil;
using namespace unveil::test;

TEST_CASE("a device other than lavapipe tests itself once, and what it found is kept", "[device]") {
  device();  // the environment of lavapipe
  TestFolder folder;
  const auto known = folder.path / "cache" / "devices";
  const auto selector = GENERATE(kGpuFormulation, kGpuSubgroups);
  const DeviceOptions options{.selector = std::string(selector)};
  const auto first = open_device(options, known);
  CHECK_FALSE(first.device->info().lavapipe);
  CHECK(first.device->info().subgroup_teams == (selector == kGpuSubgroups));
  CHECK(first.refused.empty());
  CHECK(first.device->speed() != 1);
  const auto kept = read_text(known);
  CHECK(std::count(kept.begin(), kept.end(), '\n') == 1);

  // Taken from there: a speed that no device has is believed.
  const auto what = kept.substr(kept.find(' ', 1) + 1);
  keep_finding(known, what, 123456);
  CHECK(open_device(options, known).device->speed() == 123456);
  keep_finding(known, what, -1);
  CHECK(open_device(options, known).device->speed() != 123456);
  // Nowhere to keep it is no error.
  CHECK(open_device(options, folder.path / "cache" / "devices" / "below-a-file").refused.empty());
}

TEST_CASE("lavapipe is not asked", "[device]") {
  device();
  TestFolder folder;
  CHECK(open_device({.selector = "llvmpipe"}, folder.path / "devices").device->info().lavapipe);
  CHECK_FALSE(std::filesystem::exists(folder.path / "devices"));
}

TEST_CASE("a device that computes wrong is refused, with what is wrong, each time", "[device]") {
  device();
  TestFolder folder;
  // What was silently wrong once: kernels that take a subgroup for 32 lanes where it is 8.
  const DeviceOptions wrong{.selector = std::string(kGpuFormulation), .assumed_subgroup = 32};
  for (int again = 0; again < 2; ++again)
    CHECK_THROWS_WITH(open_device(wrong, folder.path / "devices"),
                      Contains("cannot be used: it computes") && Contains("where the processor has"));
  CHECK_FALSE(std::filesystem::exists(folder.path / "devices"));
}

TEST_CASE("steps that take no time go several to a submission, with the bits of single ones", "[train]") {
  const Model& model = find_model("vae");
  const auto data = std::make_shared<const Dataset>(load_dataset("digits", {.train_count = 60, .test_count = 5}));
  const auto make = [&] {
    Run::Setup setup{&model, data, KnobValues(model.declaration().knobs), 3};
    setup.knobs.set("hidden", 16);
    setup.knobs.set("batch_size", 4);
    return std::make_unique<Run>(device(), std::move(setup));
  };
  auto single = make(), several = make(), together = make();
  for (int i = 0; i < 40; ++i) single->step();
  std::uint64_t done = 0;
  while (done < 40) done += several->advance(40 - done);  // as many as the machine is fast
  CHECK(done == 40);
  together->built().train_step().run(40);
  for (const auto* run : {several.get(), together.get()}) {
    CHECK(run->steps() == 40);
    CHECK(run->metrics() == single->metrics());
  }
  require_silent_validation();
}
