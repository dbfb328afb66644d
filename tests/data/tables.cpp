// Tables as people's programs write them: each holds the same three points.
#include "engine/data/table.h"

#include <fmt/format.h>

#include <cmath>

#include "engine/data/text.h"
#include "tests/catch.h"
#include "tests/data/files.h"

namespace unveil {
namespace {

using namespace std::string_literals;

// The columns and the numbers, "a b | 1 2.5 | -3 40 | 0.5 6"; what is no number as it stands.
std::string content(const Table& table) {
  std::string all;
  for (const auto& name : table.columns) all += (all.empty() ? "" : " ") + (name.empty() ? "?" : name);
  for (std::size_t r = 0; r < table.rows(); ++r) {
    all += " |";
    for (std::size_t c = 0; c < table.width(); ++c) {
      const auto value = parse_number(table.cell(r, c), table.form.decimal);
      all += ' ' + (value ? fmt::format("{}", *value) : std::string(table.cell(r, c)));
    }
  }
  return all;
}

std::string content(const std::string& bytes, const TableOptions& options = {}) {
  return content(parse_table(bytes, "a.csv", options));
}

const std::string kPlain = "a,b\n1,2.5\n-3,40\n0.5,6\n", kExpected = "a b | 1 2.5 | -3 40 | 0.5 6";

std::string replaced(std::string text, const std::string& what, const std::string& by) {
  for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += by.size())
    text.replace(at, what.size(), by);
  return text;
}

// ASCII as UTF-16.
std::string wide(const std::string& text, bool big) {
  std::string bytes;
  for (const char c : text) bytes += big ? std::string{'\0', c} : std::string{c, '\0'};
  return bytes;
}

}  // namespace

TEST_CASE("the separator of a table is found", "[data]") {
  CHECK(content(kPlain) == kExpected);
  for (const std::string separator : {";", "\t", "|", " ", "   ", ", ", " ; "}) {
    CAPTURE(separator);
    CHECK(content(replaced(kPlain, ",", separator)) == kExpected);
  }
  CHECK(content("  a     b\n  1   2.5\n -3    40\n 0.5    6  \n") == kExpected);  // aligned
  CHECK(content("sep=;\r\na;b\r\n1;2.5\r\n-3;40\r\n0.5;6\r\n") == kExpected);     // what Excel writes
  CHECK(content("\"sep=,\"\n" + kPlain) == kExpected);
  CHECK(content("x:y\n1:2\n", {.separator = ':'}) == "x y | 1 2");
  CHECK(content("MZ\tP1\n1\t2\n") == "MZ P1 | 1 2");  // no program and no picture
  CHECK(content("x\n1\n2\n") == "x | 1 | 2");
  CHECK(content("species\nthe red one\nthe red one\nthe blue one\nthe blue one\n") ==
        "species | the red one | the red one | the blue one | the blue one");
  CHECK(content("name;x;y\nIris, wild;1;2\nIris, tame;3;4\n") == "name x y | Iris, wild 1 2 | Iris, tame 3 4");
}

TEST_CASE("the decimal sign of a table is found", "[data]") {
  for (const std::string separator : {";", "\t", "|", " "}) {
    CAPTURE(separator);
    CHECK(content(replaced(replaced(kPlain, ",", separator), ".", ",")) == kExpected);
  }
  CHECK(content("1,5;2,5;3,5\n4,5;5,5;6,5\n") == "column 1 column 2 column 3 | 1.5 2.5 3.5 | 4.5 5.5 6.5");
  CHECK(content("a,b\n\"1,5\",\"2,25\"\n\"3,5\",\"4,5\"\n") == "a b | 1.5 2.25 | 3.5 4.5");
  CHECK(content("a,b\n\"1,500\",0.5\n\"2,500\",0.5\n") == "a b | 1,500 0.5 | 2,500 0.5");  // thousands: no guess
  CHECK(content("a;b\n\xe2\x88\x92"
                "1,5;+2\n") == "a b | -1.5 2");
  CHECK(parse_number("+1e3") == 1000);
  CHECK(parse_number("1E-400") == 0);
  CHECK(std::isinf(parse_number("-1e400").value()));
  for (const char* word : {"", "+", "+-1", "1 2", "1,5", "0x10", "one", "nan"}) CHECK_FALSE(parse_number(word));
}

TEST_CASE("quotes, line ends, blank lines and comments of a table are read", "[data]") {
  CHECK(content("\"a\",\"b\"\r\n\"1\",\"2.5\"\r\n\"-3\",\"40\"\r\n\"0.5\",\"6\"\r\n") == kExpected);
  for (const std::string end : {"\r\n", "\r", "\n\n", "\n,\n", " \n"}) {
    CAPTURE(end);
    CHECK(content(replaced(kPlain, "\n", end)) == kExpected);
  }
  CHECK(content("a,b\n1,2.5\n-3,40\n0.5,6") == kExpected);
  CHECK(content("\n\n" + kPlain + "\n  \n\n") == kExpected);
  CHECK(content("# made by hand\n" + kPlain + "# the end\n") == kExpected);
  CHECK(content("# a b\n1 2.5\n-3 40\n0.5 6\n") == kExpected);  // as NumPy's savetxt has its header
  CHECK(content("a,b\n1,2.5,\n-3,40,\n0.5,6,\n") == kExpected);
  CHECK(content("\"a\"\"\n,\",b\n\"say \"\"hi\"\"\",1\n\"two\nlines\",2\n") ==
        "a\" , b | say \"hi\" 1 | two\nlines 2");
  CHECK(content("a,b\n#1,2\n#3,4\n#5,6\n") == "a b | #1 2 | #3 4 | #5 6");  // every row is no comment
  const auto table = parse_table("# one\na,b\n\n\"x\ny\",1\r\n2,3\n", "a.csv");
  CHECK(table.line(0) == 4);
  CHECK(table.line(1) == 6);
  CHECK(table.form.comments == 1);
}

