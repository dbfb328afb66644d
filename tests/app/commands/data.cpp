#include <fstream>

#include "engine/data/format.h"
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
