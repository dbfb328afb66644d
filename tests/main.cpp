#define CATCH_CONFIG_MAIN  // Catch2 2 writes its main here; 3 is given one below
#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "tests/catch.h"

#if CATCH_VERSION_MAJOR >= 3
int main(int argc, char** argv) {
  return Catch::Session().run(argc, argv);
}
#endif

namespace {

// What the program keeps from one start to the next is not the user's, and begins anew; kernels once compiled are.
[[maybe_unused]] const int kOwnFolders = [] {
  const char *cache = std::getenv("XDG_CACHE_HOME"), *home = std::getenv("HOME");
  if (cache || home) setenv("MESA_SHADER_CACHE_DIR", (cache ? cache : std::string(home) + "/.cache").c_str(), 0);
  const auto own = std::filesystem::temp_directory_path() / fmt::format("unveil-tests-{}", getpid());
  static const struct Removed {
    std::filesystem::path path;
    ~Removed() {
      std::error_code none;
      std::filesystem::remove_all(path, none);
    }
  } removed{own};
  return setenv("XDG_CACHE_HOME", (own / "cache").c_str(), 1) +
         setenv("XDG_CONFIG_HOME", (own / "config").c_str(), 1);
}();

}  // namespace
