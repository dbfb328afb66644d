#include <cmath>
#include <limits>

#include "engine/data/npy.h"
#include "tests/catch.h"
#include "tests/data/files.h"

namespace unveil {
namespace {

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
  CHECK_THAT(error(npy("{'descr': '<c8', 'fortran_order': False, 'shape': (1,), }", four + four)),
             Contains("'<c8'") && Contains("complex numbers") && Contains("floats of 16 to 64 bits"));
  CHECK_THAT(error(npy("{'descr': '|O', 'fortran_order': False, 'shape': (1,), }", four)),
             Contains("Python objects"));
  CHECK_THAT(error(npy("{'descr': '<f16', 'fortran_order': False, 'shape': (1,), }", four)), Contains("'<f16'"));
  CHECK_THAT(error(npy("{'descr': [('x', '<f4')], 'fortran_order': False, 'shape': (1,), }", four)),
             Contains("fields"));
  CHECK_THAT(error(npy("{'descr': '<U0', 'fortran_order': False, 'shape': (1000000000000,), }", "")),
             Contains("'<U0'"));
  CHECK_THAT(error(npy("{'descr': '<U99999999999', 'fortran_order': False, 'shape': (1,), }", four)),
             Contains("a.npy"));
  CHECK_THAT(error("version https://git-lfs.github.com/spec/v1\noid sha256:00\n"), Contains("Git LFS pointer"));
  CHECK_THAT(error("PK\3\4 and so on"), Contains("zip archive"));
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

TEST_CASE("NPY arrays of every plain type and byte order are read", "[data]") {
  const auto read = [](const std::string& descr, const std::string& shape, const std::string& elements) {
    return parse_npy(npy("{'descr': '" + descr + "', 'fortran_order': False, 'shape': " + shape + ", }", elements),
                     "a.npy");
  };
  using namespace std::string_literals;
  const auto numbers = [&](const std::string& descr, const std::string& elements) {
    return read(descr, "(2,)", elements).numbers();
  };
  using Doubles = std::vector<double>;
  CHECK(numbers("|b1", "\0\1"s) == Doubles{0, 1});
  CHECK(numbers("|i1", "\xff\x7f"s) == Doubles{-1, 127});
  CHECK(numbers("|u1", "\xff\x7f"s) == Doubles{255, 127});
  for (const char* order : {"<", "=", ""}) {
    CAPTURE(order);
    CHECK(numbers(order + "i2"s, "\xfe\xff\0\1"s) == Doubles{-2, 256});
    CHECK(numbers(order + "u2"s, "\xfe\xff\0\1"s) == Doubles{65534, 256});
    CHECK(numbers(order + "i4"s, "\xfe\xff\xff\xff\0\0\1\0"s) == Doubles{-2, 65536});
    CHECK(numbers(order + "u4"s, "\xfe\xff\xff\xff\0\0\1\0"s) == Doubles{4294967294.0, 65536});
    CHECK(numbers(order + "f2"s, "\x00\x3e\x01\x80"s) == Doubles{1.5, -std::ldexp(1.0, -24)});
    CHECK(numbers(order + "f4"s, "\0\0\xc0\x3f\0\0\0\xc0"s) == Doubles{1.5, -2});
  }
  CHECK(numbers(">i2", "\xff\xfe\1\0"s) == Doubles{-2, 256});
  CHECK(numbers(">u4", "\0\1\0\0\xff\xff\xff\xfe"s) == Doubles{65536, 4294967294.0});
  CHECK(numbers(">f2", "\x3e\0\x7c\0"s) == Doubles{1.5, HUGE_VAL});
  CHECK(numbers(">f4", "\x3f\xc0\0\0\xc0\0\0\0"s) == Doubles{1.5, -2});
  CHECK(read(">f8", "(1,)", "\x3f\xf8\0\0\0\0\0\0"s).numbers() == Doubles{1.5});
  CHECK(read(">i8", "(1,)", "\xff\xff\xff\xff\xff\xff\xff\xfe"s).numbers() == Doubles{-2});
  CHECK(read("<u8", "(1,)", "\xff\xff\xff\xff\xff\xff\xff\xff"s).texts() ==
        std::vector<std::string>{"18446744073709551615"});
  CHECK(read("<i8", "(1L, 1L)", "\3\0\0\0\0\0\0\0"s).shape == std::vector<std::int64_t>{1, 1});  // Python 2
  // In Fortran order and with the other byte order at once.
  CHECK(parse_npy(npy("{'descr': '>i2', 'fortran_order': True, 'shape': (2, 2), }", "\0\1\0\3\0\2\0\4"s), "a")
            .numbers() == Doubles{1, 2, 3, 4});
}

TEST_CASE("NPY strings are read, and written as NumPy writes them", "[data]") {
  using namespace std::string_literals;
  using Texts = std::vector<std::string>;
  const auto head = [](const std::string& descr) {
    return "{'descr': '" + descr + "', 'fortran_order': False, 'shape': (2,), }";
  };
  CHECK(parse_npy(npy(head("<U2"), "a\0\0\0\xe9\0\0\0b\0\0\0\0\0\0\0"s), "a").texts() == Texts{"a\xc3\xa9", "b"});
  CHECK(parse_npy(npy(head(">U1"), "\0\0\0a\0\1\xf6\0"s), "a").texts() == Texts{"a", "\xf0\x9f\x98\x80"});
  CHECK(parse_npy(npy(head("|S3"), "ab\0cde"s), "a").texts() == Texts{"ab", "cde"});
  CHECK(parse_npy(npy(head("|b1"), "\0\1"s), "a").texts() == Texts{"False", "True"});
  CHECK_THAT(error_of([&] { parse_npy(npy(head("|S3"), "ab\0cde"s), "a").numbers(); }), Contains("strings"));
  const TestFolder folder;
  write_npy(folder / "s.npy", Texts{"cat", "", "\xc3\xa9l\xc3\xa9phant"});
  CHECK_THAT(read_text(folder / "s.npy"), Contains("'<U8'") && Contains("'shape': (3,)"));
  CHECK(read_npy(folder / "s.npy").texts() == Texts{"cat", "", "\xc3\xa9l\xc3\xa9phant"});
}

}  // namespace unveil
