// The autoencoder; tests/peers/autoencoder.py holds its steps against PyTorch's.
#include "engine/data/npy.h"
#include "engine/data/philox.h"
#include "engine/models/coding.h"
#include "engine/train/checkpoint.h"
#include "engine/train/run.h"
#include "tests/app/commands/program.h"
#include "tests/catch.h"
#include "tests/data/files.h"
#include "tests/device.h"

using namespace unveil;
using namespace unveil::test;

namespace {

// CIFAR's format: squares of one of three colours before a ground of another, somewhere; the class is the square's.
std::string colour_squares(int count, std::uint32_t key) {
  PhiloxStream random(key, 0, 0, 0);
  std::string bytes;
  for (int i = 0; i < count; ++i) {
    const auto square = random.below(3), ground = (square + 1 + random.below(2)) % 3;
    const auto left = random.below(16), top = random.below(16);
    bytes += static_cast<char>(square);
    for (std::uint32_t channel = 0; channel < 3; ++channel)
      for (std::uint32_t p = 0; p < 32 * 32; ++p) {
        const bool inside = p % 32 - left < 16 && p / 32 - top < 16;
        bytes += static_cast<char>(channel == (inside ? square : ground) ? 220 : 30);
      }
  }
  return bytes;
}

}  // namespace

TEST_CASE("an autoencoder learns, is compared with PCA, encodes and gives back", "[commands]") {
  const TemporaryFolder folder;
  const auto save = folder.file("ae.safetensors");
  const auto trained =
      run_program("train autoencoder --steps 150 --set hidden=32 --set code=8 --json --save " + save);
  REQUIRE(trained.status == 0);
  const auto judged = run_program("evaluate autoencoder --limit 300 --json --load " + save);
  REQUIRE(judged.status == 0);
  const auto metrics = judged.json()["metrics"];
  // The mean picture alone leaves 46; after so few steps PCA is still ahead.
  CHECK(metrics["squared_error"] > metrics["pca_8_squared_error"]);
  CHECK(metrics["squared_error"] < 40);
  CHECK(metrics["pca_8_squared_error"] > 5);
  REQUIRE(run_program("sample autoencoder --load " + save + " --out " + folder.file("pairs.png")).status == 0);
  REQUIRE(run_program("encode autoencoder --load " + save + " --out " + folder.file("codes.npy")).status == 0);
}

TEST_CASE("what a model that codes pictures answers belongs together", "[autoencoder]") {
  const Model& model = find_model("autoencoder");
  const auto data = std::make_shared<const Dataset>(load_dataset("digits", {.train_count = 256, .test_count = 130}));
  Run::Setup setup{&model, data, KnobValues(model.declaration().knobs), 3};
  for (const auto& [knob, value] : {std::pair{"hidden", 16.0}, {"code", 5.0}, {"batch_size", 32.0}})
    setup.knobs.set(knob, value);
  Run run(device(), std::move(setup));
  for (int i = 0; i < 10; ++i) run.step();
  auto& built = run.built();
  const auto codes = built.encode("code", 1, 0, {});
  REQUIRE(codes.count == 130);
  REQUIRE(codes.dimensions == 5);
  CHECK(codes.labels.at(0).values == data->test.labels);
  const auto some = built.encode_items("code", 1, std::vector<int>{129, 7});
  CHECK(std::equal(some.values.begin(), some.values.begin() + 5, codes.values.end() - 5));
  CHECK(std::equal(some.values.begin() + 5, some.values.end(), codes.values.begin() + 35));
  // The figure, from the pictures given back.
  std::vector<float> pictures;
  for (const auto value : data->test.pixels) pictures.push_back(static_cast<float>(value) / 255.0f);
  const auto back = built.reconstruct(pictures);
  REQUIRE(back.size() == pictures.size());
  double error = 0;
  for (std::size_t i = 0; i < back.size(); ++i) error += (back[i] - pictures[i]) * (back[i] - pictures[i]);
  CHECK(built.evaluate(1, 0, {}, {}).at("squared_error") == Approx(error / 130).epsilon(1e-4));
  double held_out = 0;
  int taken = 0;
  while (taken < built.held_out_items()) taken += built.held_out(taken, built.held_out_items(), held_out);
  CHECK(taken == 130);
  CHECK(held_out == Approx(error).epsilon(1e-4));
  require_silent_validation();
}

