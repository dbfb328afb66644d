#include "engine/train/trainer.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <fstream>
#include <limits>
#include <thread>

#include "engine/data/picture.h"
#include "tests/catch.h"
#include "tests/data/files.h"
#include "tests/device.h"
#include "tests/train/trainers.h"

using namespace unveil;
using namespace unveil::test;

namespace {

TrainerOptions small_options(const std::filesystem::path& autosave = {}) {
  TrainerOptions options;
  options.model = "pixelcnn";
  options.autosave = autosave;
  return options;
}

}  // namespace

TEST_CASE("the trainer plays, pauses, steps and resets", "[trainer]") {
  device();  // sets the driver's threads first
  Trainer trainer(small_options());
  REQUIRE(eventually(trainer, ready));
  trainer.step_once();
  REQUIRE(eventually(trainer, [](const auto& s) { return s.step == 1 && !s.playing; }));
  trainer.play();
  REQUIRE(eventually(trainer, [](const auto& s) { return s.step >= 4; }));
  trainer.pause();
  REQUIRE(eventually(trainer, [](const auto& s) { return !s.playing; }));
  const auto paused = trainer.snapshot()->step;
  CHECK(trainer.snapshot()->history.at("nats_per_image").steps.size() == paused);
  trainer.reset(std::nullopt);
  REQUIRE(eventually(trainer, [](const auto& s) { return s.step == 0; }));
}

TEST_CASE("knobs, data and files that do not fit become notices and nothing is lost", "[trainer]") {
  TestFolder folder;
  Trainer trainer(small_options());
  REQUIRE(eventually(trainer, ready));
  trainer.step_once();
  REQUIRE(eventually(trainer, [](const auto& s) { return s.step == 1; }));
  trainer.set_knobs({{"learning_rate", 99}});
  trainer.set_knobs({{"no_such_knob", 1}});
  trainer.load_data("idx:/nowhere");
  std::ofstream(folder.path / "bad.safetensors") << "nonsense";
  trainer.load_checkpoint(folder.path / "bad.safetensors");
  trainer.choose_preset("no such preset");
  REQUIRE(eventually(trainer, [](const auto& s) { return s.notices.size() == 5; }));
  for (const auto& notice : trainer.snapshot()->notices) CHECK(notice.text.find('\n') == std::string::npos);
  CHECK(trainer.snapshot()->step == 1);
  CHECK(trainer.snapshot()->ready);
  trainer.step_once();
  CHECK(eventually(trainer, [](const auto& s) { return s.step == 2; }));
}

TEST_CASE("a checkpoint that cannot be restored leaves the open model as it is", "[trainer]") {
  TestFolder folder;
  Trainer trainer(small_options());
  REQUIRE(eventually(trainer, ready));
  trainer.step_once();
  REQUIRE(eventually(trainer, [](const auto& s) { return s.step == 1; }));
  const auto path = folder.path / "saved.safetensors";
  trainer.save(path);
  REQUIRE(eventually(trainer, [](const auto& s) { return s.notices.size() == 1; }));
  trainer.step_once();
  REQUIRE(eventually(trainer, [](const auto& s) { return s.step == 2; }));
  const auto build = trainer.snapshot()->build;

  auto lacking = read_safetensors(path), broken = lacking;
  const auto missing = lacking.tensors.front().name, spoilt = broken.tensors.front().name;
  lacking.tensors.erase(lacking.tensors.begin());
  const float nan = std::numeric_limits<float>::quiet_NaN();
  std::memcpy(broken.tensors.front().data.data(), &nan, sizeof nan);
  write_safetensors(folder.path / "lacking.safetensors", lacking);
  write_safetensors(folder.path / "broken.safetensors", broken);
  trainer.load_checkpoint(folder.path / "lacking.safetensors");
  trainer.load_checkpoint(folder.path / "broken.safetensors");
  REQUIRE(eventually(trainer, [](const auto& s) { return s.notices.size() == 3; }));
  const auto after = trainer.snapshot();
  CHECK(after->step == 2);
  CHECK(after->build == build);
  CHECK(after->progress.empty());
  CHECK(after->notices[1].text.find("'" + missing + "' is missing") != std::string::npos);
  CHECK(after->notices[2].text.find("'" + spoilt + "' holds values that are not finite") != std::string::npos);
  trainer.step_once();
  CHECK(eventually(trainer, [](const auto& s) { return s.step == 3; }));
  trainer.load_checkpoint(path);
  CHECK(eventually(trainer, [&](const auto& s) { return s.step == 1 && s.build == build + 1; }));
}

