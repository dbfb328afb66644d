#include <filesystem>
#include <fstream>

#include "engine/data/format.h"
#include "engine/data/npy.h"
#include "engine/data/picture.h"
#include "tests/app/commands/program.h"
#include "tests/catch.h"

namespace unveil {
namespace {

using test::run_program;

TEST_CASE("data lists every format", "[commands]") {
  const auto table = run_program("data");
  CHECK(table.status == 0);
  const auto result = run_program("data --json").json();
  REQUIRE(result["formats"].size() == registered_data_formats().size());
  for (const auto& format : result["formats"])
    CHECK(table.out.find(format["spec"].get<std::string>()) != std::string::npos);
}

TEST_CASE("data describes the built-in digits", "[commands]") {
  const auto result = run_program("data digits --json").json();
  CHECK(result["data"] == "digits");
  CHECK(result["classes"] == 10);
  CHECK(result["train"]["width"] == 28);
  CHECK(result["train"]["labels"].size() == 10);
  CHECK(result["images"] == result["train"]["images"].get<int>() + result["test"]["images"].get<int>());
  CHECK(result["train"]["mean"] > 0);
}

TEST_CASE("data call classes what their folders are called, and tell what was passed over", "[commands]") {
  test::TemporaryFolder folder;
  for (const std::string kind : {"10", "9", "emu"}) {
    std::filesystem::create_directory(folder.file(kind));
    for (int i = 0; i < 4; ++i)
      save_png(folder.file(kind + "/" + std::to_string(i) + ".png"),
               {2, 1, 1, {0, static_cast<std::uint8_t>(200 + i)}});
  }
  std::ofstream(folder.file(".DS_Store")) << "hidden";
  save_png(folder.file("stray.png"), {2, 1, 1, {0, 255}});
  const auto result = run_program("data '" + folder.file("") + "' --json").json();
  CHECK(result["class_names"] == std::vector<std::string>{"9", "10", "emu"});
  const auto description = result["description"].get<std::string>();
  CHECK(description.find("1 hidden or system (.DS_Store)") != std::string::npos);
  CHECK(description.find("1 picture beside the class folders (stray.png)") != std::string::npos);
  CHECK(run_program("data '" + folder.file("") + "'").out.find("per class: 9 ") != std::string::npos);
}

TEST_CASE("data writes pictures as an array, their labels beside it", "[commands]") {
  test::TemporaryFolder folder;
  const auto out = folder.file("digits.npy");
  REQUIRE(run_program("data digits --split test --out " + out).status == 0);
  const auto pictures = read_npy(out), labels = read_npy(folder.file("digits.labels.npy"));
  CHECK(pictures.shape == std::vector<std::int64_t>{2000, 28, 28});
  CHECK(labels.shape == std::vector<std::int64_t>{2000});
  const auto data = load_dataset("digits", {});
  CHECK(pictures.as<std::uint8_t>() == data.test.pixels);
  const auto numbers = labels.as<std::int32_t>();
  CHECK(std::equal(numbers.begin(), numbers.end(), data.test.labels.begin(), data.test.labels.end()));

  for (const auto& wrong : {"digits --out " + folder.file("a.png"), std::string("digits --split test"),
                            "digits --split all --out " + out, "--out " + out})
    CHECK(run_program("data " + wrong).status == 2);
  const auto sounds = run_program("data voices --out " + folder.file("v.npy"));
  CHECK(sounds.status == 1);
  CHECK(sounds.one_line_error());
}

TEST_CASE("data that cannot be read is one clear line and exit status 1", "[commands]") {
  test::TemporaryFolder folder;
  std::ofstream(folder.file("noise")) << "not a picture";
  for (const auto& spec :
       {folder.file("noise"), "idx:" + folder.file("noise"), folder.file("none"), std::string("frob")}) {
    const auto answer = run_program("data '" + spec + "'");
    INFO(answer.err);
    CHECK(answer.status == 1);
    CHECK(answer.one_line_error());
    CHECK(answer.out.empty());
  }
}

}  // namespace
}  // namespace unveil
