#include "app/shell/settings.h"

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <string>

#include "app/shell/layout.h"

namespace unveil {
namespace {

constexpr float kLeastZoom = 0.6f, kMostZoom = 2.5f;

}  // namespace

std::filesystem::path settings_file() {
  // The specification of base directories has relative paths ignored.
  if (const char* config = std::getenv("XDG_CONFIG_HOME"); config && *config == '/')
    return std::filesystem::path(config) / "unveil/window";
  if (const char* home = std::getenv("HOME"); home && *home == '/')
    return std::filesystem::path(home) / ".config/unveil/window";
  return {};
}

WindowSettings read_settings(const std::filesystem::path& file) {
  WindowSettings settings;
  if (file.empty()) return settings;
  std::ifstream in(file);
  for (std::string name, value; in >> name >> value;) {
    if (name == "theme" && (value == "dark" || value == "light")) settings.dark = value == "dark";
    if (name == "timeline" && (value == "folded" || value == "open")) settings.folded = value == "folded";
    const float number = std::strtof(value.c_str(), nullptr);
    if (name == "scale" && number >= kLeastZoom && number <= kMostZoom) settings.zoom = number;
    if (name == "inspector" && number >= kLeastInspector && number <= kMostInspector) settings.inspector = number;
  }
  return settings;
}

void write_settings(const std::filesystem::path& file, const WindowSettings& settings) {
  if (file.empty()) return;
  std::error_code ignored;
  std::filesystem::create_directories(file.parent_path(), ignored);
  // Whole or not at all, also when another window reads it just now.
  auto fresh = file;
  fresh += ".new";
  {
    std::ofstream out(fresh);
    out << "theme " << (settings.dark ? "dark" : "light") << "\nscale " << settings.zoom << "\ninspector "
        << settings.inspector << '\n';
    if (settings.folded) out << "timeline " << (*settings.folded ? "folded" : "open") << '\n';
    if (!out.flush()) return;
  }
  std::filesystem::rename(fresh, file, ignored);
}

}  // namespace unveil
