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

std::string pretrained_asset(std::string_view model) {
  namespace fs = std::filesystem;
  std::string first;
  try {
    for (const auto& entry : fs::directory_iterator(asset_path("pretrained"))) {
      const auto name = entry.path().filename().string();
      if (name.starts_with(fmt::format("{}-", model)) && name.ends_with(".safetensors") &&
          (first.empty() || "pretrained/" + name < first))
        first = "pretrained/" + name;
    }
  } catch (const std::exception&) {  // an installation may leave them out
  }
  return first;
}

}  // namespace unveil
