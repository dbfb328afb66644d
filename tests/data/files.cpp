#include "tests/data/files.h"

namespace unveil {

std::filesystem::path shared_data(const std::string& name) {
  const char* root = std::getenv("UNVEIL_SHARED");
  const auto path =
      (root ? std::filesystem::path(root) : std::filesystem::path(UNVEIL_SOURCE_DIR) / "../shared") / "data" / name;
  return std::filesystem::is_directory(path) ? path : std::filesystem::path();
}

}  // namespace unveil
