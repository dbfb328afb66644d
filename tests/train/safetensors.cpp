#include "engine/train/safetensors.h"

#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstring>
#include <fstream>
#include <random>

#include "engine/data/atomic_file.h"
#include "engine/error.h"
#include "tests/catch.h"

namespace unveil {
namespace {

namespace fs = std::filesystem;

// A folder of its own for each test, gone afterwards.
struct Folder {
  fs::path path;
  Folder() {
    auto name = (fs::temp_directory_path() / "unveil-safetensors-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()));
    path = name;
  }
  ~Folder() { fs::remove_all(path); }
  std::size_t entries() const {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(path), fs::directory_iterator()));
  }
};

std::string read_all(const fs::path& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

void write_all(const fs::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

template <class T>
TensorEntry tensor(std::string name, std::string dtype, std::vector<std::int64_t> shape, std::vector<T> values) {
  TensorEntry entry{std::move(name), std::move(dtype), std::move(shape), {}};
  entry.data.resize(values.size() * sizeof(T));
  if (!values.empty()) std::memcpy(entry.data.data(), values.data(), entry.data.size());
  return entry;
}

SafetensorsFile example() {
  SafetensorsFile file;
  file.metadata = {{"model", "pixelcnn"}, {"note", "line\nbreak, \"quotes\", β"}};
  file.tensors.push_back(tensor<std::uint8_t>("mask", "U8", {3}, {1, 0, 255}));
  file.tensors.push_back(tensor<float>("stem/weight", "F32", {2, 1, 3}, {1, -2, 3.5f, 0, -0.f, 1e-42f}));
  file.tensors.push_back(tensor<std::uint32_t>("step", "U32", {}, {4'000'000'000u}));
  file.tensors.push_back(tensor<float>("empty", "F32", {0, 7}, {}));
  return file;
}

std::string with_header(const std::string& header, std::size_t data_bytes) {
  std::uint64_t length = header.size();
  std::string bytes(8, '\0');
  std::memcpy(bytes.data(), &length, 8);
  return bytes + header + std::string(data_bytes, '\1');
}

std::string error_of(const fs::path& path) {
  try {
    read_safetensors(path);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST_CASE("a safetensors file comes back as it was written", "[safetensors]") {
  Folder folder;
  const auto path = folder.path / "model.safetensors", again = folder.path / "again.safetensors";
  const auto file = example();
  write_safetensors(path, file);
  const auto read = read_safetensors(path);
  CHECK(read.metadata == file.metadata);
  REQUIRE(read.tensors.size() == file.tensors.size());
  for (const auto& entry : file.tensors) {
    const auto* found = read.find(entry.name);
    REQUIRE(found);
    CHECK(found->dtype == entry.dtype);
    CHECK(found->shape == entry.shape);
    CHECK(found->data == entry.data);
  }
  CHECK(read.find("nothing") == nullptr);
  const auto header = read_safetensors_header(path);
  CHECK(header.metadata == file.metadata);
  REQUIRE(header.tensors.size() == read.tensors.size());
  for (std::size_t i = 0; i < read.tensors.size(); ++i) {
    CHECK(header.tensors[i].name == read.tensors[i].name);
    CHECK(header.tensors[i].shape == read.tensors[i].shape);
    CHECK(header.tensors[i].data.empty());
  }
  write_safetensors(again, read);
  CHECK(read_all(again) == read_all(path));
  CHECK(folder.entries() == 2);
}

TEST_CASE("a safetensors file keeps every bit of a NaN", "[safetensors]") {
  Folder folder;
  const std::vector<std::uint32_t> bits{0x7fc00001, 0xffc12345, 0x7f800001, 0x7f800000, 0xff800000, 0x80000000};
  SafetensorsFile file;
  file.tensors.push_back(tensor<std::uint32_t>("weights", "F32", {6}, bits));
  write_safetensors(folder.path / "nan.safetensors", file);
  CHECK(read_safetensors(folder.path / "nan.safetensors").tensors[0].data == file.tensors[0].data);
}

TEST_CASE("a safetensors file truncated anywhere is refused", "[safetensors]") {
  Folder folder;
  const auto path = folder.path / "model.safetensors";
  write_safetensors(path, example());
  const auto whole = read_all(path);
  for (std::size_t length = 0; length < whole.size(); ++length) {
    write_all(path, whole.substr(0, length));
    const auto message = error_of(path);
    INFO("truncated to " << length);
    CHECK(message.find(path.string()) != std::string::npos);
    CHECK(message.find('\n') == std::string::npos);
  }
  write_all(path, whole + "x");
  CHECK(error_of(path).find("the file has") != std::string::npos);
}

TEST_CASE("a safetensors header that lies is refused with one clear line", "[safetensors]") {
  Folder folder;
  const auto path = folder.path / "model.safetensors";
  const auto [header, said] = GENERATE(table<std::string, std::string>({
      {"{]", "not valid JSON"},
      {"[]", "an object is expected"},
      {"{}  \x01", "not valid JSON"},
      {"{\"a\xff\":1}", "not valid JSON"},
      {"{}", "its tensors take 0 bytes of data; the file has 8"},
      {R"({"a":1})", "dtype, shape and data_offsets is expected"},
      {R"({"a":{"dtype":"f 16","shape":[4],"data_offsets":[0,8]}})", "a type's name such as F32 is expected"},
      {R"({"a":{"dtype":"F16","shape":[8],"data_offsets":[0,8]}})", "needs 16"},
      {R"({"a":{"dtype":"F4","shape":[99999],"data_offsets":[0,8]}})", "more bytes than the file has"},
      {R"({"a":{"dtype":4,"shape":[2],"data_offsets":[0,8]}})", "dtype is missing"},
      {R"({"a":{"dtype":"F32","data_offsets":[0,8]}})", "shape is missing"},
      {R"({"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}})", "whole numbers from 0"},
      {R"({"a":{"dtype":"F32","shape":[2.0],"data_offsets":[0,8]}})", "whole numbers from 0"},
      {R"({"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}})", "needs 12"},
      {R"({"a":{"dtype":"F32","shape":[4611686018427387905],"data_offsets":[0,8]}})", "more bytes than the file has"},
      {R"({"a":{"dtype":"F32","shape":[65536,65536,65536,65536],"data_offsets":[0,8]}})",
       "more bytes than the file has"},
      {R"({"a":{"dtype":"F32","shape":[1,1,1,1,1,1,1,1,2],"data_offsets":[0,8]}})", "at most 8"},
      {R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0]}})", "two whole numbers"},
      {R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}})", "outside the 8 bytes"},
      {R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}})", "outside the 8 bytes"},
      {R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})", "the one before it ends at 0"},
      {R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})", "take 4 bytes of data; the file has 8"},
      {R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})",
       "the one before it ends at 8"},
      {R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})",
       "\"a\" twice"},
      {R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8],"shape":[2]}})", "\"shape\" twice"},
      {R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8],"more":0}})", "unknown key \"more\""},
      {R"({"__metadata__":{"step":3}})", "a string is expected"},
      {R"({"__metadata__":"x"})", "an object is expected"},
      {R"({"x\ny":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}})", "tensor \"x\\ny\""},
      {R"({"a":[[[[[[[[1]]]]]]]]})", "nested deeper"},
  }));
  write_all(path, with_header(header, 8));
  INFO(header);
  const auto message = error_of(path);
  INFO(message);
  CHECK(message.find(said) != std::string::npos);
  CHECK(message.find(path.string()) != std::string::npos);
  CHECK(message.find('\n') == std::string::npos);
}

