#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace unveil {

// What was found out about this machine and takes time to find out again: files of lines "VALUE WHAT", the newest
// last.

// A file, or a folder of files: $XDG_CACHE_HOME/unveil/NAME, else ~/.cache/unveil/NAME; empty where there is neither:
// nothing is kept.
std::filesystem::path findings_file(std::string_view name);
// The newest value of exactly this; lines that are none are passed over.
std::optional<double> finding(const std::filesystem::path& file, const std::string& what);
// A file that cannot be written is no error: it will be found out again.
void keep_finding(const std::filesystem::path& file, const std::string& what, double value);

// Of all shaders: what was measured with others holds no more.
std::uint64_t kernels_hash();

}  // namespace unveil
