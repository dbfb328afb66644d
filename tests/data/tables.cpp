#include <cmath>
#include <limits>

#include "engine/data/csv.h"
#include "engine/data/npy.h"
#include "tests/catch.h"
#include "tests/data/files.h"

namespace unveil {
namespace {

using Catch::Matchers::Contains;

std::string npy(const std::string& header, const std::string& elements) {
  std::string bytes = std::string("\x93NUMPY\1\0", 8);
  bytes += static_cast<char>(header.size() & 255);
  bytes += static_cast<char>(header.size() >> 8);
  return bytes + header + elements;
}

}  // namespace

TEST_CASE("NPY arrays come back as they were written, from one to four dimensions", "[data]") {
  const TestFolder folder;
  const auto path = folder / "a.npy";
  const std::vector<float> floats = {1, -2.5f, 3e-30f, std::numeric_limits<float>::infinity(), 0, 7};
  for (const std::vector<std::int64_t>& shape : {std::vector<std::int64_t>{6}, {2, 3}, {1, 3, 2}, {3, 1, 2, 1}}) {
    write_npy(path, shape, floats);
    const NpyArray array = read_npy(path);
    CHECK(array.type == NpyType::float32);
    CHECK(array.shape == shape);
    CHECK(array.count() == 6);
    CHECK(array.as<float>() == floats);
    // The elements begin at a multiple of 64, as the format asks.
    CHECK((std::filesystem::file_size(path) - 24) % 64 == 0);
  }
  write_npy(path, {3}, std::vector<std::uint8_t>{1, 2, 255});
  CHECK(read_npy(path).as<std::uint8_t>() == std::vector<std::uint8_t>{1, 2, 255});
  write_npy(path, {1, 2}, std::vector<std::int32_t>{-5, 1 << 30});
  CHECK(read_npy(path).as<std::int32_t>() == std::vector<std::int32_t>{-5, 1 << 30});
  write_npy(path, {2}, std::vector<double>{-0.1, 1e300});
  CHECK(read_npy(path).as<double>() == std::vector<double>{-0.1, 1e300});
  write_npy(path, {1}, std::vector<std::int64_t>{-(std::int64_t{1} << 60)});
  CHECK(read_npy(path).as<std::int64_t>() == std::vector<std::int64_t>{-(std::int64_t{1} << 60)});
  CHECK_THAT(error_of([&] { read_npy(path).as<float>(); }), Contains("int64") && Contains("float32"));
  write_npy(path, {0, 4}, std::vector<float>{});
  CHECK(read_npy(path).shape == std::vector<std::int64_t>{0, 4});
  CHECK_THROWS_AS(write_npy(path, {2}, std::vector<float>{1, 2, 3}), std::logic_error);
  CHECK(folder.entries() == 1);
}

TEST_CASE("the NPY header is the one NumPy writes", "[data]") {
  const TestFolder folder;
  write_npy(folder / "a.npy", {3}, std::vector<std::uint8_t>{1, 2, 3});
  const std::string bytes = read_text(folder / "a.npy");
  CHECK(bytes.substr(0, 10) == std::string("\x93NUMPY\1\0\x76\0", 10));
  CHECK(bytes.substr(10, 60) == "{'descr': '|u1', 'fortran_order': False, 'shape': (3,), }   ");
  CHECK(bytes[127] == '\n');
}

TEST_CASE("an NPY array in Fortran order is read as one in C order", "[data]") {
  const TestFolder folder;
  write_text(folder / "a.npy", npy("{'descr': '|u1', 'fortran_order': True, 'shape': (2, 3), }", "adbecf"));
  const NpyArray array = read_npy(folder / "a.npy");
  CHECK(array.shape == std::vector<std::int64_t>{2, 3});
  CHECK(array.as<std::uint8_t>() == std::vector<std::uint8_t>{'a', 'b', 'c', 'd', 'e', 'f'});
  write_text(folder / "b.npy", npy("{'descr': '|u1', 'fortran_order': True, 'shape': (2, 1, 2), }", "acbd"));
  CHECK(read_npy(folder / "b.npy").as<std::uint8_t>() == std::vector<std::uint8_t>{'a', 'b', 'c', 'd'});
}

TEST_CASE("an NPY file that is damaged or of another kind is refused with its name", "[data]") {
  const TestFolder folder;
  const auto path = folder / "a.npy";
  const auto error = [&](const std::string& bytes) {
    write_text(path, bytes);
    return error_of([&] { read_npy(path); });
  };
  const std::string four(4, 'x');
  REQUIRE(error(npy("{'shape':(1,),'fortran_order':False,'descr':'<f4'}\n", four)) == "");
  REQUIRE(error(npy("{\"descr\": \"<i4\", 'fortran_order': False, 'shape': (1, 1)}", four)) == "");
  write_npy(path, {5, 2}, std::vector<float>(10));
  const std::string sound = read_text(path);
  for (std::size_t size = 0; size < sound.size(); size += 3) {
    CAPTURE(size);
    CHECK_THAT(error(sound.substr(0, size)), Contains("a.npy"));
  }
  CHECK_THAT(error(sound + "x"), Contains("truncated or corrupt"));
  CHECK_THAT(error(npy("{'descr': '>f4', 'fortran_order': False, 'shape': (1,), }", four)), Contains("'>f4'"));
  CHECK_THAT(error(npy("{'descr': '<f4', 'fortran_order': Maybe, 'shape': (1,), }", four)), Contains("corrupt"));
  CHECK_THAT(error(npy("{'descr': '<f4', 'fortran_order': False, 'shape': (), }", four)), Contains("0 dimensions"));
  CHECK_THAT(error(npy("{'descr': '<f4', 'fortran_order': False, 'shape': (1, 1, 1, 1, 1), }", four)),
             Contains("5 dimensions"));
  CHECK_THAT(
      error(npy("{'descr': '<f4', 'fortran_order': False, 'shape': (9223372036854775807, 9223372036854775807), }",
                four)),
      Contains("a.npy"));
  CHECK_THAT(error(npy("{'descr': '<f4', 'fortran_order': False, 'shape': (-1,), }", four)), Contains("corrupt"));
  CHECK_THAT(error(npy("{'descr': '<f4', 'fortran_order': False}", four)), Contains("corrupt"));
  CHECK_THAT(error(npy("{'descr': '<\nf', 'fortran_order': False, 'shape': (1,), }", four)), Contains("corrupt"));
  CHECK_THAT(error_of([&] { read_npy(folder / "none.npy"); }), Contains("none.npy"));
}

TEST_CASE("an NPY file that does not fit on the disk leaves the old one", "[data]") {
  const TestFolder folder;
  write_npy(folder / "a.npy", {1}, std::vector<float>{42});
  {
    const FileSizeLimit full(4096);
    CHECK_THAT(error_of([&] { write_npy(folder / "a.npy", {5000}, std::vector<float>(5000)); }), Contains("a.npy"));
  }
  CHECK(read_npy(folder / "a.npy").as<float>() == std::vector<float>{42});
  CHECK(folder.entries() == 1);
}

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
  write_text(folder / "c.csv", "\xef\xbb\xbf" "a,b\n1,2\n");  // and another spreadsheet
  CHECK(read_csv(folder / "c.csv").columns == std::vector<std::string>{"a", "b"});
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
