#include "app/widgets/rich_text.h"

#include "tests/catch.h"

using namespace unveil;

TEST_CASE("a lesson's text falls into headings, paragraphs, lists and equations", "[widgets]") {
  const auto blocks = parse_rich_text(
      "# Title\nOne line\ncontinues **here** and `there`.\n\n    p(x) = 1\n\n- first\n- second\n$$\na = "
      "b\n$$\nEnd\n");
  REQUIRE(blocks.size() == 7);
  CHECK(blocks[0].kind == RichBlock::Kind::heading);
  CHECK(blocks[1].kind == RichBlock::Kind::paragraph);
  REQUIRE(blocks[1].spans.size() == 5);
  CHECK(blocks[1].spans[0].text == "One line continues ");
  CHECK(blocks[1].spans[1].bold);
  CHECK(blocks[1].spans[3].code);
  CHECK(blocks[2].kind == RichBlock::Kind::equation);
  CHECK(blocks[2].spans[0].text == "p(x) = 1");
  CHECK(blocks[3].kind == RichBlock::Kind::item);
  CHECK(blocks[4].spans[0].text == "second");
  CHECK(blocks[5].kind == RichBlock::Kind::equation);
  CHECK(blocks[6].spans[0].text == "End");
}
