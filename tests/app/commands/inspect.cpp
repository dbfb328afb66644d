#include <cmath>
#include <cstring>
#include <fstream>
#include <limits>
#include <map>

#include "engine/train/history.h"
#include "engine/train/safetensors.h"
#include "tests/app/commands/program.h"
#include "tests/catch.h"

namespace unveil {
namespace {

using test::run_program;

TensorEntry floats(std::string name, std::vector<std::int64_t> shape, std::vector<float> values) {
  TensorEntry entry{std::move(name), "F32", std::move(shape), {}};
  entry.data.resize(values.size() * sizeof(float));
  if (!values.empty()) std::memcpy(entry.data.data(), values.data(), entry.data.size());
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

TensorEntry raw(std::string name, std::string dtype, std::vector<std::int64_t> shape, std::vector<unsigned> bytes) {
  TensorEntry entry{std::move(name), std::move(dtype), std::move(shape), {}};
  for (const unsigned byte : bytes) entry.data.push_back(std::byte(byte));
  return entry;
}

TEST_CASE("inspect shows a safetensors file of any program and every type", "[commands]") {
  test::TemporaryFolder folder;
  const auto path = folder.file("other.safetensors");
  SafetensorsFile file;  // 1.5 and -2 in every type of numbers that has them
  file.tensors = {raw("F64", "F64", {2}, {0, 0, 0, 0, 0, 0, 0xf8, 0x3f, 0, 0, 0, 0, 0, 0, 0, 0xc0}),
                  raw("F16", "F16", {2}, {0x00, 0x3e, 0x00, 0xc0}),
                  raw("BF16", "BF16", {2}, {0xc0, 0x3f, 0x00, 0xc0}),
                  raw("F8_E4M3", "F8_E4M3", {2}, {0x3c, 0xc0}),
                  raw("F8_E5M2", "F8_E5M2", {2}, {0x3e, 0xc0}),
                  raw("tiny", "F16", {2}, {0x01, 0x00, 0x00, 0x7c}),
                  raw("nan", "F8_E4M3", {2}, {0x7f, 0x7e}),
                  raw("I64", "I64", {1}, {0xfe, 255, 255, 255, 255, 255, 255, 255}),
                  raw("I32", "I32", {1}, {0xfe, 255, 255, 255}),
                  raw("I16", "I16", {1}, {0xfe, 255}),
                  raw("I8", "I8", {1, 1}, {0xfe}),
                  raw("U64", "U64", {1}, {1, 0, 0, 0, 1, 0, 0, 0}),
                  raw("U16", "U16", {1}, {0xfe, 255}),
                  raw("BOOL", "BOOL", {3}, {0, 1, 1}),
                  raw("C64", "C64", {1}, {0, 0, 0x80, 0x3f, 0, 0, 0, 0})};
  write_safetensors(path, file);
  std::map<std::string, nlohmann::json> rows;
  const auto result = run_program("inspect --json " + path).json();
  for (const auto& row : result["tensors"]) rows[row["name"]] = row;
  REQUIRE(rows.size() == file.tensors.size());
  for (const char* name : {"F64", "F16", "BF16", "F8_E4M3", "F8_E5M2"}) {
    INFO(name << ": " << rows[name].dump());
    CHECK(rows[name]["dtype"] == name);
    CHECK(rows[name]["max"] == 1.5);
    CHECK(rows[name]["min"] == -2);
    CHECK(rows[name]["mean"] == -0.25);
  }
  for (const char* name : {"I64", "I32", "I16", "I8"}) CHECK(rows[name]["max"] == -2);
  CHECK(rows["tiny"]["max"] == std::ldexp(1.0, -24));
  CHECK(rows["tiny"]["inf"] == 1);
  CHECK(rows["nan"]["max"] == 448);
  CHECK(rows["nan"]["nan"] == 1);
  CHECK(rows["U64"]["max"] == 4294967297.0);
  CHECK(rows["U16"]["max"] == 65534);
  CHECK(rows["BOOL"]["bytes"] == 3);
  CHECK(rows["C64"]["bytes"] == 8);
  CHECK(rows["C64"]["mean"].is_null());
  CHECK(result["metrics"]["elements"] == 24);
  CHECK(run_program("inspect " + path).status == 0);
}

TEST_CASE("a type that is not known is shown with its shape and bytes", "[commands]") {
  test::TemporaryFolder folder;
  const std::string header = R"({"w":{"dtype":"F4","shape":[4],"data_offsets":[0,2]}})";
  std::ofstream(folder.file("new.safetensors"), std::ios::binary)
      << static_cast<char>(header.size()) << std::string(7, '\0') << header << "xy";
  const auto row = run_program("inspect --json " + folder.file("new.safetensors")).json()["tensors"][0];
  CHECK(row["dtype"] == "F4");
  CHECK(row["bytes"] == 2);
  CHECK(row["min"].is_null());
}

TEST_CASE("what is no checkpoint is called by its name, and what one is", "[commands]") {
  test::TemporaryFolder folder;
  using namespace std::string_literals;
  const std::pair<std::string, std::string> kinds[] = {
      {"version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 2\n", "a Git LFS pointer"},
      {"<!DOCTYPE html><html></html>", "an HTML page"},
      {"PK\3\4"s + std::string(22, '\0') + "\x10\0\0\0archive/data.pkl"s, "a PyTorch checkpoint"},
      {"\x89HDF\r\n\x1a\n"s + std::string(30, '\0'), "an HDF5 file"}};
  for (const auto& [bytes, said] : kinds) {
    std::ofstream(folder.file("m.safetensors"), std::ios::binary) << bytes;
    for (const auto& command : {std::string("inspect "), std::string("evaluate vae --load "),
                                "sample vae --out " + folder.file("x.png") + " --load "}) {
      const auto answer = run_program(command + folder.file("m.safetensors"));
      CHECK(answer.status == 1);
      CHECK(answer.one_line_error());
      CHECK(answer.err.find("m.safetensors' is " + said) != std::string::npos);
      CHECK(answer.err.find("a checkpoint is a safetensors file that unveil train wrote") != std::string::npos);
    }
    const auto data = run_program("data " + folder.file("m.safetensors"));
    CHECK(data.err.find("m.safetensors is " + said) != std::string::npos);
  }
}

TEST_CASE("a run's history is told apart from the tensors of its model", "[commands]") {
  test::TemporaryFolder folder;
  const auto path = folder.file("model.safetensors");
  SafetensorsFile file;
  file.tensors = {floats("stem/weight", {2}, {1, 2})};
  write_history({{"loss", {{1, 10, 20}, {3, 2, 0.5}}}}, file);
  write_safetensors(path, file);
  const auto result = run_program("inspect --json " + path).json();
  CHECK(result["tensors"].size() == 1);
  CHECK(result["metrics"]["elements"] == 2);
  CHECK(result["history"]["loss"]["steps"] == std::vector<int>{1, 10, 20});
  CHECK(result["history"]["loss"]["values"].back() == 0.5);
  const auto table = run_program("inspect " + path);
  CHECK(table.out.find("1 tensors, 2 elements") != std::string::npos);
  CHECK(table.out.find("3 points, 3 at step 1 to 0.5 at step 20") != std::string::npos);
  CHECK(table.out.find("history/") == std::string::npos);

  // Of another program, whose tensors are only named so.
  file.tensors = {floats("history/1/weight", {2}, {1, 2})};
  write_safetensors(path, file);
  CHECK(run_program("inspect --json " + path).json()["tensors"].size() == 1);
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