TEST_CASE("pictures in colour are learnt, coded and given back in their colours", "[autoencoder]") {
  const TestFolder folder;
  write_text(folder / "data_batch_1.bin", colour_squares(400, 1));
  write_text(folder / "test_batch.bin", colour_squares(60, 2));
  const Model& model = find_model("autoencoder");
  const auto data =
      std::make_shared<const Dataset>(load_dataset(folder.path.string(), model.declaration().data_options()));
  REQUIRE(data->train.channels == 3);
  Run::Setup setup{&model, data, KnobValues(model.declaration().knobs), 3};
  for (const auto& [knob, value] : {std::pair{"hidden", 48.0}, {"code", 12.0}, {"batch_size", 50.0}})
    setup.knobs.set(knob, value);
  Run run(device(), std::move(setup));
  run.step();
  const double before = run.built().evaluate(1, 0, {}, {}).at("squared_error");
  for (int i = 0; i < 200; ++i) run.step();
  auto& built = run.built();
  const auto after = built.evaluate(1, 0, {}, {});
  CHECK(after.at("squared_error") < before / 2);
  CHECK(after.at("pca_12_squared_error") > 0);
  CHECK(built.encode("code", 1, 0, {}).count == 60);
  // A red square in the middle of a blue ground.
  std::vector<float> asked;
  for (int p = 0; p < 32 * 32; ++p) {
    const bool inside = p % 32 >= 8 && p % 32 < 24 && p / 32 >= 8 && p / 32 < 24;
    asked.insert(asked.end(), {inside ? 0.86f : 0.12f, 0.12f, inside ? 0.12f : 0.86f});
  }
  const auto back = built.reconstruct(asked);
  REQUIRE(back.size() == asked.size());
  const float* middle = back.data() + (16 * 32 + 16) * 3;
  CHECK((middle[0] > middle[1] + 0.2f && middle[0] > middle[2] + 0.2f));
  CHECK((back[2] > back[0] + 0.2f && back[2] > back[1] + 0.2f));
  // Samples are in colour, each of its picture's class; the weights that meet a picture are pictures in colour.
  const auto samples = built.sample(20, 0, {}, false, {});
  REQUIRE(samples.pictures.size() == 40);
  CHECK(samples.pictures[0].channels == 3);
  CHECK(std::equal(samples.pictures[0].pixels.begin(), samples.pictures[0].pixels.end(), data->test.pixels.begin()));
  REQUIRE(samples.classes.size() == 40);
  for (const int i : {0, 15, 16, 31})
    CHECK(samples.classes[static_cast<std::size_t>(i)] == data->test.labels[static_cast<std::size_t>(i % 16)]);
  CHECK(samples.classes[32] == data->test.labels[16]);
  for (const auto& [path, by_row] : {std::pair{"encoder.weight", false}, {"picture.weight", true}}) {
    const auto kernels = built.kernels_of(path);
    CHECK(kernels.taps.size() == 32 * 32);
    CHECK(kernels.colour);
    CHECK(kernels.by_row == by_row);
  }
  require_silent_validation();
}

