#include "engine/ops/embedding.h"

#include <random>

#include "tests/catch.h"
#include "tests/ops/check.h"

using namespace unveil;
using namespace unveil::test;

TEST_CASE("an embedding picks rows of its table and its gradient gathers them again", "[ops]") {
  const auto table = GENERATE(Shape{10, 16}, Shape{3, 5}, Shape{50, 72}, Shape{13, 200});
  const std::int64_t rows = GENERATE(1, 16, 37, 300);
  const bool column = GENERATE(false, true);
  std::mt19937 random(5);
  std::vector<std::uint32_t> indices;  // some rows of the table are never picked, some often
  for (std::int64_t r = 0; r < rows; ++r)
    indices.push_back((random() % 2 ? random() : 1u) % static_cast<std::uint32_t>(table[0]));
  check_operation("embedding", {.inputs = {table, column ? Shape{rows, 1} : Shape{rows}},
                                .build = [](Graph& g, auto& x) { return embedding(g, x[0], x[1]); },
                                .tolerance = 0,
                                .integers = {{}, indices}});
}