TEST_CASE("a lost device is made anew and training goes on", "[trainer]") {
  TestFolder folder;
  Trainer trainer(small_options(folder.path));
  REQUIRE(eventually(trainer, ready));
  for (std::uint64_t step = 1; step <= 3; ++step) {
    trainer.step_once();
    REQUIRE(eventually(trainer, [&](const auto& s) { return s.step == step; }));
  }
  trainer.autosave();
  trainer.step_once();
  REQUIRE(eventually(trainer, [&](const auto& s) { return s.step == 4; }));
  trainer.post(trainer.snapshot()->build, [](Run&) { throw DeviceLost(); });
  REQUIRE(eventually(trainer, [](const auto& s) { return !s.notices.empty() && s.ready; }));
  CHECK(trainer.snapshot()->step == 3);  // what was saved last
  trainer.step_once();
  CHECK(eventually(trainer, [](const auto& s) { return s.step == 4; }));
}

TEST_CASE("what a crash left is restored at the next start, and a good end leaves nothing", "[trainer]") {
  TestFolder folder, crashed;
  {
    Trainer trainer(small_options(folder.path));
    REQUIRE(eventually(trainer, ready));
    trainer.step_once();
    REQUIRE(eventually(trainer, [](const auto& s) { return s.step == 1; }));
    trainer.autosave();
    REQUIRE(eventually(trainer,
                       [&](const auto&) { return std::filesystem::exists(folder.path / "pixelcnn.safetensors"); }));
    std::filesystem::copy(folder.path / "pixelcnn.safetensors", crashed.path / "pixelcnn.safetensors");
  }
  CHECK_FALSE(std::filesystem::exists(folder.path / "pixelcnn.safetensors"));
  Trainer trainer(small_options(crashed.path));
  REQUIRE(eventually(trainer, ready));
  CHECK(eventually(trainer, [](const auto& s) { return s.step == 1 && s.notices.size() == 1; }));
}

TEST_CASE("two trainers do not touch each other's autosave, and what the dead left is taken over once", "[trainer]") {
  TestFolder folder;
  const auto trained = [&](Trainer& trainer) {
    REQUIRE(eventually(trainer, ready));
    const auto step = trainer.snapshot()->step;
    trainer.step_once();
    REQUIRE(eventually(trainer, [&](const auto& s) { return s.step == step + 1; }));
    trainer.autosave();
    REQUIRE(eventually(trainer, [&](const auto&) { return std::filesystem::exists(trainer.autosave_path()); }));
  };
  std::filesystem::path first_path;
  {
    Trainer first(small_options(folder.path));
    trained(first);
    first_path = first.autosave_path();
    {
      Trainer second(small_options(folder.path));
      trained(second);
      CHECK(second.snapshot()->notices.empty());  // nobody died
      CHECK(second.autosave_path() != first_path);
    }
    CHECK(std::filesystem::exists(first_path));
    first.keep();
  }
  CHECK(std::filesystem::exists(first_path));  // the session ended
  // Who asks for data of their own is not given it, and does not lose it.
  auto asking = small_options(folder.path);
  asking.data = "digits";
  {
    Trainer other(asking);
    REQUIRE(eventually(other, ready));
    CHECK(other.snapshot()->step == 0);
    CHECK(other.autosave_path() != first_path);
  }
  CHECK(std::filesystem::exists(first_path));
  {
    Trainer third(small_options(folder.path));
    REQUIRE(eventually(third, [](const auto& s) { return ready(s) && !s.notices.empty(); }));
    CHECK(third.snapshot()->step == 1);
    CHECK(third.snapshot()->notices[0].text.find("session ended") != std::string::npos);
    Trainer fourth(small_options(folder.path));
    REQUIRE(eventually(fourth, ready));
    CHECK(fourth.snapshot()->step == 0);
    CHECK(fourth.snapshot()->notices.empty());
  }
  CHECK(std::filesystem::is_empty(folder.path));
}

