#include <filesystem>

#include "engine/data/npy.h"
#include "engine/data/picture.h"
#include "engine/models/model.h"
#include "engine/train/history.h"
#include "engine/train/safetensors.h"
#include "tests/app/commands/program.h"
#include "tests/catch.h"

namespace unveil {
namespace {

using test::run_program;

const std::string kSmall = "train pixelcnn --set hidden=4 --set blocks=1 --set batch_size=4 ";

TEST_CASE("train, save, resume in a new process: the same bits as training in one go", "[commands]") {
  const test::TemporaryFolder folder;
  const auto whole = folder.file("whole.safetensors"), half = folder.file("half.safetensors"),
             rest = folder.file("rest.safetensors");
  REQUIRE(run_program(kSmall + "--steps 12 --seed 3 --save " + whole).status == 0);
  REQUIRE(run_program(kSmall + "--steps 6 --seed 3 --save " + half).status == 0);
  const auto resumed = run_program("train pixelcnn --steps 6 --resume " + half + " --save " + rest + " --json");
  REQUIRE(resumed.status == 0);
  CHECK(resumed.json().at("steps") == 12);
  const auto a = read_safetensors(whole), b = read_safetensors(rest);
  REQUIRE(a.tensors.size() == b.tensors.size());
  for (std::size_t i = 0; i < a.tensors.size(); ++i) {
    INFO(a.tensors[i].name);
    CHECK(a.tensors[i].name == b.tensors[i].name);
    CHECK(a.tensors[i].data == b.tensors[i].data);
  }
  CHECK(a.metadata.at("step") == b.metadata.at("step"));
  // Also the curve that led there: of the first step, every tenth, and the end.
  CHECK(read_history(a, whole).at("nats_per_image").steps == std::vector<double>{1, 10, 12});
}

TEST_CASE("training begins with another checkpoint's weights, and says which did not fit", "[commands]") {
  const test::TemporaryFolder folder;
  const auto first = folder.file("first.safetensors"), second = folder.file("second.safetensors");
  REQUIRE(run_program(kSmall + "--steps 3 --save " + first).status == 0);
  const auto began = run_program(kSmall + "--steps 0 --seed 9 --weights-from " + first + " --save " + second);
  REQUIRE(began.status == 0);
  CHECK_THAT(began.err, Contains("tensors begin as in " + first) && !Contains("others as ever"));
  const auto a = read_safetensors(first), b = read_safetensors(second);
  CHECK(a.tensors.front().data == b.tensors.front().data);
  CHECK(b.metadata.at("step") == "0");
  CHECK_THAT(b.metadata.at("command"), Contains("--weights-from"));

  const auto wider = run_program(
      "train pixelcnn --set hidden=6 --set blocks=1 --set batch_size=4 --steps 1 --weights-from " + first);
  CHECK(wider.status == 0);
  CHECK_THAT(wider.err, Contains("others as ever"));
  const auto other = run_program("train autoencoder --steps 1 --weights-from " + first);
  CHECK(other.status == 1);
  CHECK_THAT(other.err, Contains("holds no tensor of a name and shape that this model has"));
  const auto both = run_program("train pixelcnn --steps 1 --resume " + first + " --weights-from " + first);
  CHECK(both.status == 2);
}

TEST_CASE("a trained model is evaluated, drawn from, completed and inspected", "[commands]") {
  const test::TemporaryFolder folder;
  const auto model = folder.file("m.safetensors");
  const auto trained =
      run_program(kSmall + "--steps 5 --save " + model + " --log " + folder.file("log.csv") + " --json");
  REQUIRE(trained.status == 0);
  CHECK(trained.json().at("metrics").contains("nats_per_image"));
  CHECK(std::filesystem::file_size(folder.file("log.csv")) > 0);

  const auto evaluated = run_program("evaluate pixelcnn --load " + model + " --json");
  REQUIRE(evaluated.status == 0);
  CHECK(evaluated.json().at("images") == 2000);
  CHECK(evaluated.json().at("metrics").at("nats_per_image") > 0);

  const auto sheet = folder.file("sheet.png");
  REQUIRE(run_program("sample pixelcnn --load " + model + " --count 4 --seed 9 --out " + sheet).status == 0);
  const auto again = folder.file("again.png");
  REQUIRE(run_program("sample pixelcnn --load " + model + " --count 4 --seed 9 --out " + again).status == 0);
  CHECK(load_picture(sheet).pixels == load_picture(again).pixels);
  CHECK(run_program("sample pixelcnn --load " + model + " --count 2 --complete left --out " + folder.file("l.png"))
            .status == 0);
  CHECK(run_program("sample pixelcnn --load " + model + " --count 2 --complete " + sheet + " --out " +
                    folder.file("f.png"))
            .status == 0);
  CHECK(run_program("sample pixelcnn --load " + model + " --count 2 --out " + folder.file("fill.gif")).status == 0);
  CHECK(run_program("inspect " + model + " --json").status == 0);

  const auto unconditional =
      run_program("sample pixelcnn --load " + model + " --class 3 --out " + folder.file("c.png"));
  CHECK(unconditional.status == 2);
  CHECK(unconditional.one_line_error());
  CHECK(unconditional.err.find("class-conditional") != std::string::npos);
}

TEST_CASE("drawings are written as bytes, the classes asked for beside them", "[commands]") {
  const test::TemporaryFolder folder;
  const auto model = folder.file("m.safetensors"), out = folder.file("x.npy");
  REQUIRE(run_program(kSmall + "--set class_conditional=true --set class_map=4 --steps 2 --save " + model).status ==
          0);
  REQUIRE(run_program("sample pixelcnn --load " + model + " --count 70 --out " + out).status == 0);
  const auto drawings = read_npy(out), labels = read_npy(folder.file("x.labels.npy"));
  CHECK(drawings.shape == std::vector<std::int64_t>{70, 28, 28});
  for (const auto value : drawings.as<std::uint8_t>()) CHECK((value == 0 || value == 255));
  const auto asked = labels.as<std::int32_t>();
  REQUIRE(asked.size() == 70);
  for (std::size_t i = 0; i < asked.size(); ++i) CHECK(asked[i] == static_cast<int>(i % 10));
}

TEST_CASE("whatever a model makes is written as numbers too: pictures as bytes, points as floats", "[commands]") {
  const test::TemporaryFolder folder;
  for (const auto* model : registered_models()) {
    const auto& name = model->declaration().name;
    const auto out = folder.file(name + ".npy");
    const auto answer =
        run_program("sample " + name + " --count 4 --load '" UNVEIL_SOURCE_DIR "/tests/golden/checkpoints/" + name +
                    "-0.1.safetensors' --out " + out);
    INFO(name << answer.err);
    REQUIRE(answer.status == 0);
    const auto made = read_npy(out);
    const bool points = model->declaration().data_kinds.front() == DataKind::points;
    CHECK(made.type == (points ? NpyType::float32 : NpyType::uint8));
    CHECK(made.shape.size() == (points ? 2 : 3));
    CHECK(made.shape[0] >= 1);
  }
}

TEST_CASE("a model too large for the device is refused with the numbers", "[commands]") {
  const auto answer = run_program("train pixelcnn --set hidden=128 --set blocks=15 --set batch_size=256 --steps 1");
  if (answer.status == 0) {
    WARN("this device is large enough for the largest model: skipped");
    return;
  }
  CHECK(answer.status == 1);
  CHECK(answer.one_line_error());
  CHECK(answer.err.find("MiB") != std::string::npos);
}

}  // namespace
}  // namespace unveil
