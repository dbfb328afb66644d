#include "app/shell/driver/script.h"
#include "tests/fuzz/fuzz.h"

using namespace unveil;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return fuzz::refused_or_read([&] { parse_script({reinterpret_cast<const char*>(data), size}); });
}
