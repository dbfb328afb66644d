#include "app/shell/driver/script.h"

#include "engine/error.h"
#include "tests/catch.h"

using namespace unveil;

TEST_CASE("a script is read line by line, with comments and quotes", "[shell]") {
  const auto script = parse_script(
      "# a visit\nclick transport.play\n\ntype \"two words\"\nwait-for run.step >= 10 within 2.5\nkey ctrl+o\n");
  REQUIRE(script.size() == 4);
  CHECK(script[0].verb == "click");
  CHECK(script[0].line == 2);
  CHECK(script[1].words == std::vector<std::string>{"two words"});
  CHECK(script[2].condition.comparison == ">=");
  CHECK(script[2].within == 2.5);
}

TEST_CASE("a wrong script is refused with the line that is wrong", "[shell]") {
  for (const char* wrong : {"jump high", "click", "drag a 0 0 1", "drag a 0 0 1 b", "drag a 0 0 1 1 0", "hover a 0.5",
                            "wait-for a ~ 3", "key ctrl+ß", "type \"open", "wait-for a == 1 before 3", "wait soon"}) {
    INFO(wrong);
    CHECK_THROWS_AS(parse_script(std::string("wait 1\n") + wrong), UsageError);
    try {
      parse_script(std::string("wait 1\n") + wrong);
    } catch (const UsageError& error) {
      CHECK(std::string(error.what()).find("line 2") != std::string::npos);
    }
  }
}

TEST_CASE("conditions compare numbers as numbers and words as words", "[shell]") {
  const States states{{"step", 9.0}, {"playing", true}, {"name", std::string("pixelcnn")}};
  CHECK(holds({"step", "<", "10"}, states));
  CHECK_FALSE(holds({"step", ">=", "10"}, states));
  CHECK(holds({"playing", "==", "true"}, states));
  CHECK(holds({"name", "contains", "cnn"}, states));
  CHECK_FALSE(holds({"name", "<", "3"}, states));
  CHECK_FALSE(holds({"nothing", "!=", "3"}, states));
}
