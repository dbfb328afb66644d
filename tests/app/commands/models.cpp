#include <fstream>

#include "engine/train/safetensors.h"
#include "tests/app/commands/program.h"
#include "tests/catch.h"

namespace unveil {
namespace {

using test::run_program;

TEST_CASE("commands for models refuse wrong usage before any work", "[commands]") {
  const auto [arguments, said] = GENERATE(table<std::string, std::string>({
      {"train no-such-exhibit --steps 1", "there is no exhibit 'no-such-exhibit'"},
      {"train", "EXHIBIT is required"},
      {"train anything", "one of --steps N, --gflop G and --seconds S"},
      {"train anything --steps 1 --seconds 1", "excludes"},
      {"train anything --steps -1", "--steps"},
      {"train anything --steps 1 --resume a --preset b", "--preset does not go with --resume"},
      {"evaluate anything", "--load is required"},
      {"evaluate anything --load a --split half", "--split"},
      {"evaluate no-such-exhibit --load a", "there is no exhibit 'no-such-exhibit'"},
      {"sample anything --load a --out a.jpg", "none of .png (a grid), .gif (an animation) and .npy"},
      {"sample anything --load a --out a.png --count 0", "--count"},
      {"bench no-such-benchmark", "there is no benchmark 'no-such-benchmark'; the benchmarks are gemm, conv"},
  }));
  const auto answer = run_program(arguments);
  INFO(arguments << ": " << answer.err);
  CHECK(answer.status == 2);
  CHECK(answer.one_line_error());
  CHECK(answer.err.find(said) != std::string::npos);
  CHECK(answer.out.empty());
}

TEST_CASE("a save that cannot work is refused before training", "[commands]") {
  const auto answer = run_program("train anything --steps 1 --save /no/such/folder/a.safetensors");
  CHECK(answer.status == 1);
  CHECK(answer.one_line_error());
  CHECK(answer.err.find("/no/such/folder") != std::string::npos);
}

}  // namespace
}  // namespace unveil
