// What was trained is never thrown away: signals, full disks, data that moved.
#include <sys/stat.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <thread>

#include "engine/data/picture.h"
#include "engine/train/safetensors.h"
#include "tests/app/commands/program.h"
#include "tests/catch.h"

namespace unveil {
namespace {

namespace fs = std::filesystem;
using test::run_program;

std::size_t lines(const std::string& path) {
  std::ifstream in(path);
  return static_cast<std::size_t>(std::count(std::istreambuf_iterator<char>(in), {}, '\n'));
}

std::vector<std::string> long_training(const std::string& save, const std::string& log) {
  return {"train",   "pixelcnn", "--set",  "hidden=4", "--set", "blocks=1", "--set",       "batch_size=4",
          "--steps", "1000000",  "--save", save,       "--log", log,        "--log-every", "1"};
}

// Three classes of ten pictures each, in folders.
void make_pictures(const fs::path& folder) {
  for (const std::string name : {"circle", "square", "cross"}) {
    fs::create_directories(folder / name);
    for (int i = 0; i < 10; ++i) {
      Picture picture{8, 8, 1, std::vector<std::uint8_t>(64, 0)};
      for (int k = 0; k < 64; ++k)
        picture.pixels[static_cast<std::size_t>(k)] = (k * 37 + i * 11 + name[1]) % 5 == 0 ? 255 : 0;
      save_png(folder / name / (std::to_string(i) + ".png"), picture);
    }
  }
}

TEST_CASE("training that a signal ends is saved, and its status says which signal", "[commands][saving]") {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    INFO(signal);
    const test::TemporaryFolder folder;
    const auto save = folder.file("m.safetensors"), log = folder.file("log.csv");
    test::RunningProgram training(long_training(save, log));
    REQUIRE(test::eventually([&] { return lines(log) > 3; }));
    training.send(signal);
    if (signal == SIGINT) training.send(signal);  // impatience loses nothing
    const auto answer = training.wait();
    INFO(answer.err);
    CHECK_FALSE(answer.killed);
    CHECK(answer.status == 128 + signal);
    CHECK(answer.out.find("(interrupted)") != std::string::npos);
    REQUIRE(fs::exists(save));
    CHECK(std::stoull(read_safetensors(save).metadata.at("step")) == lines(log) - 1);
    CHECK(std::distance(fs::directory_iterator(fs::path(save).parent_path()), {}) == 2);
  }
}

TEST_CASE("a hang-up that is ignored, as behind nohup, does not end training", "[commands][saving]") {
  const test::TemporaryFolder folder;
  const auto save = folder.file("m.safetensors"), log = folder.file("log.csv");
  test::RunningProgram training(long_training(save, log), [] { std::signal(SIGHUP, SIG_IGN); });
  REQUIRE(test::eventually([&] { return lines(log) > 2; }));
  training.send(SIGHUP);
  const auto before = lines(log);
  REQUIRE(test::eventually([&] { return lines(log) > before + 3; }));
  training.send(SIGTERM);
  CHECK(training.wait().status == 128 + SIGTERM);
  CHECK(fs::exists(save));
}

TEST_CASE("a log that fails does not take the model with it", "[commands][saving]") {
  const test::TemporaryFolder folder;
  const auto save = folder.file("m.safetensors"), log = folder.file("log");
  REQUIRE(mkfifo(log.c_str(), 0600) == 0);
  const std::string train =
      "train pixelcnn --set hidden=4 --set blocks=1 --set batch_size=4 --steps 40 --log-every 1 --log " + log;
  const auto hang_up_after_one_line = [&] {
    return std::thread([&] {
      std::ifstream in(log);
      std::string header;
      std::getline(in, header);
    });
  };
  auto reader = hang_up_after_one_line();
  const auto answer = run_program(train + " --save " + save);
  reader.join();
  CHECK(answer.status == 1);
  CHECK(answer.one_line_error());
  CHECK(answer.err.find(log + ": cannot be written") != std::string::npos);
  CHECK(answer.err.find("the model is saved: " + save) != std::string::npos);
  REQUIRE(fs::exists(save));
  CHECK(read_safetensors(save).metadata.at("step") == "40");

  reader = hang_up_after_one_line();
  const auto unsaved = run_program(train);
  reader.join();
  CHECK(unsaved.status == 1);
  CHECK(unsaved.one_line_error());
}

TEST_CASE("what must fail at the end fails at the start", "[commands][saving]") {
  const test::TemporaryFolder folder;
  fs::create_directory(folder.file("d"));
  for (const std::string option : {"--save", "--log", "--curves"})
    for (const std::string& target : {std::string("/no/such/folder/x.csv"), folder.file("d")}) {
      INFO(option << " " << target);
      const auto answer = run_program("train pixelcnn --steps 100000000 " + option + " " + target);
      CHECK(answer.status == 1);
      CHECK(answer.one_line_error());
      CHECK(answer.err.find(target) != std::string::npos);
    }
}

TEST_CASE("a checkpoint draws without its data, wherever they and the program are", "[commands][saving]") {
  const test::TemporaryFolder folder;
  const auto pictures = fs::path(folder.file("pictures")), save = fs::path(folder.file("m.safetensors")),
             out = fs::path(folder.file("a.png")), again = fs::path(folder.file("b.png"));
  make_pictures(pictures);
  // The data's path is given relative to where the program runs.
  const std::string there = "-C '" + folder.file("") + "'";
  const auto trained = run_program(
      "train vae --data images:pictures --set hidden=8 --set latent=2 --set batch_size=4 --steps 5 --save "
      "m.safetensors",
      there);
  INFO(trained.err);
  REQUIRE(trained.status == 0);
  const auto sample = "sample vae --load " + save.string() + " --count 4 --seed 3 --out ";
  REQUIRE(run_program(sample + out.string(), "-C /").status == 0);
  CHECK(run_program("evaluate vae --load " + save.string(), "-C /").status == 0);

  fs::rename(pictures, folder.file("moved"));
  REQUIRE(run_program(sample + again.string(), "-C /").status == 0);
  CHECK(load_picture(again).pixels == load_picture(out).pixels);
  for (const std::string command :
       {"evaluate vae --load ", "encode vae --out codes.npy --load ", "train vae --steps 1 --resume ",
        "sample vae --interpolate 0 1 --out c.png --load "}) {
    const auto answer = run_program(command + save.string(), there);
    INFO(command);
    CHECK(answer.status == 1);
    CHECK(answer.one_line_error());
    CHECK(answer.err.find("the data of checkpoint " + save.string() + " were at images:" + pictures.string()) !=
          std::string::npos);
    CHECK(answer.err.find("give --data") != std::string::npos);
  }
  const auto other = " --data images:" + folder.file("moved");
  CHECK(run_program("encode vae --out codes.csv --load " + save.string() + other, there).status == 0);
  CHECK(run_program("train vae --steps 1 --save m.safetensors --resume " + save.string() + other, there).status == 0);
  // Which tells where they are now.
  CHECK(run_program("evaluate vae --load " + save.string(), "-C /").status == 0);
}

TEST_CASE("data below a name that is no text are trained on and found again", "[commands][saving]") {
  const test::TemporaryFolder folder;
  const auto pictures = folder.file("b\xff\xc3(d");
  make_pictures(pictures);
  const auto save = folder.file("m.safetensors");
  const auto trained = run_program("train vae --data 'images:" + pictures +
                                   "' --set hidden=8 --set latent=2 --set batch_size=4 --steps 2 --save " + save);
  INFO(trained.err);
  REQUIRE(trained.status == 0);
  CHECK(run_program("evaluate vae --load " + save).status == 0);
  CHECK(run_program("train vae --steps 1 --save " + save + " --resume " + save).status == 0);
  CHECK(run_program("inspect " + save).status == 0);
}

TEST_CASE("the whitening found in the data is a part of the checkpoint", "[commands][saving]") {
  const test::TemporaryFolder folder;
  const auto pictures = folder.file("pictures"), save = folder.file("m.safetensors"),
             photograph = folder.file("p.png");
  make_pictures(pictures);
  Picture picture{40, 32, 1, std::vector<std::uint8_t>(40 * 32)};
  for (std::size_t i = 0; i < picture.pixels.size(); ++i) picture.pixels[i] = static_cast<std::uint8_t>(i * i / 7);
  save_png(photograph, picture);
  const auto trained = run_program("train sparse --data images:" + pictures +
                                   " --set whitening=zca --set patch_size=6 --set atoms=24 --steps 3 --save " + save);
  INFO(trained.err);
  REQUIRE(trained.status == 0);
  const auto sample = [&](const std::string& out, const std::string& data) {
    return run_program("sample sparse --load " + save + " --image " + photograph + " --out " + folder.file(out) +
                       data)
        .status;
  };
  REQUIRE(sample("a.png", " --data images:" + pictures) == 0);
  fs::remove_all(pictures);
  REQUIRE(sample("b.png", "") == 0);
  CHECK(load_picture(folder.file("a.png")).pixels == load_picture(folder.file("b.png")).pixels);
}

TEST_CASE("help behind an exhibit's name tells that model's options alone", "[commands]") {
  const auto all = run_program("train --help").out, one = run_program("train pixelcnn --help").out;
  CHECK(all.find("latent=") != std::string::npos);
  CHECK(all.find("class_conditional=") != std::string::npos);
  CHECK(one.find("class_conditional=") != std::string::npos);
  CHECK(one.find("latent=") == std::string::npos);
  CHECK(one.find("Exit status") != std::string::npos);
  const auto samples = run_program("sample vae --help").out;
  CHECK(samples.find("--manifold") != std::string::npos);
  CHECK(samples.find("--out") != std::string::npos);
  CHECK(samples.find("--complete") == std::string::npos);
  CHECK(run_program("sample --help").out.find("--complete") != std::string::npos);
  CHECK(run_program("evaluate cpc --help").out.find("--iwae") == std::string::npos);
  CHECK(run_program("encode cpc --help").out.find("vae --code") == std::string::npos);
}

}  // namespace
}  // namespace unveil
