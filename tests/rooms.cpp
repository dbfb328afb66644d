// The rooms of the house, from the ground up (README.md): imports point down only.
#include <filesystem>
#include <fstream>
#include <regex>

#include "tests/catch.h"

namespace {

namespace fs = std::filesystem;

// A room may import itself and those before it. Files that lie in no room (engine/error.h, app/main.cpp) are the
// ground of their half of the house, or its roof.
const std::vector<std::string> kRooms{"engine",      "engine/data", "engine/gpu",   "engine/graph",  "engine/tsne",
                                      "engine/ops",  "engine/nn",   "engine/bench", "engine/models", "engine/train",
                                      "app/widgets", "app/audio",   "app/frame",    "app/assets",    "app/exhibit",
                                      "app/tsne",    "app/weights", "app/pictures", "app/plane",     "app/exhibits",
                                      "app/shell",   "app/commands"};

int rank(const std::string& path) {
  for (std::size_t i = 1; i < kRooms.size(); ++i)
    if (path.starts_with(kRooms[i] + "/") || path.starts_with(kRooms[i] + ".")) return static_cast<int>(i);
  return path.starts_with("engine/") ? 0 : static_cast<int>(kRooms.size());
}

// The folder of `house` that the path lies in: "vae" of app/exhibits/vae/tab.h; empty where it lies in none.
std::string room_within(const std::string& house, const std::string& path) {
  const auto slash = path.find('/', house.size());
  return path.starts_with(house) && slash != path.npos ? path.substr(house.size(), slash - house.size()) : "";
}

}  // namespace

TEST_CASE("imports point down only", "[rooms]") {
  const fs::path root = UNVEIL_SOURCE_DIR;
  const std::regex import("^#include \"((?:engine|app)/[^\"]+)\"");
  int seen = 0;
  for (const char* half : {"engine", "app"})
    for (const auto& entry : fs::recursive_directory_iterator(root / half)) {
      if (entry.path().extension() != ".cpp" && entry.path().extension() != ".h") continue;
      const auto file = entry.path().lexically_relative(root).generic_string();
      std::ifstream in(entry.path());
      for (std::string line; std::getline(in, line);) {
        std::smatch match;
        if (!std::regex_search(line, match, import)) continue;
        ++seen;
        INFO(file << " imports " << match[1]);
        // What commands and the window use of the roof: progress, curves, interruption.
        const bool roof = rank(match[1]) == static_cast<int>(kRooms.size()) && rank(file) >= rank("app/shell/x");
        CHECK((roof || rank(match[1]) <= rank(file)));
        // One exhibit knows nothing of another, nor one model of another.
        for (const std::string house : {"app/exhibits/", "engine/models/"}) {
          const auto own = room_within(house, file), other = room_within(house, match[1]);
          CHECK((own.empty() || other.empty() || own == other));
        }
      }
    }
  CHECK(seen > 500);
}
