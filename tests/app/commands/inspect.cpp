#include <cmath>
#include <cstring>
#include <fstream>
#include <limits>

#include "engine/train/safetensors.h"
#include "tests/app/commands/program.h"
#include "tests/catch.h"

namespace unveil {
namespace {

using test::run_program;

TensorEntry floats(std::string name, std::vector<std::int64_t> shape, std::vector<float> values) {
  TensorEntry entry{std::move(name), "F32", std::move(shape), {}};
  entry.data.resize(values.size() * sizeof(float));
  std::memcpy(entry.data.data(), values.data(), entry.data.size());
  return entry;
}

TEST_CASE("inspect tells the metadata and the range of every tensor", "[commands]") {
  test::TemporaryFolder folder;
  const auto path = folder.file("model.safetensors");
  SafetensorsFile file;
  file.metadata = {{"model", "test"}, {"note", "two\nlines \x1b[31m"}};
  file.tensors = {floats("stem/weight", {2, 2}, {1, -3, 4, 2}),
                  floats("empty", {0}, {}),
                  floats("bad", {3}, {std::nanf(""), std::numeric_limits<float>::infinity(), 2}),
                  {"mask", "U8", {2}, {std::byte{1}, std::byte{255}}}};
  write_safetensors(path, file);

  const auto result = run_program("inspect --json " + path).json();
  CHECK(result["metadata"]["note"] == file.metadata["note"]);
  CHECK(result["metrics"]["elements"] == 9);
  CHECK(result["metrics"]["nan"] == 1);
  for (const auto& row : result["tensors"]) {
    if (row["name"] == "stem/weight") {
      CHECK(row["shape"] == std::vector<int>{2, 2});
      CHECK(row["min"] == -3);
      CHECK(row["max"] == 4);
      CHECK(row["mean"] == 1);
    }
    if (row["name"] == "empty") CHECK(row["mean"].is_null());
    if (row["name"] == "bad") {
      CHECK(row["nan"] == 1);
      CHECK(row["inf"] == 1);
      CHECK(row["mean"] == 2);
    }
    if (row["name"] == "mask") CHECK(row["max"] == 255);
  }

  const auto table = run_program("inspect " + path);
  CHECK(table.status == 0);
  CHECK(table.out.find("stem/weight") != std::string::npos);
  CHECK(table.out.find("4 tensors, 9 elements") != std::string::npos);
  CHECK(table.out.find('\x1b') == std::string::npos);
}

TEST_CASE("inspect refuses what is no checkpoint with one line", "[commands]") {
  test::TemporaryFolder folder;
  std::ofstream(folder.file("noise")) << "certainly not a checkpoint";
  for (const auto& path : {folder.file("noise"), folder.file("none"), std::string("/")}) {
    const auto answer = run_program("inspect " + path);
    CHECK(answer.status == 1);
    CHECK(answer.one_line_error());
    CHECK(answer.err.find(path) != std::string::npos);
  }
}

}  // namespace
}  // namespace unveil
