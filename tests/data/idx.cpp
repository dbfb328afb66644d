#include <zlib.h>

#include <algorithm>

#include "engine/data/dataset.h"
#include "engine/data/format.h"
#include "tests/catch.h"
#include "tests/data/files.h"

namespace unveil {
namespace {

std::string idx(std::vector<std::uint32_t> shape, const std::string& elements, char type = 8) {
  std::string bytes = {0, 0, type, static_cast<char>(shape.size())};
  for (const std::uint32_t side : shape)
    for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(side >> shift);
  return bytes + elements;
}

std::string ramp(std::size_t size) {
  std::string bytes(size, '\0');
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>(i * 37 + (i >> 3));
  return bytes;
}

std::string gzipped(const std::string& bytes) {
  const TestFolder folder;
  const auto path = folder / "x.gz";
  gzFile file = gzopen(path.c_str(), "wb");
  gzwrite(file, bytes.data(), static_cast<unsigned>(bytes.size()));
  gzclose(file);
  return read_text(path);
}

void write_small_mnist(const TestFolder& folder, const char* dash, bool gzip) {
  const auto put = [&](const std::string& name, const std::string& bytes) {
    write_text(folder / (name + (gzip ? ".gz" : "")), gzip ? gzipped(bytes) : bytes);
  };
  put(std::string("train-images") + dash + "idx3-ubyte", idx({6, 3, 5}, ramp(90)));
  put(std::string("train-labels") + dash + "idx1-ubyte", idx({6}, std::string("\0\1\2\3\2\1", 6)));
  put(std::string("t10k-images") + dash + "idx3-ubyte", idx({2, 3, 5}, ramp(30)));
  put(std::string("t10k-labels") + dash + "idx1-ubyte", idx({2}, std::string("\3\0", 2)));
}

std::string load_error(const std::filesystem::path& path) {
  return error_of([&] { load_dataset("idx:" + path.string()); });
}

}  // namespace

TEST_CASE("IDX is read plain and gzipped, with either spelling of the names, and recognised by its content",
          "[data]") {
  for (const char* dash : {"-", "."})
    for (const bool gzip : {false, true}) {
      const TestFolder folder;
      write_small_mnist(folder, dash, gzip);
      const Dataset data = load_dataset(folder.path.string());
      CHECK(data.spec == "idx:" + folder.path.string());
      CHECK(data.classes == 4);
      CHECK(data.train.count == 6);
      CHECK(data.train.height == 3);
      CHECK(data.train.width == 5);
      CHECK(std::string(data.train.pixels.begin(), data.train.pixels.end()) == ramp(90));
      CHECK(data.train.labels == std::vector<std::uint8_t>{0, 1, 2, 3, 2, 1});
      CHECK(data.test.count == 2);
      CHECK(data.test.labels == std::vector<std::uint8_t>{3, 0});
    }
}

TEST_CASE("a single IDX file, of any name, is split by itself and keeps its labels", "[data]") {
  const TestFolder folder;
  std::string labels;
  for (int i = 0; i < 100; ++i) labels += static_cast<char>(i);
  std::string pixels;
  for (int i = 0; i < 100; ++i) pixels += std::string(4, static_cast<char>(i));
  write_text(folder / "kana-images-idx3-ubyte", idx({100, 2, 2}, pixels));
  write_text(folder / "kana-labels-idx1-ubyte.gz", gzipped(idx({100}, labels)));
  const Dataset data = load_dataset((folder / "kana-images-idx3-ubyte").string());
  CHECK(data.train.count + data.test.count == 100);
  CHECK(data.test.count > 0);
  CHECK(data.test.count < 30);
  for (const ImageSet* set : {&data.train, &data.test})
    for (int i = 0; i < set->count; ++i) CHECK(set->pixels[4 * i] == set->labels[i]);
  write_text(folder / "thing.bin", idx({3, 2, 2}, ramp(12)));
  const Dataset unlabelled = load_dataset((folder / "thing.bin").string());
  CHECK(unlabelled.classes == 0);
  CHECK(unlabelled.train.labels.empty());
}

TEST_CASE("truncated, corrupt and mismatched IDX is refused with the file's name", "[data]") {
  const TestFolder folder;
  write_small_mnist(folder, "-", false);
  const auto images = folder / "train-images-idx3-ubyte", labels = folder / "train-labels-idx1-ubyte";
  const std::string sound = read_text(images);
  SECTION("cut anywhere") {
    for (const std::size_t size :
         {std::size_t{0}, std::size_t{3}, std::size_t{9}, std::size_t{16}, sound.size() - 1}) {
      CAPTURE(size);
      write_text(images, sound.substr(0, size));
      CHECK_THAT(load_error(folder.path), Contains("train-images-idx3-ubyte"));
    }
  }
  SECTION("too long") {
    write_text(images, sound + "x");
    CHECK_THAT(load_error(folder.path), Contains("train-images-idx3-ubyte") && Contains("more data"));
  }
  SECTION("wrong magic") {
    write_text(images, idx({6, 3, 5}, ramp(90), 7));
    CHECK_THAT(load_error(folder.path), Contains("begins with 00 00 07 03"));
    write_text(images, "hello, this is text");
    CHECK_THAT(load_error(folder.path), Contains("begins with 68 65 6c 6c"));
  }
  SECTION("a header that promises the moon") {
    write_text(images, idx({0x7fffffff, 4096, 4096}, ramp(90)));
    CHECK_THAT(load_error(folder.path), Contains("truncated"));
    write_text(images, idx({0xffffffff, 0xffffffff, 0xffffffff}, ramp(90)));
    CHECK_THAT(load_error(folder.path), Contains("train-images-idx3-ubyte"));
    std::filesystem::remove(images);
    write_text(folder / "train-images-idx3-ubyte.gz", gzipped(idx({0x7fffffff, 4096, 4096}, ramp(90))));
    CHECK_THAT(load_error(folder.path), Contains("train-images-idx3-ubyte.gz") && Contains("truncated"));
  }
  SECTION("nothing in it") {
    write_text(images, idx({0, 3, 5}, ""));
    CHECK_THAT(load_error(folder.path), Contains("[0, 3, 5]"));
  }
  SECTION("labels that do not match") {
    write_text(labels, idx({5}, ramp(5)));
    CHECK_THAT(load_error(folder.path), Contains("5 labels for the 6 images"));
    write_text(labels, idx({6, 1, 1}, ramp(6)));
    CHECK_THAT(load_error(folder.path), Contains("train-labels-idx1-ubyte"));
  }
  SECTION("a test set of another size") {
    write_text(folder / "t10k-images-idx3-ubyte", idx({2, 5, 3}, ramp(30)));
    CHECK_THAT(load_error(folder.path), Contains("one size"));
  }
}

TEST_CASE("a damaged gzip stream is refused wherever it is damaged", "[data]") {
  const TestFolder folder;
  const auto path = folder / "train-images-idx3-ubyte.gz";
  const std::string sound = gzipped(idx({60, 3, 5}, ramp(900)));
  for (std::size_t size = 1; size < sound.size(); size += 7) {
    write_text(path, sound.substr(0, size));
    CAPTURE(size);
    CHECK_THAT(load_error(folder.path), Contains("train-images-idx3-ubyte.gz"));
  }
  // Past the header of ten bytes (time stamp and system may be anything) each byte counts: content, checksum or
  // length.
  for (std::size_t at = 10; at < sound.size(); at += 5) {
    std::string bad = sound;
    bad[at] = static_cast<char>(bad[at] ^ 0x15);
    write_text(path, bad);
    CAPTURE(at);
    CHECK_THAT(load_error(folder.path), Contains("train-images-idx3-ubyte.gz"));
  }
}

TEST_CASE("the habits of archives are read: folders of a file's name, MNIST/raw, twins that count once", "[data]") {
  const TestFolder plain;
  write_small_mnist(plain, "-", false);
  const char* names[] = {"train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte",
                         "t10k-labels-idx1-ubyte"};
  const auto put = [&](const TestFolder& folder, const std::string& below, bool nested, bool gzip, bool dots) {
    for (std::string name : names) {
      const std::string bytes = read_text(plain / name);
      if (dots) name.replace(name.find("-idx"), 1, ".");
      write_text(folder / (below + (nested ? name + "/" : "") + name + (gzip ? ".gz" : "")),
                 gzip ? gzipped(bytes) : bytes);
    }
  };
  const auto check = [](const std::filesystem::path& path) {
    const Dataset data = load_dataset(path.string());
    CAPTURE(data.description);
    CHECK(data.train.count == 6);
    CHECK(data.test.count == 2);
    CHECK(data.train.labels == std::vector<std::uint8_t>{0, 1, 2, 3, 2, 1});
    CHECK(data.test.labels == std::vector<std::uint8_t>{3, 0});
  };
  const TestFolder kaggle, folders, torchvision, twins, differing;
  put(kaggle, "", false, false, true), put(kaggle, "", true, false, false);
  put(folders, "", true, false, false);
  put(torchvision, "MNIST/raw/", false, false, false), put(torchvision, "MNIST/raw/", false, true, false);
  put(twins, "", false, true, false), put(twins, "", false, false, false);
  for (const TestFolder* folder : {&kaggle, &folders, &torchvision, &twins}) check(folder->path);
  check(torchvision / "MNIST");
  put(differing, "", false, false, true), put(differing, "", true, false, false);
  write_text(differing / "train-images-idx3-ubyte" / "train-images-idx3-ubyte", idx({6, 3, 5}, std::string(90, 'x')));
  CHECK_THAT(load_error(differing.path), Contains("differ"));
  put(torchvision, "KMNIST/raw/", false, false, false);
  CHECK_THAT(load_error(torchvision.path), Contains("KMNIST/raw") && Contains("MNIST/raw") && Contains("say which"));
}

TEST_CASE("labels of several columns have the class in the first", "[data]") {
  const TestFolder folder;
  write_text(folder / "qmnist-train-images-idx3-ubyte", idx({2, 2, 2}, ramp(8)));
  std::string labels;
  for (const int label : {4, 7})
    for (int column = 0; column < 8; ++column)
      labels += std::string(3, '\0') + static_cast<char>(column ? 99 : label);
  write_text(folder / "qmnist-train-labels-idx2-int.gz", gzipped(idx({2, 8}, labels, 12)));
  const Dataset data = load_dataset(folder.path.string());
  std::vector<std::uint8_t> both = data.train.labels;
  both.insert(both.end(), data.test.labels.begin(), data.test.labels.end());
  std::sort(both.begin(), both.end());
  CHECK(both == std::vector<std::uint8_t>{4, 7});
}

TEST_CASE("IDX of other numbers is read where they are pictures, or says what they are", "[data]") {
  const TestFolder folder;
  const auto path = folder / "train-images-idx3-any";
  const auto all = [&] {
    const Dataset data = load_dataset(path.string());
    CHECK(data.train.count + data.test.count == 2);
    std::vector<std::uint8_t> pixels = data.train.pixels;
    pixels.insert(pixels.end(), data.test.pixels.begin(), data.test.pixels.end());
    std::sort(pixels.begin(), pixels.end());
    return pixels;
  };
  write_text(path, idx({2, 1, 1}, std::string("\0\0\0\x07\0\0\0\xff", 8), 12));
  CHECK(all() == std::vector<std::uint8_t>{7, 255});
  write_text(path, idx({2, 1, 1}, std::string("\x3f\x80\0\0\x3f\0\0\0", 8), 13));  // 1 and 0.5
  CHECK(all() == std::vector<std::uint8_t>{128, 255});
  write_text(path, idx({2, 1, 1}, std::string("\x05\x80", 2), 9));
  CHECK_THAT(load_error(path), Contains("signed bytes of -128 to 5") && Contains("0 to 255"));
  write_text(path, idx({2, 1, 1}, std::string("\x7f\xc0\0\0\x3f\0\0\0", 8), 13));
  CHECK_THAT(load_error(path), Contains("nan"));
}

TEST_CASE("a SPEC that means nothing says what is accepted", "[data]") {
  const auto error = [](const std::string& spec) { return error_of([&] { load_dataset(spec); }); };
  CHECK_THAT(error("digitz"), Contains("digitz") && Contains("digits, idx:PATH, images:PATH"));
  CHECK_THAT(error(""), Contains("accepted"));
  CHECK_THAT(error("idx:"), Contains("path"));
  CHECK_THAT(error("digits:somewhere"), Contains("takes no path"));
  CHECK_THAT(error("idx:/no/such/place"), Contains("/no/such/place"));
  const TestFolder folder;
  CHECK_THAT(error(folder.path.string()), Contains("an empty folder; accepted are checkerboard, cifar:PATH, digits"));
  CHECK_THAT(error("idx:" + folder.path.string()), Contains("no IDX images"));
  write_text(folder / "notes.txt", "nothing to see");
  CHECK_THAT(error((folder / "notes.txt").string()), Contains("notes.txt is a text file; accepted are"));
  CHECK_THAT(error(folder.path.string()), Contains("1 file of other kinds (notes.txt is a text file)"));
  CHECK_THAT(error_of([] { load_dataset("digits", {.train_count = -1}); }), Contains("-1"));
}

TEST_CASE("the real MNIST is read in its original order", "[data]") {
  const auto folder = shared_data("mnist");
  if (folder.empty()) {
    WARN("skipped: ../shared/data/mnist is not there");
    return;
  }
  const Dataset data = load_dataset(folder.string());
  CHECK(data.train.count == 60000);
  CHECK(data.test.count == 10000);
  CHECK(data.classes == 10);
  CHECK(std::vector(data.train.labels.begin(), data.train.labels.begin() + 6) ==
        std::vector<std::uint8_t>{5, 0, 4, 1, 9, 2});
  CHECK(std::vector(data.test.labels.begin(), data.test.labels.begin() + 6) ==
        std::vector<std::uint8_t>{7, 2, 1, 0, 4, 1});
  double sum = 0;
  for (const auto value : data.train.pixels) sum += value;
  CHECK(sum / data.train.pixels.size() / 255 == Approx(0.1307).margin(5e-5));  // the mean everyone quotes
}

}  // namespace unveil
