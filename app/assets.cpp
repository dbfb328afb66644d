#include "app/assets.h"

#include <fmt/format.h>

#include "engine/error.h"

namespace unveil {

std::filesystem::path asset_path(std::string_view name) {
  namespace fs = std::filesystem;
  std::error_code ignored;
  const auto executable = fs::read_symlink("/proc/self/exe", ignored);
  const auto installed = (executable.parent_path() / "../share/unveil" / name).lexically_normal();
  if (fs::exists(installed, ignored)) return installed;
  const auto source = fs::path(UNVEIL_SOURCE_ASSETS) / name;
  if (fs::exists(source, ignored)) return source;
  throw Error(
      fmt::format("the asset '{}' is missing; looked for '{}' and '{}'", name, installed.string(), source.string()));
}

}  // namespace unveil
