#include <cmath>
#include <limits>

#include "engine/data/classes.h"
#include "engine/data/csv.h"
#include "engine/data/table.h"
#include "tests/catch.h"
#include "tests/data/files.h"

namespace unveil {

TEST_CASE("CSV tables come back as they were written", "[data]") {
  const TestFolder folder;
  const CsvTable table = {{"step", "loss, \"nats\""}, {{1, 0.1}, {2, 1e-300}, {3, -1.0 / 3}}};
  write_csv(folder / "a.csv", table);
  const CsvTable back = read_csv(folder / "a.csv");
  CHECK(back.columns == table.columns);
  CHECK(back.rows == table.rows);
  write_text(folder / "b.csv", "a,b\r\n1,\r\n,2\r\n");  // as a spreadsheet writes it
  const CsvTable sparse = read_csv(folder / "b.csv");
  REQUIRE(sparse.rows.size() == 2);
  CHECK(sparse.columns == std::vector<std::string>{"a", "b"});
  CHECK(std::isnan(sparse.rows[0][1]));
  CHECK(sparse.rows[1][1] == 2);
  write_text(folder / "c.csv",
             "\xef\xbb\xbf"
             "a,b\n1,2\n");  // and another spreadsheet
  CHECK(read_csv(folder / "c.csv").columns == std::vector<std::string>{"a", "b"});
}

TEST_CASE("words stand behind a table's numbers, by the names of their classes", "[data]") {
  const TestFolder folder;
  CsvTable table{{"x"}, {{1}, {2.5}, {3}}, {}};
  add_classes(table, "kind", {"cat, tame", "\"dog\""}, std::vector<int>{1, 0, 1});
  add_classes(table, "digit", {"7", "10"}, std::vector<int>{1, 0, 0});
  add_classes(table, "agent", {"007", "8"}, std::vector<int>{0, 1, 0});
  write_csv(folder / "a.csv", table);
  CHECK(read_text(folder / "a.csv") ==
        "x,digit,kind,agent\n1,10,\"\"\"dog\"\"\",007\n2.5,7,\"cat, tame\",8\n3,7,\"\"\"dog\"\"\",007\n");
  CHECK(read_table(folder / "a.csv").cell(1, 2) == "cat, tame");
}

TEST_CASE("bad CSV is refused with the line", "[data]") {
  const TestFolder folder;
  const auto error = [&](const std::string& text) {
    write_text(folder / "a.csv", text);
    return error_of([&] { read_csv(folder / "a.csv"); });
  };
  CHECK_THAT(error(""), Contains("empty"));
  CHECK_THAT(error("a,b\n1,2\n3\n"), Contains("line 3 has 1 cells, the header 2"));
  CHECK_THAT(error("a,b\n1,two\n"), Contains("line 2, column b"));
  CHECK_THAT(error("a,b\n1,2 3\n"), Contains("line 2, column b"));
  CHECK_THAT(error("a,\"b\n1,2\n"), Contains("inside quotes"));
}

TEST_CASE("a CSV log is on the file after each row and can be gone on with", "[data]") {
  const TestFolder folder;
  const auto path = folder / "log.csv";
  {
    CsvLog log(path, {"step", "nats"});
    CHECK(read_text(path) == "step,nats\n");
    log.row({1, 200.5});
    CHECK(read_text(path) == "step,nats\n1,200.5\n");
    log.row({2, std::numeric_limits<double>::quiet_NaN()});
  }
  CsvLog(path, {"step", "nats"}, true).row({3, 100});
  CHECK(read_text(path) == "step,nats\n1,200.5\n2,\n3,100\n");
  CHECK_THAT(error_of([&] { CsvLog(path, {"step", "bits"}, true); }), Contains("other columns"));
  CHECK_THAT(error_of([&] { CsvLog(folder / "no" / "log.csv", {"step"}); }), Contains("log.csv"));
  CHECK_THAT(error_of([&] { CsvLog("/dev/full", {"step"}); }), Contains("/dev/full") && Contains("disk is full"));
}

}  // namespace unveil