TEST_CASE("what cannot be restored after a crash is kept", "[trainer]") {
  TestFolder folder;
  std::ofstream(folder.path / "pixelcnn.safetensors") << "cut short";
  {
    Trainer trainer(small_options(folder.path));
    REQUIRE(eventually(trainer, [](const auto& s) { return ready(s) && !s.notices.empty(); }));
    CHECK(trainer.snapshot()->notices[0].error);
  }
  CHECK(std::filesystem::exists(folder.path / "pixelcnn.kept-1.safetensors"));
}

TEST_CASE("a model whose data are gone draws but does not train, until they are opened again", "[trainer]") {
  TestFolder folder;
  const auto there = folder.path / "pictures", elsewhere = folder.path / "moved",
             saved = folder.path / "m.safetensors";
  std::filesystem::create_directory(there);
  for (int i = 0; i < 20; ++i) {
    Picture picture{28, 28, 1, std::vector<std::uint8_t>(784, 0)};
    for (std::size_t k = 0; k < 784; k += 3 + static_cast<std::size_t>(i)) picture.pixels[k] = 255;
    save_png(there / (std::to_string(i) + ".png"), picture);
  }
  {
    auto options = small_options();
    options.data = "images:" + there.string();
    Trainer trainer(options);
    REQUIRE(eventually(trainer, ready));
    trainer.step_once();
    REQUIRE(eventually(trainer, [](const auto& s) { return s.step == 1; }));
    trainer.save(saved);
    REQUIRE(eventually(trainer, [](const auto& s) { return !s.notices.empty(); }));
  }
  std::filesystem::rename(there, elsewhere);
  auto options = small_options();
  options.checkpoint = saved;
  Trainer trainer(options);
  REQUIRE(eventually(trainer, [](const auto& s) { return ready(s) && !s.notices.empty(); }));
  CHECK(trainer.snapshot()->step == 1);
  CHECK(trainer.snapshot()->data->absent);
  const auto told = trainer.snapshot()->notices[0].text;
  CHECK(told.find(saved.string()) != std::string::npos);
  CHECK(told.find(there.string()) != std::string::npos);
  trainer.play();
  trainer.step_once();
  trainer.set_knobs({{"hidden", 12}});
  trainer.choose_preset("classroom");
  REQUIRE(eventually(trainer, [](const auto& s) { return s.notices.size() == 5; }));
  CHECK(trainer.snapshot()->step == 1);
  CHECK_FALSE(trainer.snapshot()->playing);
  const auto weights = [&] {
    std::vector<float> values;
    std::atomic<bool> there_now = false;
    trainer.post(trainer.snapshot()->build, [&](Run& run) {
      values = read_tensor(run.device(), run.parameters().flat(ParameterStore::value));
      there_now = true;
    });
    CHECK(eventually(trainer, [&](const auto&) { return there_now.load(); }));
    return values;
  };
  const auto before = weights();
  trainer.load_data("images:" + elsewhere.string());
  REQUIRE(eventually(trainer, [](const auto& s) { return ready(s) && !s.data->absent; }));
  CHECK(weights() == before);
  trainer.step_once();
  CHECK(eventually(trainer, [](const auto& s) { return s.step == 2; }));

  // One that tells too little of them is refused, and no other model takes its place.
  std::filesystem::rename(elsewhere, there);
  auto old = read_safetensors(saved);
  old.metadata.erase("data_outline");
  write_safetensors(saved, old);
  std::filesystem::rename(there, elsewhere);
  Trainer refused(options);
  REQUIRE(eventually(refused, [](const auto& s) { return !s.notices.empty(); }));
  CHECK_FALSE(refused.snapshot()->ready);
  CHECK(refused.snapshot()->notices[0].text.find(there.string()) != std::string::npos);
}

