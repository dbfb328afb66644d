#include "engine/data/sound_file.h"
#include "tests/fuzz/fuzz.h"

using namespace unveil;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return fuzz::refused_or_read([&] { read_sound(std::as_bytes(std::span(data, size)), 8000); });
}