TEST_CASE("a safetensors header may not claim more than the file or the limit", "[safetensors]") {
  Folder folder;
  const auto path = folder.path / "model.safetensors";
  auto bytes = with_header("{}", 0);
  for (const std::uint64_t length :
       {std::uint64_t{3}, std::uint64_t{1} << 24, std::uint64_t{1} << 40, ~std::uint64_t{0}}) {
    std::memcpy(bytes.data(), &length, 8);
    write_all(path, bytes);
    CHECK(error_of(path).find("header claims") != std::string::npos);
  }
  CHECK(error_of(folder.path).find("is not a file") != std::string::npos);
  CHECK(error_of(folder.path / "none").find("does not exist") != std::string::npos);
}

TEST_CASE("a safetensors file with flipped bytes is read or refused, never worse", "[safetensors]") {
  Folder folder;
  const auto path = folder.path / "model.safetensors";
  write_safetensors(path, example());
  const auto whole = read_all(path);
  std::mt19937 random(7);
  int refused = 0;
  for (int trial = 0; trial < 1000; ++trial) {
    auto bytes = whole;
    for (auto flips = 1 + random() % 4; flips > 0; --flips)
      bytes[random() % bytes.size()] = static_cast<char>(random());
    write_all(path, bytes);
    try {
      read_safetensors(path);
    } catch (const Error&) {
      ++refused;
    }
  }
  CHECK(refused > 600);  // the header is most of this file
}

