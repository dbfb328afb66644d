// Several trainers on one thread and one device.
#include "engine/train/device_host.h"

#include <chrono>
#include <thread>

#include "engine/data/picture.h"
#include "engine/train/trainer.h"
#include "tests/catch.h"
#include "tests/data/files.h"
#include "tests/device.h"
#include "tests/train/trainers.h"

using namespace unveil;
using namespace unveil::test;

namespace {

TrainerOptions options_of(const char* model, const std::shared_ptr<DeviceHost>& host) {
  TrainerOptions options;
  options.model = model;
  options.host = host;
  return options;
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

TEST_CASE("data without colour are the same to those who take colour and those who do not", "[trainer]") {
  const TestFolder folder;
  DeviceHost host;
  const auto load = [&](bool colour) { return host.dataset("images:" + folder.path.string(), {.colour = colour}); };
  save_png(folder / "grey.png", {1, 1, 1, {90}});
  {
    const auto grey = load(false);
    CHECK(load(true) == grey);
  }
  save_png(folder / "red.png", {1, 1, 3, {200, 0, 0}});
  const auto grey = load(false), colour = load(true);
  CHECK(grey != colour);
  CHECK((grey->train.channels == 1 && colour->train.channels == 3));
  CHECK((load(false) == grey && load(true) == colour));
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

TEST_CASE("a loss is told to every guest once, and the host works on", "[trainer]") {
  struct Guest : DeviceHost::Guest {
    std::atomic<int> turns = 0, losses = 0, finds = 0, leaves = 0;
    std::atomic<bool> loses = false;
    bool turn(DeviceHost::Clock::time_point&) override {
      ++turns;
      if (loses.exchange(false)) throw DeviceLost();
      return false;
    }
    void lost() override { ++losses; }
    void found() override { ++finds; }
    void leave() override { ++leaves; }
    bool put_aside() override { return false; }
    DeviceHost::Clock::time_point used() const override { return {}; }
  } first, second;
  DeviceHost host;
  host.enter(first), host.enter(second);
  const auto until = [&](auto condition) {
    for (int i = 0; i < 6000 && !condition(); ++i)
      host.wake(), std::this_thread::sleep_for(std::chrono::milliseconds(1));
    return condition();
  };
  REQUIRE(until([&] { return first.turns > 0 && second.turns > 0; }));
  second.loses = true;
  REQUIRE(until([&] { return first.finds == 1 && second.finds == 1; }));
  CHECK((first.losses == 1 && second.losses == 1));
  const int before = first.turns;
  CHECK(until([&] { return first.turns > before; }));
  host.exit(first);
  CHECK((first.leaves == 1 && second.leaves == 0));
  host.exit(second);
  CHECK(second.leaves == 1);
}