namespace {

struct Counter : TrainerJob {
  std::atomic<int> slices = 0;
  std::atomic<bool> was_cancelled = false;
  int limit;
  explicit Counter(int l) : limit(l) {}
  bool advance(Run&) override { return ++slices < limit; }
  void cancelled() override { was_cancelled = true; }
};

}  // namespace

TEST_CASE("jobs run in slices between segments, and end when the model is rebuilt", "[trainer]") {
  Trainer trainer(small_options());
  REQUIRE(eventually(trainer, ready));
  const auto finite = std::make_shared<Counter>(5), endless = std::make_shared<Counter>(1 << 30);
  trainer.play();
  trainer.add(1, finite);
  trainer.add(1, endless);
  REQUIRE(
      eventually(trainer, [&](const auto& s) { return finite->slices == 5 && s.step >= 2 && endless->slices > 5; }));
  trainer.set_knobs({{"hidden", 4}});
  CHECK(eventually(trainer, [&](const auto& s) { return endless->was_cancelled && s.build >= 2; }));
  CHECK_FALSE(finite->was_cancelled);
}

TEST_CASE("what was asked of one model is not answered by another", "[trainer]") {
  Trainer trainer(small_options());
  REQUIRE(eventually(trainer, ready));
  const auto asked = trainer.snapshot()->build;
  const auto running = std::make_shared<Counter>(1 << 30), late = std::make_shared<Counter>(1 << 30);
  std::atomic<int> old_answers = 0, answers = 0;
  trainer.add(asked, running);
  trainer.reset(5);
  trainer.post(asked, [&](Run&) { ++old_answers; });
  trainer.add(asked, late);
  trainer.post(asked + 1, [&](Run&) { ++answers; });
  CHECK(eventually(trainer, [&](const auto& s) { return s.build == asked + 1 && answers == 1; }));
  CHECK(running->was_cancelled);
  CHECK(late->was_cancelled);
  CHECK(late->slices == 0);
  CHECK(old_answers == 0);
}

TEST_CASE("a job that throws ends with one notice, and training goes on", "[trainer]") {
  struct Broken : TrainerJob {
    bool advance(Run&) override { throw std::logic_error("a broken invariant"); }
  };
  Trainer trainer(small_options());
  REQUIRE(eventually(trainer, ready));
  trainer.add(trainer.snapshot()->build, std::make_shared<Broken>());
  REQUIRE(eventually(trainer, [](const auto& s) { return !s.notices.empty(); }));
  trainer.step_once();
  CHECK(eventually(trainer, [](const auto& s) { return s.step == 1; }));
  CHECK(trainer.snapshot()->notices.size() == 1);
}

// Hidden: prints, asserts nothing about time. tests/run.sh "[.measure]"
TEST_CASE("how long a pause and a knob take to be answered while classroom trains", "[.measure]") {
  Trainer trainer(small_options());
  REQUIRE(eventually(trainer, ready));
  const auto time = [&](auto command, auto answered) {
    const auto begin = std::chrono::steady_clock::now();
    command();
    while (!answered(*trainer.snapshot())) std::this_thread::sleep_for(std::chrono::microseconds(500));
    return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count();
  };
  std::vector<double> pauses, knobs;
  for (int i = 0; i < 40; ++i) {
    const auto step = trainer.snapshot()->step;
    trainer.play();
    REQUIRE(eventually(trainer, [&](const auto& s) { return s.step > step + 2; }));
    const double rate = 1e-3 * (1 + i % 2);
    knobs.push_back(time(
        [&] {
          trainer.set_knobs({{"learning_rate", rate}});
        },
        [&](const auto& s) { return s.knobs["learning_rate"] == rate; }));
    pauses.push_back(time([&] { trainer.pause(); }, [](const auto& s) { return !s.playing; }));
  }
  std::sort(pauses.begin(), pauses.end());
  std::sort(knobs.begin(), knobs.end());
  WARN("pause answered in " << pauses[20] << " ms (median), " << pauses.back() << " ms (longest of 40); knob in "
                            << knobs[20] << " ms, " << knobs.back() << " ms");
}
