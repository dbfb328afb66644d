#include "app/widgets/format.h"

#include <cmath>

#include "tests/catch.h"

using namespace unveil;

TEST_CASE("numbers are shown with sensible digits", "[widgets]") {
  CHECK(format_count(0) == "0");
  CHECK(format_count(999) == "999");
  CHECK(format_count(12480) == "12,480");
  CHECK(format_count(1234567) == "1,234,567");
  CHECK(format_value(92.4378) == "92.4");
  CHECK(format_value(0.16234) == "0.162");
  CHECK(format_value(-3.14159) == "−3.14");
  CHECK(format_value(51234.4) == "51,234");
  CHECK(format_value(std::nan("")) == "–");
  CHECK(format_value(0.000012) == "1.2e-05");
  CHECK(format_bytes(38ull << 20) == "38 MB");
  CHECK(format_duration(725) == "12:05");
  CHECK(words("nats_per_image") == "nats per image");
}

TEST_CASE("eliding the middle counts signs, not bytes", "[widgets]") {
  CHECK(elide_middle("abcdefghij", 20) == "abcdefghij");
  CHECK(elide_middle("abcdefghij", 5) == "ab…ij");
  CHECK(elide_middle("ααααββββ", 5) == "αα…ββ");
}

TEST_CASE("ticks are few, round and inside the range", "[widgets]") {
  for (double high : {0.003, 0.9, 7.0, 12345.0, 3e7}) {
    for (int most : {2, 4, 9}) {
      const auto ticks = round_ticks(high * 0.13, high, most);
      REQUIRE(!ticks.empty());
      CHECK(static_cast<int>(ticks.size()) <= most + 1);
      for (double t : ticks) {
        CHECK(t >= high * 0.13 * (1 - 1e-9));
        CHECK(t <= high * (1 + 1e-9));
      }
    }
  }
  CHECK(round_ticks(0, 10, 5) == std::vector<double>{0, 2, 4, 6, 8, 10});
  CHECK(log_ticks(0.01, 100, 5) == std::vector<double>{0.01, 0.1, 1, 10, 100});
  CHECK(round_ticks(1, 1, 5).empty());
  CHECK(format_tick(0.25, 0.05) == "0.25");
  CHECK(format_tick(2000, 1000) == "2 k");
  CHECK(format_tick(-4, 2) == "−4");
}
