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

TEST_CASE("a tick's label names the place where the tick is", "[widgets]") {
  // Ranges of which one tick, few or many are shown, as axes ask for them.
  for (const double low : {0.0, 0.29, 0.2, 1.9, 93.4, 0.00012, 1234.0, 98765.0})
    for (const double length : {0.05, 0.13, 0.5, 3.0, 7.7, 2000.0, 3e6, 4e-5})
      for (const int most : {2, 3, 5, 9}) {
        const auto ticks = round_ticks(low, low + length, most);
        INFO(low << " to " << low + length << ", at most " << most);
        CHECK(ticks.size() >= 2);
        CHECK(static_cast<int>(ticks.size()) <= most + 1);
        const double gap = ticks.size() > 1 ? ticks[1] - ticks[0] : 1;
        for (const double tick : ticks) {
          const std::string label = format_tick(tick, gap);
          const double unit = label.ends_with(" M") ? 1e6 : label.ends_with(" k") ? 1e3 : 1;
          INFO(label << " for " << tick);
          CHECK(std::stod(label) * unit == Approx(tick).epsilon(1e-4).margin(1e-3 * gap));
        }
      }
  // A tick alone, and those of an axis of powers, whose distance says nothing.
  CHECK(format_tick(0.3, 1) == "0.3");
  CHECK(format_tick(0.25, 0.25) == "0.25");
  CHECK(format_tick(0.00025, 0.00005) == "2.5e-04");
  CHECK(format_tick(1500, 500) == "1.5 k");
}

TEST_CASE("numbers that round to nothing have no sign, and nouns their article", "[widgets]") {
  CHECK(format_fixed(-0.0, 2) == "0.00");
  CHECK(format_fixed(-0.004, 2) == "0.00");
  CHECK(format_fixed(-0.006, 2) == "−0.01");
  CHECK(format_fixed(2.345, 1) == "2.3");
  CHECK(with_article("8") == "an 8");
  CHECK(with_article("3") == "a 3");
  CHECK(with_article("1") == "a 1");
  CHECK(with_article("11") == "an 11");
  CHECK(with_article("18") == "an 18");
  CHECK(with_article("110") == "a 110");
  CHECK(with_article("81") == "an 81");
  CHECK(with_article("apple") == "an apple");
  CHECK(with_article("coat") == "a coat");
}
