#pragma once
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <fstream>
#include <span>
#include <string>
#include <typeinfo>

#include "engine/error.h"

// Every reader of this folder: bytes in, anything out but a crash; what is refused is refused by unveil::Error.
namespace unveil::fuzz {

// The bytes as a file in memory, made anew for every input, gone with the process.
inline std::filesystem::path as_file(const std::uint8_t* data, std::size_t size, const char* name) {
  static const std::filesystem::path folder = [] {
    std::string made = "/dev/shm/unveil-fuzz-XXXXXX";
    if (!mkdtemp(made.data())) std::abort();
    static std::string kept = made;
    std::atexit([] { std::filesystem::remove_all(kept); });
    return std::filesystem::path(made);
  }();
  const auto path = folder / name;
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(data), static_cast<std::streamsize>(size));
  return path;
}

template <typename Read>
int refused_or_read(const Read& read) {
  try {
    read();
  } catch (const Error&) {
  } catch (const std::exception& other) {
    std::fprintf(stderr, "%s is no refusal: %s\n", typeid(other).name(), other.what());
    std::abort();
  }
  return 0;
}

}  // namespace unveil::fuzz
