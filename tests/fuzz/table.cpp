#include "engine/data/points.h"
#include "tests/fuzz/fuzz.h"

using namespace unveil;

// As points and as their labels: what the separator, the encoding and the roles of columns are is found in the bytes.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  fuzz::refused_or_read([&] { parse_points(bytes, "x.csv"); });
  return fuzz::refused_or_read([&] { parse_point_labels(bytes, "x.csv", 3); });
}
