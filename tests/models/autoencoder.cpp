// The autoencoder; tests/peers/autoencoder.py holds its steps against PyTorch's.
#include "engine/data/philox.h"
#include "engine/models/coding.h"
#include "engine/train/run.h"
#include "tests/app/commands/program.h"
#include "tests/catch.h"
#include "tests/device.h"

using namespace unveil;
using namespace unveil::test;

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
