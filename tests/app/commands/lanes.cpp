#include "tests/app/commands/program.h"
#include "tests/catch.h"

namespace unveil::test {
namespace {

// "llvmpipe (LLVM 15.0.6, 256 bits)"; `setting`: of the environment.
std::string trained_on(const std::string& arguments, const std::string& setting) {
  const auto answer = run_program("train " + arguments + " --steps 1 --json", setting);
  INFO(answer.err);
  REQUIRE(answer.status == 0);
  return answer.json()["device"];
}

}  // namespace

TEST_CASE("training works on 16 lanes where the model and the processor suit them and the user says nothing",
          "[commands]") {
  const std::string dense = "vae --set hidden=8", nothing = "-u LP_NATIVE_VECTOR_WIDTH";
  const auto alone = trained_on(dense, nothing);
  if (alone.find("llvmpipe") == std::string::npos) {
    WARN("lavapipe is not what is used here: " << alone);
    return;
  }
#if defined(__x86_64__)
  const bool wide = __builtin_cpu_is("amd") && __builtin_cpu_supports("avx512f");
#else
  const bool wide = false;
#endif
  CHECK_THAT(alone, Contains(wide ? "512 bits" : "256 bits"));
  CHECK_THAT(trained_on(dense, "LP_NATIVE_VECTOR_WIDTH=256"), Contains("256 bits"));
  CHECK_THAT(trained_on("vae --preset convolutional --set hidden=8", nothing), Contains("256 bits"));
}

}  // namespace unveil::test
