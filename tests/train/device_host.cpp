// Several trainers on one thread and one device.
#include "engine/train/device_host.h"

#include <chrono>
#include <thread>

#include "engine/train/trainer.h"
#include "tests/catch.h"
#include "tests/data/files.h"
#include "tests/device.h"

using namespace unveil;
using namespace unveil::test;

namespace {

TrainerOptions options_of(const char* model, const std::shared_ptr<DeviceHost>& host) {
  TrainerOptions options;
  options.model = model;
  options.host = host;
  return options;
}

template <class Condition>
bool eventually(const Trainer& trainer, Condition condition) {
  for (int i = 0; i < 6000; ++i) {
    if (condition(*trainer.snapshot())) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return false;
}

void steps(Trainer& trainer, std::uint64_t count) {
  for (std::uint64_t i = 0; i < count; ++i) {
    const auto before = trainer.snapshot()->step;
    trainer.step_once();
    REQUIRE(eventually(trainer, [&](const auto& s) { return s.step == before + 1 && !s.playing; }));
  }
}

SafetensorsFile saved(Trainer& trainer, const std::filesystem::path& path) {
  const auto notices = trainer.snapshot()->notices.size();
  trainer.save(path);
  REQUIRE(eventually(trainer, [&](const auto& s) { return s.notices.size() > notices; }));
  return read_safetensors(path);
}

bool ready(const TrainerSnapshot& s) {
  return s.ready && s.progress.empty();
}

}  // namespace

TEST_CASE("trainers of one host share its device and the data, and train in turns", "[trainer]") {
  device();  // sets the driver's threads first
  const auto host = std::make_shared<DeviceHost>();
  Trainer first(options_of("autoencoder", host)), second(options_of("vae", host));
  REQUIRE(eventually(first, ready));
  REQUIRE(eventually(second, ready));
  CHECK(first.snapshot()->data == second.snapshot()->data);
  first.play(), second.play();
  CHECK(eventually(first, [](const auto& s) { return s.step >= 3; }));
  CHECK(eventually(second, [](const auto& s) { return s.step >= 3; }));
}

TEST_CASE("what is put aside comes back as it was, and goes on with the same bits", "[trainer]") {
  TestFolder folder;
  SafetensorsFile undisturbed;
  {
    Trainer alone(options_of("autoencoder", nullptr));
    REQUIRE(eventually(alone, ready));
    steps(alone, 4);
    undisturbed = saved(alone, folder.path / "alone.safetensors");
  }
  std::uint64_t vae_alone = 0;
  {
    Trainer alone(options_of("vae", nullptr));
    REQUIRE(eventually(alone, ready));
    steps(alone, 1);
    vae_alone = alone.snapshot()->memory_bytes;
  }
  // No more than one has room.
  const auto host = std::make_shared<DeviceHost>(DeviceOptions{}, 1);
  Trainer first(options_of("autoencoder", host));
  REQUIRE(eventually(first, ready));
  steps(first, 2);
  const auto build = first.snapshot()->build;
  {
    Trainer second(options_of("vae", host));
    REQUIRE(eventually(second, ready));
    steps(second, 1);
    // With the other's memory given back the device holds one alone.
    CHECK(eventually(second, [&](const auto& s) {
      if (s.memory_bytes != vae_alone) second.step_once();
      return s.memory_bytes == vae_alone;
    }));
    CHECK(first.snapshot()->step == 2);
    CHECK(first.snapshot()->ready);
    CHECK(first.snapshot()->history.at("squared_error").steps.size() == 2);
  }
  steps(first, 2);
  CHECK(first.snapshot()->build == build);
  const auto file = saved(first, folder.path / "first.safetensors");
  REQUIRE(file.tensors.size() == undisturbed.tensors.size());
  for (std::size_t i = 0; i < file.tensors.size(); ++i) CHECK(file.tensors[i].data == undisturbed.tensors[i].data);
}

TEST_CASE("a lost device is lost to all of a host, and all come back", "[trainer]") {
  TestFolder folder;
  const auto host = std::make_shared<DeviceHost>();
  auto options = options_of("autoencoder", host);
  options.autosave = folder.path;
  Trainer first(options), second(options_of("vae", host));
  REQUIRE(eventually(first, ready));
  REQUIRE(eventually(second, ready));
  steps(first, 2);
  first.autosave();
  second.post(second.snapshot()->build, [](Run&) { throw DeviceLost(); });
  const auto restored = [](const TrainerSnapshot& s) {
    return ready(s) && !s.notices.empty() && s.notices.back().text.find("device was lost") != std::string::npos;
  };
  REQUIRE(eventually(first, restored));
  REQUIRE(eventually(second, restored));
  CHECK(first.snapshot()->step == 2);
  steps(first, 1);
  steps(second, 1);
}
