#include "engine/bench/hot_kernels.h"

#include <algorithm>

#include "tests/catch.h"
#include "tests/device.h"

using namespace unveil;

TEST_CASE("the benchmark of the hot kernels measures every kernel and says what it could not compare", "[bench]") {
  for (const auto& report : {bench_gemm(test::device(), 40, 3), bench_conv(test::device(), 3)}) {
    const bool compared = report.notes.empty();
    CHECK(std::any_of(report.results.begin(), report.results.end(),
                      [](const auto& r) { return r.unit == "% of OpenBLAS"; }) == compared);
    for (const auto& result : report.results) {
      INFO(result.name);
      CHECK(result.value > 0);
      CHECK(result.repeats == 3);
      CHECK((result.unit == "GFLOP/s" || result.unit == "% of OpenBLAS"));
      if (result.unit == "GFLOP/s") {
        CHECK(result.min > 0);
        CHECK(result.min <= result.median);
      }
    }
  }
  test::require_silent_validation();
}
