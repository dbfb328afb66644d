// Which columns of a file are a point's coordinates, which its labels.
#include "engine/data/points.h"

#include <fmt/format.h>

#include <cmath>

#include "engine/data/npy.h"
#include "tests/catch.h"
#include "tests/data/files.h"

namespace unveil {
namespace {

constexpr int kRows = 24;
const char* const kWords[] = {"setosa", "versicolor", "virginica"};

// A header and kRows rows, whose cells `row` gives.
template <typename Row>
std::string table(const std::string& header, Row row) {
  std::string text = header + "\n";
  for (int i = 0; i < kRows; ++i) text += row(i) + "\n";
  return text;
}
std::string two(int i) {
  return fmt::format("{:.2f},{:.2f}", std::sin(i * 1.7), std::cos(i * 2.3));
}

PointSet read(const std::string& text, const RoleOptions& roles = {}) {
  return parse_points(text, "a.csv", {.separator = {}, .roles = roles});
}
std::string told(const std::string& text, const RoleOptions& roles = {}) {
  return read(text, roles).told;
}
std::string error(const std::string& text, const RoleOptions& roles = {}) {
  return error_of([&] { read(text, roles); });
}

}  // namespace

TEST_CASE("a table's roles are found and told in one line", "[data]") {
  const auto iris = table("sepal_length,sepal_width,petal_length,petal_width,species",
                          [](int i) { return two(i) + "," + two(i + 50) + "," + kWords[i % 3]; });
  const auto points = read(iris);
  CHECK(points.told == "24 rows; coordinates: sepal_length … petal_width; labels: species (3)");
  CHECK(points.count == kRows);
  CHECK(points.dimensions == 4);
  REQUIRE(points.labels.size() == 1);
  CHECK(points.labels[0].classes == std::vector<std::string>{"setosa", "versicolor", "virginica"});
  CHECK(points.labels[0].values[4] == 1);
  CHECK(points.values[1] == Approx(std::cos(0.0)));
  CHECK(told(table("a;b", [](int i) { return fmt::format("{},5;1", i % 7); })) ==
        "24 rows; coordinates: a, b; labels: none; separated by semicolons, decimal commas");
}

TEST_CASE("row numbers are left out and said", "[data]") {
  const auto with = [](const std::string& name, auto number) {
    return told(table(name + ",a,b", [&](int i) { return fmt::format("{},{}", number(i), two(i)); }));
  };
  const auto from_zero = [](int i) { return i; };
  const auto from_one = [](int i) { return i + 1; };
  const auto shuffled = [](int i) { return i * 7 % kRows; };
  CHECK(with("", from_zero) == "24 rows; coordinates: a, b; labels: none; left out: the unnamed row number");
  for (const char* name : {"Unnamed: 0", "index", "Id", "row"}) {
    CAPTURE(name);
    CHECK_THAT(with(name, from_one),
               Contains("coordinates: a, b;") && Contains(fmt::format("left out: {} (row number)", name)));
    CHECK_THAT(with(name, shuffled), Contains("coordinates: a, b;"));
  }
  CHECK_THAT(with("time", from_zero), Contains("coordinates: time, a, b;"));
  CHECK_THAT(with("id", [](int i) { return i % 3; }), Contains("coordinates: id, a, b;"));
  // Without a header, and in no other column.
  CHECK_THAT(told(table("0,0.5,0.5", [](int i) { return fmt::format("{},{}", i + 1, two(i)); })),
             Contains("coordinates: column 2, column 3;"));
  CHECK_THAT(told(table("a,index", [](int i) { return fmt::format("{},{}", i % 5 * 0.5, i); })),
             Contains("coordinates: a, index;"));
  CHECK_THAT(told(table("index", [](int i) { return std::to_string(i); })), Contains("coordinates: index;"));
  // R's row names are words.
  CHECK_THAT(told(table("\"\",\"a\",\"b\"", [](int i) { return fmt::format("\"Mazda {}\",{}", i, two(i)); })),
             Contains("coordinates: a, b;") && Contains("left out: the unnamed column 1"));
}

TEST_CASE("what embed and the window write has two dimensions", "[data]") {
  for (const char* first : {"row", "item"}) {
    const auto points = read(table(std::string(first) + ",x,y,digit,species", [](int i) {
      return fmt::format("{},{},{},{}", 3 * i, two(i), 10 * (i % 4), kWords[i % 3]);
    }));
    CHECK(points.dimensions == 2);
    CHECK(points.columns == std::vector<std::string>{"x", "y"});
    CHECK(points.left_out == std::vector<std::string>{first});
    REQUIRE(points.labels.size() == 2);
    CHECK(points.labels[0].classes == std::vector<std::string>{"0", "10", "20", "30"});
  }
  const auto codes = read(table("z0,z1,speaker", [](int i) { return fmt::format("{},{}", two(i), i % 3); }));
  CHECK(codes.dimensions == 2);
  CHECK(codes.labels.at(0).name == "speaker");
}

TEST_CASE("whole numbers are coordinates, but in a column called as labels are", "[data]") {
  CHECK_THAT(told(table("x1,y1,z1", [](int i) { return fmt::format("{},{},{}", i % 3, i % 4, i % 5); })),
             Contains("coordinates: x1, y1, z1; labels: none"));
  CHECK_THAT(told(table("x,y", [](int i) { return fmt::format("{},{}", i % 3, i % 4); })),
             Contains("coordinates: x, y; labels: none"));
  for (const char* name : {"label", "Label", "LABELS", "class", "target", "species", "y", "Category"}) {
    CAPTURE(name);
    const auto points =
        read(table(std::string("a,b,") + name, [](int i) { return fmt::format("{},{}", two(i), i % 12); }));
    CHECK(points.dimensions == 2);
    REQUIRE(points.labels.size() == 1);
    // In the order of numbers.
    CHECK(points.labels[0].classes ==
          std::vector<std::string>{"0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11"});
  }
  CHECK_THAT(told(table("a,b,target", [](int i) { return two(i) + "," + std::to_string(i * 0.37); })),
             Contains("coordinates: a, b; labels: none; left out: target"));
  CHECK(read(table("a,b,label", [](int i) { return two(i) + (i % 2 ? ",1.0" : ",0.0"); })).labels.at(0).classes ==
        std::vector<std::string>{"0", "1"});
  CHECK(read(table("a,b,label", [](int i) { return two(i) + (i % 2 ? ",7" : ","); })).labels.at(0).classes ==
        std::vector<std::string>{"7", "none"});
  CHECK_THAT(told(table("a,b,city", [](int i) { return two(i) + ",Town " + std::to_string(i); })),
             Contains("left out: city"));
  CHECK_THAT(told(table("a,b,nothing", [](int i) { return two(i) + ","; })), Contains("left out: nothing (empty)"));
}

TEST_CASE("the user overrules a table's roles", "[data]") {
  const auto text = table("a,b,c,kind,site", [](int i) {
    return fmt::format("{},{},{},{}", two(i), i % 4, kWords[i % 3], i % 2 ? "n" : "s");
  });
  CHECK(told(text) == "24 rows; coordinates: a, b, c; labels: kind (3), site (2)");
  CHECK(told(text, {.columns = {}, .label = "c"}) == "24 rows; coordinates: a, b; labels: c (4), kind (3), site (2)");
  CHECK(told(text, {.columns = {}, .label = "site"}) == "24 rows; coordinates: a, b, c; labels: site (2), kind (3)");
  CHECK(told(text, {.columns = "a,c", .label = "KIND"}) ==
        "24 rows; coordinates: a, c; labels: kind (3), site (2); left out: b");
  for (const char* range : {"a..c", "1..3", "1-3", "a..b,3", "\"a\",b,c"})
    CHECK_THAT(told(text, {.columns = range, .label = {}}), Contains("coordinates: a, b, c;"));
  CHECK_THAT(error(text, {.columns = "a,d", .label = {}}),
             Contains("no such column") && Contains("a, b, c, kind, site"));
  CHECK_THAT(error(text, {.columns = "c..a", .label = {}}), Contains("c stands behind a"));
  CHECK_THAT(error(text, {.columns = {}, .label = "sort"}),
             Contains("--label-column 'sort'") && Contains("a, b, c, kind, site"));
  CHECK_THAT(error(text, {.columns = "a,kind", .label = {}}), Contains("line 2, column kind: 'setosa'"));
}

TEST_CASE("a cell that cannot be read is named by line and column", "[data]") {
  const auto broken = [](const std::string& cell) {
    return error(table("a,b", [&](int i) { return i == 6 ? "1," + cell : two(i); }));
  };
  for (const char* cell : {"", "NA", "nan", "NULL", "?"}) {
    CAPTURE(cell);
    CHECK_THAT(broken(cell), Contains("a.csv: line 8, column b: no value"));
  }
  CHECK_THAT(broken("oops"), Contains("line 8, column b: 'oops'"));
  CHECK_THAT(broken("inf"), Contains("line 8, column b: inf"));
  CHECK_THAT(broken("1e300"), Contains("line ") && Contains("column b"));
  CHECK_THAT(error(table("a,b", [](int i) { return fmt::format("\"1,{:03}\",0.5", i); })),
             Contains("line 2, column a: '1,000'"));
  CHECK_THAT(error("a,b\n"), Contains("no points"));
  CHECK_THAT(error("species\nsetosa\nsetosa\nvirginica\nvirginica\n"),
             Contains("no column of numbers") && Contains("species"));
}

TEST_CASE("large numbers are centred before they become float", "[data]") {
  for (const double offset : {0.0, 1.7e9, 1.7e12, -1.7e9, 1.7e18}) {
    CAPTURE(offset);
    const double step = std::abs(offset) > 1e15 ? 1e9 : 0.25;
    std::vector<double> values;
    for (int i = 0; i < 8; ++i) values.insert(values.end(), {offset + i * step, i * 0.5});
    const auto floats = centred(values, 8, 2);
    for (std::size_t i = 1; i < 8; ++i) {
      CHECK(floats[2 * i] - floats[2 * i - 2] == Approx(step).epsilon(1e-5));
      CHECK(floats[2 * i + 1] - floats[2 * i - 1] == Approx(0.5));
    }
    CHECK(floats[0] == Approx(-3.5 * step).epsilon(1e-5));
  }
  const auto points = read(table("time,a", [](int i) { return fmt::format("{:.3f},{}", 1.7e9 + i * 0.125, i % 5); }));
  CHECK(points.values[2] - points.values[0] == 0.125);
}

TEST_CASE("arrays are points by any type, and labels by any whole one or words", "[data]") {
  const TestFolder folder;
  write_npy(folder / "a.bin", {4, 3}, std::vector<std::int32_t>{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12});
  const auto points = read_points(folder / "a.bin");  // by its content
  CHECK(points.dimensions == 3);
  CHECK(points.values[4] == 5);
  CHECK(is_points_file(folder / "a.bin"));
  const auto labels = [&](const std::vector<std::int64_t>& shape) {
    write_npy(folder / "l.npy", shape, std::vector<std::int64_t>{10, -1, 10, 2});
    return read_point_labels(folder / "l.npy", 4);
  };
  for (const std::vector<std::int64_t>& shape : {std::vector<std::int64_t>{4}, {4, 1}, {1, 4}}) {
    CHECK(labels(shape).classes == std::vector<std::string>{"-1", "2", "10"});
    CHECK(labels(shape).values == std::vector<int>{2, 0, 2, 1});
  }
  CHECK_THAT(error_of([&] { read_point_labels(folder / "l.npy", 5); }), Contains("4 labels for 5 points"));
  CHECK_THAT(error_of([&] { labels({2, 2}); }), Contains("[2, 2]"));
  write_npy(folder / "s.npy", std::vector<std::string>{"dog", "cat", "dog"});
  CHECK(read_point_labels(folder / "s.npy", 3).classes == std::vector<std::string>{"cat", "dog"});
  write_npy(folder / "f.npy", {2}, std::vector<double>{1, 1.5});
  CHECK_THAT(error_of([&] { read_point_labels(folder / "f.npy", 2); }), Contains("label 2 is 1.5"));
  CHECK_THAT(error_of([&] { read_points(folder / "s.npy"); }), Contains("s.npy"));
  std::vector<double> values(12);
  values[7] = NAN;
  write_npy(folder / "n.npy", {4, 3}, values);
  CHECK_THAT(error_of([&] { read_points(folder / "n.npy"); }), Contains("row 3, column 2: nan"));
}

TEST_CASE("a table of labels is read with or without a header", "[data]") {
  const auto labels = [](const std::string& text, int count) { return parse_point_labels(text, "l.csv", count); };
  using Names = std::vector<std::string>;
  CHECK(labels("species\nb\na\nb\na\n", 4).classes == Names{"a", "b"});
  CHECK(labels("b\na\nb\na\n", 4).classes == Names{"a", "b"});
  CHECK(labels("0\n0\n1\n1\n", 4).classes == Names{"0", "1"});
  CHECK(labels("0\n0\n1\n1\n", 3).classes == Names{"0", "1"});  // one too many: pandas' name of a column without one
  CHECK(labels("a\nb\nc\n", 3).classes == Names{"a", "b", "c"});
  CHECK(labels(",label\n0,x\n1,y\n2,x\n", 3).classes == Names{"x", "y"});
  CHECK(labels("label\n1\n2\n2\n", 3).name == "label");
  CHECK_THAT(error_of([&] { labels("label\n1\n2\n", 7); }), Contains("2 labels for 7 points"));
  CHECK_THAT(error_of([&] { labels("a,b\n1,2\n3,4\n", 2); }), Contains("labels are one column"));
}

}  // namespace unveil