// Writing beyond the limit fails with EFBIG, as a full disk does with ENOSPC.
struct FileSizeLimit {
  rlimit old{};
  void (*handler)(int);
  explicit FileSizeLimit(rlim_t bytes) : handler(std::signal(SIGXFSZ, SIG_IGN)) {
    getrlimit(RLIMIT_FSIZE, &old);
    const rlimit limit{bytes, old.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() {
    setrlimit(RLIMIT_FSIZE, &old);
    std::signal(SIGXFSZ, handler);
  }
};

TEST_CASE("a disk that fills while saving costs nothing", "[safetensors]") {
  Folder folder;
  const auto path = folder.path / "model.safetensors";
  write_safetensors(path, example());
  const auto before = read_all(path);
  SafetensorsFile large = example();
  large.tensors.push_back(tensor<float>("large", "F32", {100'000}, std::vector<float>(100'000, 1.f)));
  std::string message;
  {
    FileSizeLimit limit(65'536);
    try {
      write_safetensors(path, large);
    } catch (const Error& error) {
      message = error.what();
    }
  }
  CHECK(message.find(path.string()) != std::string::npos);
  CHECK(message.find("the old file is untouched") != std::string::npos);
  CHECK(read_all(path) == before);
  CHECK(folder.entries() == 1);
}

TEST_CASE("writing what cannot be right is refused before the disk is touched", "[safetensors]") {
  Folder folder;
  const auto path = folder.path / "model.safetensors";
  auto twice = example();
  twice.tensors.push_back(twice.tensors[0]);
  CHECK_THROWS_AS(write_safetensors(path, twice), std::logic_error);
  auto short_one = example();
  short_one.tensors[1].data.pop_back();
  CHECK_THROWS_AS(write_safetensors(path, short_one), std::logic_error);
  auto not_text = example();
  not_text.metadata["bad"] = "\xff";
  CHECK_THROWS_AS(write_safetensors(path, not_text), Error);
  CHECK(folder.entries() == 0);
  CHECK_THROWS_AS(write_safetensors(folder.path / "no" / "model", example()), Error);
  CHECK_THROWS_AS(write_safetensors(folder.path, example()), Error);
  CHECK_THROWS_AS(write_safetensors("/dev/null", example()), Error);
}

TEST_CASE("what killed processes left beside a file goes when the next is written, what others write stays",
          "[safetensors]") {
  Folder folder;
  const auto path = folder.path / "notes.csv";
  // A child that is killed while it writes.
  const pid_t child = fork();
  if (child == 0) {
    AtomicFile file(path);
    file.write("half");
    kill(getpid(), SIGKILL);
  }
  waitpid(child, nullptr, 0);
  REQUIRE(folder.entries() == 1);
  std::ofstream(folder.path / fmt::format(".notes.csv.{}-0.tmp", child)) << "as earlier versions called them";
  std::ofstream(folder.path / fmt::format(".other.{}-0.tmp", child)) << "whose it is cannot be known";
  std::ofstream(folder.path / fmt::format(".notes.csv.{}-0.tmp", getppid())) << "of a living process";
  {
    AtomicFile ours(folder.path / "more.csv"), second(path);
    second.write("whole");
    second.commit();
    CHECK(folder.entries() == 4);  // the two of others, ours under way, and the file
    ours.write("whole too");
    ours.commit();
  }
  CHECK(folder.entries() == 4);
  CHECK(read_all(path) == "whole");
  CHECK(read_all(folder.path / "more.csv") == "whole too");
}

TEST_CASE("an atomic file appears at commit and not before", "[safetensors]") {
  Folder folder;
  const auto path = folder.path / "notes.csv";
  {
    AtomicFile file(path);
    file.write("half");
    CHECK_FALSE(fs::exists(path));
  }
  CHECK(folder.entries() == 0);
  AtomicFile one(path), two(path);
  one.write("one");
  two.write("two");
  one.commit();
  CHECK(read_all(path) == "one");
  two.commit();
  CHECK(read_all(path) == "two");
  fs::create_symlink(path, folder.path / "link");
  AtomicFile through(folder.path / "link");
  through.write("through");
  through.commit();
  CHECK(fs::is_symlink(folder.path / "link"));
  CHECK(read_all(path) == "through");
  CHECK(folder.entries() == 2);
}

}  // namespace
}  // namespace unveil
