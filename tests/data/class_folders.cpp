#include "engine/data/class_folders.h"

#include <algorithm>

#include "engine/data/dataset.h"
#include "engine/data/picture.h"
#include "tests/catch.h"
#include "tests/data/files.h"

namespace unveil {
namespace {

using Names = std::vector<std::string>;

ClassFolders sorted(const Names& paths) {
  return class_folders(paths, "picture", "pictures");
}

// Pictures of one ramp each, light on dark, told apart by their middle.
void put(const TestFolder& folder, const std::string& name, int middle = 200) {
  Picture picture{9, 9, 1, std::vector<std::uint8_t>(81, 10)};
  picture.pixels[40] = static_cast<std::uint8_t>(middle);
  std::filesystem::create_directories((folder / name).parent_path());
  save_png(folder / name, picture);
}

Dataset load(const TestFolder& folder) {
  return load_dataset("images:" + folder.path.string(), {.image_size = 9});
}

}  // namespace

TEST_CASE("names are in natural order", "[data]") {
  Names names = {"10", "2", "1", "dog", "Cat", "emu", "a10b", "a9b", "a09b"};
  std::sort(names.begin(), names.end(), natural_less);
  CHECK(names == Names{"1", "2", "10", "a09b", "a9b", "a10b", "Cat", "dog", "emu"});
}

TEST_CASE("class folders keep their names", "[data]") {
  const TestFolder folder;
  for (int c = 1; c <= 10; ++c)
    for (int i = 0; i < 3; ++i) put(folder, std::to_string(c) + "/" + std::to_string(i) + ".png", 20 * c + 30);
  const Dataset data = load(folder);
  CHECK(data.class_names == Names{"1", "2", "3", "4", "5", "6", "7", "8", "9", "10"});
  CHECK(data.class_name(9) == "10");
  for (const ImageSet* set : {&data.train, &data.test})
    for (int i = 0; i < set->count; ++i) CHECK(set->pixels[81 * i + 40] == 20 * (set->labels[i] + 1) + 30);
}

TEST_CASE("folders for training and testing are a split, in any case", "[data]") {
  for (const auto& [train, test] : std::vector<std::pair<std::string, std::string>>{{"train", "test"},
                                                                                    {"Train", "VAL"},
                                                                                    {"training", "testing"},
                                                                                    {"TRAIN", "valid"},
                                                                                    {"train", "Validation"}}) {
    const TestFolder folder;
    for (const char* kind : {"cat", "dog"})
      for (int i = 0; i < 4; ++i) {
        put(folder, train + "/" + kind + "/" + std::to_string(i) + ".png", kind[0]);
        if (i < 2) put(folder, test + "/" + kind + "/" + std::to_string(i) + ".png", kind[0]);
      }
    const Dataset data = load(folder);
    CHECK(data.train.count == 8);
    CHECK(data.test.count == 4);
    CHECK(data.class_names == Names{"cat", "dog"});
    for (const ImageSet* set : {&data.train, &data.test})
      for (int i = 0; i < set->count; ++i) CHECK(set->pixels[81 * i + 40] == (set->labels[i] ? 'd' : 'c'));
  }
}

TEST_CASE("wrappers, single parts, strays and parts without classes find their place", "[data]") {
  CHECK(sorted({"pets/pets/cat/1", "pets/pets/dog/2"}).classes == Names{"cat", "dog"});
  CHECK(sorted({"train/cat/1", "train/dog/2"}).classes == Names{"cat", "dog"});
  CHECK(sorted({"cat/1", "cat/2"}).classes == Names{"cat"});
  CHECK(sorted({"1", "2"}).classes.empty());
  CHECK(sorted({"1", "2"}).why_none.empty());
  CHECK(sorted({"train/1", "train/2"}).classes.empty());
  const auto plain = sorted({"train/1", "train/2", "test/3"});
  CHECK(plain.split);
  CHECK(plain.classes.empty());
  CHECK(plain.parts[2] == ClassFolders::held_out);
  // A class may be called so where there is no other side.
  CHECK(sorted({"train/1", "bus/2", "car/3"}).classes == Names{"bus", "car", "train"});
  const auto kaggle = sorted({"train/cat/1", "train/dog/2", "val/cat/3", "test/4", "test/5"});
  CHECK(kaggle.classes == Names{"cat", "dog"});
  CHECK(kaggle.parts[2] == ClassFolders::held_out);
  CHECK(kaggle.parts[3] == ClassFolders::left_out);
  REQUIRE(kaggle.passed_over.size() == 1);
  CHECK(kaggle.passed_over[0] == "2 pictures of a part without class folders (test/4 …)");
  const auto outside = sorted({"train/cat/1", "train/dog/2", "test/cat/3", "sample/4"});
  CHECK(outside.parts[3] == ClassFolders::left_out);
  CHECK_THAT(outside.passed_over.at(0), Contains("sample/4"));
  CHECK_THAT(sorted({"cat/1", "dog/2", "3"}).why_none, Contains("1 of 3 lies in no class folder"));
}

TEST_CASE("hidden folders are no classes, links to class folders are", "[data]") {
  const TestFolder folder, elsewhere;
  for (int i = 0; i < 4; ++i) {
    put(folder, "cat/" + std::to_string(i) + ".png");
    put(folder, ".ipynb_checkpoints/" + std::to_string(i) + ".png");
    put(folder, "cat/.ipynb_checkpoints/" + std::to_string(i) + ".png");
    put(elsewhere, "dog/" + std::to_string(i) + ".png");
  }
  std::filesystem::create_symlink(elsewhere / "dog", folder / "dog");
  std::filesystem::create_symlink("..", folder / "cat" / "up");
  const Dataset data = load(folder);
  CHECK(data.class_names == Names{"cat", "dog"});
  CHECK(data.train.count + data.test.count == 8);
  CHECK_THAT(data.description, Contains("2 hidden or system"));
}

TEST_CASE("drawings on white are turned over, flat pictures told", "[data]") {
  const TestFolder drawings, invisible;
  for (int i = 0; i < 5; ++i) {
    Picture drawing{9, 9, 1, std::vector<std::uint8_t>(81, 250)}, ghost{9, 9, 2, std::vector<std::uint8_t>(162, 255)};
    drawing.pixels[40] = 20;
    ghost.pixels[81] = 0;
    save_png(drawings / (std::to_string(i) + ".png"), drawing);
    save_png(invisible / (std::to_string(i) + ".png"), ghost);
  }
  const Dataset turned = load(drawings);
  CHECK(turned.train.pixels[0] == 5);
  CHECK(turned.train.pixels[40] == 235);
  CHECK_THAT(turned.description, Contains("turned over"));
  const Dataset flat = load(invisible);
  CHECK(flat.train.pixels[0] == 255);
  CHECK_THAT(flat.description, Contains("every picture is flat") && Contains("transparency"));
}

}  // namespace unveil
