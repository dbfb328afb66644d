#include "engine/data/format.h"
#include "engine/data/picture.h"
#include "tests/catch.h"
#include "tests/data/files.h"

namespace unveil {
namespace {

constexpr int kArea = 32 * 32;

// Labels, then 32×32 pixels whose red tells the column, green the row and blue the picture.
std::string record(const std::string& labels, int picture) {
  std::string bytes = labels;
  for (int i = 0; i < kArea; ++i) bytes += static_cast<char>(i % 32);
  for (int i = 0; i < kArea; ++i) bytes += static_cast<char>(100 + i / 32);
  return bytes + std::string(kArea, static_cast<char>(picture));
}

// `count` of CIFAR-10, pictures from `first` on, whose classes are their numbers' last digits.
std::string batch(int first, int count) {
  std::string bytes;
  for (int i = first; i < first + count; ++i) bytes += record({static_cast<char>(i % 10)}, i);
  return bytes;
}

void write_names(const TestFolder& folder) {
  write_text(folder / "batches.meta.txt", "airplane\nautomobile\nbird\ncat\ndeer\ndog\nfrog\nhorse\nship\ntruck\n\n");
}

std::string said(const std::filesystem::path& path) {
  return error_of([&] { load_dataset("cifar:" + path.string()); });
}

}  // namespace

TEST_CASE("CIFAR-10's planes become pictures in colour, its files the two parts", "[data][cifar]") {
  const TestFolder folder;
  for (int b = 0; b < 5; ++b) write_text(folder / ("data_batch_" + std::to_string(b + 1) + ".bin"), batch(6 * b, 6));
  write_text(folder / "test_batch.bin", batch(30, 4));
  write_text(folder / "readme.html", "<html>");
  write_names(folder);
  const Dataset data = load_dataset(folder.path.string());
  CHECK(data.spec == "cifar:" + folder.path.string());
  CHECK(data.title == "CIFAR-10");
  CHECK(data.classes == 10);
  CHECK(data.class_name(9) == "truck");
  CHECK_THAT(data.description, Contains("30 training and 4 held-out images of 32×32 colour pixels, 10 classes"));
  REQUIRE(data.train.count == 30);
  REQUIRE(data.test.count == 4);
  int picture = 0;
  for (const ImageSet* set : {&data.train, &data.test}) {
    CHECK((set->height == 32 && set->width == 32 && set->channels == 3));
    REQUIRE(set->pixels.size() == static_cast<std::size_t>(set->count) * kArea * 3);
    for (int i = 0; i < set->count; ++i, ++picture) {
      CHECK(set->labels[static_cast<std::size_t>(i)] == picture % 10);
      const std::uint8_t* pixel = &set->pixels[static_cast<std::size_t>((i * kArea + 5 * 32 + 7) * 3)];
      CHECK((pixel[0] == 7 && pixel[1] == 105 && pixel[2] == picture));
    }
  }
}

TEST_CASE("some batches of CIFAR-10 alone, or one, or the folder around them, hold a tenth out", "[data][cifar]") {
  const TestFolder folder;
  write_text(folder / "cifar-10-batches-bin" / "data_batch_2.bin", batch(0, 20));
  const Dataset around = load_dataset(folder.path.string());
  CHECK(around.train.count + around.test.count == 20);
  CHECK(around.test.count > 0);
  CHECK(around.train.labels.size() == static_cast<std::size_t>(around.train.count));
  CHECK(around.class_names.empty());
  CHECK(around.classes == 10);
  CHECK_THAT(around.description, Contains("a tenth held out"));
  const Dataset one = load_dataset((folder / "cifar-10-batches-bin" / "data_batch_2.bin").string());
  CHECK(one.train.pixels == around.train.pixels);
  write_text(folder / "cifar-10-batches-bin" / "test_batch.bin", batch(20, 3));
  CHECK(load_dataset(folder.path.string()).test.count == 3);
  std::filesystem::remove(folder / "cifar-10-batches-bin" / "data_batch_2.bin");
  CHECK(load_dataset(folder.path.string()).train_count() > 0);
}

TEST_CASE("CIFAR-100 is told by its second label", "[data][cifar]") {
  const TestFolder folder;
  std::string names;
  for (int c = 0; c < 100; ++c) names += "class " + std::to_string(c) + "\r\n";
  write_text(folder / "fine_label_names.txt", names);
  write_text(folder / "train.bin", record("\x13\x63", 1) + record({3, 40}, 2));
  write_text(folder / "test.bin", record({0, 7}, 3));
  const Dataset data = load_dataset(folder.path.string());
  CHECK(data.title == "CIFAR-100");
  CHECK(data.train.labels == std::vector<std::uint8_t>{99, 40});
  CHECK(data.test.labels == std::vector<std::uint8_t>{7});
  CHECK(data.class_name(99) == "class 99");
  write_text(folder / "data_batch_1.bin", batch(0, 2));
  CHECK_THAT(said(folder.path), Contains("one of both is accepted"));
}

TEST_CASE("what is no CIFAR is refused by what was found", "[data][cifar]") {
  const TestFolder folder;
  const auto first = folder / "data_batch_1.bin";
  CHECK_THAT(said(folder.path), Contains("no CIFAR batches there; accepted are data_batch_1.bin"));
  write_text(folder / "data_batch_1", "\x80\x02}");
  CHECK_THAT(said(folder.path), Contains("those of the Python version"));
  write_text(first, batch(0, 2).substr(0, 4000));
  CHECK_THAT(said(folder.path),
             Contains("data_batch_1.bin: 4000 bytes, truncated") && Contains("CIFAR-10 has 3073 bytes a picture"));
  // Dropped, it is told just so: its name and its first label say what is meant.
  CHECK_THAT(error_of([&] { load_dataset(first.string()); }), Contains("truncated"));
  write_text(first, batch(0, 2) + record("\x0c", 2));
  CHECK_THAT(said(folder.path), Contains("record 3 has the label 12; those of CIFAR-10 are 0 to 9"));
  write_text(first, "");
  CHECK_THAT(said(first), Contains("0 bytes, truncated"));
  std::filesystem::remove(first);
  std::filesystem::create_directory(first);
  CHECK_THAT(said(folder.path), Contains("not a readable file"));
  std::filesystem::remove(first);
  write_text(first, batch(0, 2));
  write_text(folder / "batches.meta.txt", "cat\ndog\n");
  CHECK_THAT(said(folder.path), Contains("2 names, one a line; CIFAR-10 has 10 classes"));
  CHECK_THAT(said(folder / "none"), Contains("no such file or folder"));
  const TestFolder two;
  for (const char* name : {"a", "b"}) write_text(two / name / "data_batch_1.bin", batch(0, 1));
  CHECK_THAT(said(two.path), Contains("holds CIFAR batches in 2 folders (a, b …); say which"));
}

TEST_CASE("CIFAR is recognised by its content, whatever the files are called, and other .bin files are not",
          "[data][cifar]") {
  const TestFolder folder;
  write_text(folder / "mine.bin", batch(0, 3));
  CHECK(resolve_data_spec((folder / "mine.bin").string()).format->name == "cifar");
  CHECK(resolve_data_spec(folder.path.string()).format->name == "cifar");
  for (const std::string& other : {batch(0, 3) + "x", record("\x0a", 0), std::string("PK"), std::string()}) {
    write_text(folder / "mine.bin", other);
    CHECK_THROWS_AS(resolve_data_spec((folder / "mine.bin").string()), Error);
    CHECK_THROWS_AS(resolve_data_spec(folder.path.string()), Error);
  }
  // Text as numbers, which other programs keep under CIFAR-100's name.
  std::string tokens;
  for (int i = 0; i < 40 * 3074; ++i) tokens += i % 2 ? '\0' : static_cast<char>(i / 2 % 65);
  write_text(folder / "train.bin", tokens);
  CHECK_THROWS_AS(resolve_data_spec((folder / "train.bin").string()), Error);
}

TEST_CASE("who takes no colour is given the grey of Rec. 601, and the description says so", "[data][cifar]") {
  const TestFolder folder;
  write_text(folder / "data_batch_1.bin", batch(0, 9));
  write_text(folder / "test_batch.bin", batch(200, 2));
  const std::string spec = "cifar:" + folder.path.string();
  const Dataset colour = load_dataset(spec), grey = load_dataset(spec, {.colour = false});
  CHECK_THAT(grey.description, Contains("Turned grey (Rec. 601)"));
  CHECK(colour.description.find("grey") == std::string::npos);
  for (const auto& [from, to] : {std::pair{&colour.train, &grey.train}, {&colour.test, &grey.test}}) {
    CHECK(to->channels == 1);
    CHECK((colour.suits(true) && !colour.suits(false) && grey.suits(false) && !grey.suits(true)));
    CHECK(to->labels == from->labels);
    std::vector<std::uint8_t> expected;
    for (int i = 0; i < from->count; ++i) {
      const auto begin = from->pixels.begin() + i * kArea * 3;
      const auto one = fit_grey({32, 32, 3, {begin, begin + kArea * 3}}, 32);
      expected.insert(expected.end(), one.begin(), one.end());
    }
    CHECK(to->pixels == expected);
  }
  CHECK(int{grey.test.pixels[20 * 32 + 10]} == 96);  // 0.299·10 + 0.587·120 + 0.114·200 = 96.2
}

}  // namespace unveil
