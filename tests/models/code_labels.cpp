#include "engine/models/model.h"

#include "tests/catch.h"

namespace unveil {

TEST_CASE("codes carry the names of their classes, numbers where there are no names", "[data]") {
  Dataset data;
  data.train = {3, 1, 1, 1, {1, 2, 3}, {0, 2, 1}};
  data.classes = 3;
  CHECK(code_labels(data, 0, 2).at(0).classes == std::vector<std::string>{"0", "1", "2"});
  data.class_names = {"cat", "dog", "10"};
  const auto labels = code_labels(data, 0, 2);
  REQUIRE(labels.size() == 1);
  CHECK(labels[0].classes == data.class_names);
  CHECK(labels[0].values == std::vector<std::uint8_t>{0, 2});
  CHECK(code_labels(data, 1, 0).empty());
}

}  // namespace unveil
