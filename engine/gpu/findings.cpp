#include "engine/gpu/findings.h"

#include <fmt/format.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "engine/gpu/shaders.h"

namespace unveil {

namespace fs = std::filesystem;

fs::path findings_file(std::string_view name) {
  // The specification of base directories has relative paths ignored.
  if (const char* cache = std::getenv("XDG_CACHE_HOME"); cache && *cache == '/')
    return fs::path(cache) / "unveil" / name;
  if (const char* home = std::getenv("HOME"); home && *home == '/') return fs::path(home) / ".cache/unveil" / name;
  return {};
}

std::optional<double> finding(const fs::path& file, const std::string& what) {
  std::optional<double> newest;
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) {
    std::istringstream fields(line);
    double value = 0;
    std::string rest;
    if (fields >> value && fields.get() == ' ' && std::getline(fields, rest) && rest == what) newest = value;
  }
  return newest;
}

void keep_finding(const fs::path& file, const std::string& what, double value) {
  if (file.empty()) return;
  std::error_code ignored;
  fs::create_directories(file.parent_path(), ignored);
  // In one write at the end: of two programs at once neither spoils the other's line. The break comes first, in case
  // somebody was cut short before.
  std::ofstream(file, std::ios::app) << fmt::format("\n{:.6g} {}", value, what) << std::flush;
}

std::uint64_t kernels_hash() {
  std::uint64_t hash = 14695981039346656037u;  // FNV-1a
  for (const auto& shader : embedded_shaders())
    for (const auto word : shader.words) hash = (hash ^ word) * 1099511628211u;
  return hash;
}

}  // namespace unveil