TEST_CASE("the encoding of a table is found", "[data]") {
  CHECK(content("\xef\xbb\xbf" + kPlain) == kExpected);
  CHECK(content("\xff\xfe" + wide(kPlain, false)) == kExpected);
  CHECK(content("\xfe\xff" + wide(kPlain, true)) == kExpected);
  CHECK(content(wide(kPlain, false)) == kExpected);
  CHECK(content(wide(kPlain, true)) == kExpected);
  CHECK(content("l\xe4nge,\x80\n1,2\n") == "l\xc3\xa4nge \xe2\x82\xac | 1 2");  // Windows' Latin-1
  CHECK(parse_table("l\xe4nge\n1\n", "a.csv").form.encoding == "Latin-1");
  CHECK(parse_table("\xff\xfe" + wide(kPlain, false), "a.csv").form.encoding == "UTF-16");
  CHECK(content("l\xc3\xa4nge\n1\n") == "l\xc3\xa4nge | 1");
  CHECK(decode_text("\xff\xfe\x3d\xd8\x00\xde"s).utf8 == "\xf0\x9f\x98\x80");  // a pair of surrogates
  CHECK(decode_text("\xff\xfe\x3d\xd8"s).utf8 == "\xef\xbf\xbd");
}

TEST_CASE("a header is told from a row", "[data]") {
  CHECK(content("1,2.5\n-3,40\n") == "column 1 column 2 | 1 2.5 | -3 40");
  CHECK(content("5.1,setosa\n4.9,setosa\n6.3,virginica\n") ==
        "column 1 column 2 | 5.1 setosa | 4.9 setosa | 6.3 virginica");
  CHECK(content("0,1,2\n0.5,0.25,0.1\n0.5,3,4\n") == "0 1 2 | 0.5 0.25 0.1 | 0.5 3 4");  // pandas without names
  CHECK(content(",0,1\n0,5,3\n1,9,2\n") == "? 0 1 | 0 5 3 | 1 9 2");
  CHECK(content("0,1\n1,0\n1,1\n") == "column 1 column 2 | 0 1 | 1 0 | 1 1");
  CHECK(content("1,2,3\n4,5,6\n") == "column 1 column 2 column 3 | 1 2 3 | 4 5 6");
  CHECK(content("1990,2000,2010\n0.5,0.25,0.1\n") == "1990 2000 2010 | 0.5 0.25 0.1");
  CHECK(content("setosa\nsetosa\nvirginica\nvirginica\n") == "column 1 | setosa | setosa | virginica | virginica");
  CHECK(content("species\nsetosa\nsetosa\nvirginica\nvirginica\n") ==
        "species | setosa | setosa | virginica | virginica");
  // R leaves the name of its row names out.
  CHECK(content("\"a\" \"b\"\n\"1\" 5 2.5\n\"2\" 7 40\n") == "? a b | 1 5 2.5 | 2 7 40");
  CHECK(content("a,b\n1,2\n", {.header = false}) == "column 1 column 2 | a b | 1 2");
  CHECK(content("1,2\n3,4\n", {.header = true}) == "1 2 | 3 4");
}

TEST_CASE("what is no table is refused with the line and what it is", "[data]") {
  const auto error = [](const std::string& bytes) { return error_of([&] { parse_table(bytes, "a.csv"); }); };
  CHECK_THAT(error(""), Contains("a.csv: empty"));
  CHECK_THAT(error("\n \n"), Contains("a.csv: empty"));
  CHECK_THAT(error("a,b\n1,2\n3\n"), Contains("line 3 has 1 cells, the header 2"));
  CHECK_THAT(error("1,2\n3,4\n5,6,7\n"), Contains("line 3 has 3 cells, the others 2"));
  CHECK_THAT(error("a,b\n\"1,2\n3,4\n"), Contains("line 2") && Contains("never closed"));
  CHECK_THAT(error("a,b\n1,2\0\n3,4\n"s), Contains("line 2: a zero byte"));
  CHECK_THAT(error("<!DOCTYPE html>\n<html>"), Contains("HTML page"));
  CHECK_THAT(error("PK\3\4abc"), Contains("zip archive"));
  CHECK_THAT(error("version https://git-lfs.github.com/spec/v1\n"), Contains("Git LFS"));
  CHECK_THAT(error_of([] { read_table("/nowhere/a.csv"); }), Contains("/nowhere/a.csv"));
}

}  // namespace unveil
