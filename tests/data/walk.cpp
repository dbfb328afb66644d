#include "engine/data/walk.h"

#include "engine/data/dataset.h"
#include "tests/catch.h"
#include "tests/data/files.h"

namespace unveil {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> names(const FolderFiles& found, const fs::path& folder) {
  std::vector<std::string> all;
  for (const auto& file : found.files) all.push_back(file.lexically_relative(folder).generic_string());
  return all;
}

}  // namespace

TEST_CASE("hidden and system files are passed over and counted", "[data][walk]") {
  TestFolder folder;
  for (const char* name : {"b/2.png", "a/1.png", ".DS_Store", "a/.ipynb_checkpoints/1-checkpoint.png", "a/._1.png",
                           "__MACOSX/a/._1.png", "Thumbs.db", ".git/config"})
    write_text(folder / name, "x");
  const auto found = files_below(folder.path);
  CHECK(names(found, folder.path) == std::vector<std::string>{"a/1.png", "b/2.png"});
  REQUIRE(found.passed_over.size() == 1);
  CHECK(found.passed_over.begin()->second.count == 6);
  CHECK(found.passed_over_text().starts_with("; passed over: 6 hidden or system ("));
  // One that is hidden itself is meant when it is named.
  CHECK(names(files_below(folder / ".git"), folder / ".git") == std::vector<std::string>{"config"});
}

TEST_CASE("links are followed once each, and loops end", "[data][walk]") {
  TestFolder folder, elsewhere;
  write_text(elsewhere / "dog/1.png", "x");
  write_text(folder / "cat/1.png", "x");
  fs::create_symlink(elsewhere / "dog", folder / "dog");
  fs::create_symlink(elsewhere / "dog", folder / "hound");
  fs::create_symlink("..", folder / "cat/up");
  fs::create_symlink(folder.path.parent_path(), folder / "cat/above");
  fs::create_symlink("cat", folder / "a_cat");  // before the folder that it leads to
  fs::create_symlink("nowhere.png", folder / "cat/broken.png");
  fs::create_symlink(elsewhere / "dog/1.png", folder / "cat/2.png");
  write_text(elsewhere / "9.png", "x");
  fs::create_symlink(elsewhere / "9.png", folder / "cat/9.png");
  fs::create_symlink(elsewhere / "9.png", folder / "cat/nine.png");
  const auto found = files_below(folder.path);
  CHECK(names(found, folder.path) == std::vector<std::string>{"cat/1.png", "cat/9.png", "dog/1.png"});
  CHECK(found.passed_over.at("leading to a file that is read already").count == 2);
  CHECK(found.passed_over.at("leading to a folder above").count == 1);
  CHECK(found.passed_over.at("broken link").first == "cat/broken.png");
  CHECK(found.passed_over.at("leading to a folder that is read already").count == 3);
}

TEST_CASE("a folder that is none of data is refused at a glance", "[data][walk]") {
  for (const char* spec : {"/", "images:/", "wav:/"}) {
    const auto message = error_of([&] { load_dataset(spec); });
    INFO(message);
    CHECK(message.find("the whole disk; a data folder holds") != std::string::npos);
  }
  CHECK(files_below("/proc").files.empty());  // its files may wait for ever
  TestFolder folder;
  fs::create_directory(folder / "many");
  for (int i = 0; i < 20'100; ++i) fs::create_symlink("x", folder / ("many/" + std::to_string(i)));
  CHECK_FALSE(any_file_below(folder.path, [](const auto&) { return true; }));
  write_text(folder / "a.txt", "x");
  CHECK(error_of([&] { require_data_folder(folder.path); }).find("of 1 files looked at 0 are pictures") !=
        std::string::npos);
  write_text(folder / "a.txt", "\x89PNG\r\n\x1a\n");
  CHECK(error_of([&] { require_data_folder(folder.path); }).empty());
}

}  // namespace unveil