TEST_CASE("colour survives the command line: train, evaluate, sample, encode", "[commands]") {
  const TemporaryFolder folder;
  const std::string save = folder.file("ae.safetensors"), out = folder.file("x.npy"), spec = folder.file("batches");
  write_text(spec + "/data_batch_1.bin", colour_squares(90, 1));
  write_text(spec + "/test_batch.bin", colour_squares(20, 2));
  REQUIRE(run_program("train autoencoder --steps 3 --set hidden=16 --set code=4 --data " + spec + " --save " + save)
              .status == 0);
  CHECK(run_program("evaluate autoencoder --json --load " + save).json()["metrics"]["squared_error"] > 0);
  REQUIRE(run_program("sample autoencoder --count 20 --load " + save + " --out " + out).status == 0);
  CHECK(read_npy(out).shape == std::vector<std::int64_t>{40, 32, 32, 3});
  CHECK(read_npy(folder.file("x.labels.npy")).as<std::int32_t>().size() == 40);
  CHECK(run_program("sample autoencoder --load " + save + " --out " + folder.file("x.png")).status == 0);
  CHECK(run_program("encode autoencoder --load " + save + " --out " + folder.file("codes.csv")).status == 0);
  const auto described = run_program("data " + spec + " --json").json();
  CHECK(described["train"]["channels"] == 3);
  // A model of grey pictures is given the same ones grey.
  const auto grey = run_program("train vae --steps 1 --set hidden=8 --data " + spec);
  INFO(grey.err);
  CHECK(grey.status == 0);
}

TEST_CASE("a model built of grey pictures goes on with grey ones", "[autoencoder]") {
  CheckpointInfo info;
  info.model = "autoencoder";
  CHECK(data_options(info).colour);
  info.outline.emplace();
  CHECK_FALSE(data_options(info).colour);
  info.outline->train.channels = 3;
  CHECK(data_options(info).colour);
  info.model = "vae";
  CHECK_FALSE(data_options(info).colour);
}

TEST_CASE("a few principal components of many values are found without all of them", "[autoencoder]") {
  // Pictures of 33×33 of eight directions of falling variance, and noise: what eight leave is the noise's.
  ImageSet set;
  set.count = 300, set.height = set.width = 33;
  PhiloxStream stream(1, 0, 0, 0);
  std::vector<float> directions(8 * 33 * 33);
  for (float& v : directions) v = stream.normal();
  double noise = 0;
  for (int i = 0; i < set.count; ++i) {
    std::array<float, 8> along;
    for (std::size_t d = 0; d < 8; ++d) along[d] = 16 * stream.normal() / static_cast<float>(d + 1);
    for (std::size_t p = 0; p < 33 * 33; ++p) {
      const float off = 2 * stream.normal();
      float value = 128 + off;
      for (std::size_t d = 0; d < 8; ++d) value += along[d] * directions[d * 33 * 33 + p];
      set.pixels.push_back(static_cast<std::uint8_t>(std::clamp(value, 0.0f, 255.0f)));
      noise += off * off / (255.0 * 255) / set.count;
    }
  }
  const double left = pca_squared_error(set, set, 8);
  CHECK(left > 0.9 * noise);
  CHECK(left < 1.2 * noise);
  CHECK(pca_squared_error(set, set, 7) > 1.15 * left);
  CHECK(pca_squared_error(set, set, 16) < left);
}

TEST_CASE("as many principal components as the pictures need leave nothing, fewer what the rest holds",
          "[autoencoder]") {
  // Pictures of four pixels in two directions: 2 a and b about a mean of grey.
  ImageSet set;
  set.count = 400, set.height = set.width = 2;
  PhiloxStream stream(1, 0, 0, 0);
  double second = 0;
  for (int i = 0; i < set.count; ++i) {
    const int a = static_cast<int>(stream.below(81)) - 40, b = static_cast<int>(stream.below(21)) - 10;
    for (const int value : {128 + a, 128 - a, 128 + b, 128 - b})
      set.pixels.push_back(static_cast<std::uint8_t>(value));
    second += 2 * b * b / (255.0 * 255) / set.count;
  }
  CHECK(pca_squared_error(set, set, 2) == Approx(0).margin(1e-5));
  CHECK(pca_squared_error(set, set, 1) == Approx(second).epsilon(0.05));
}
