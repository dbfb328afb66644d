#include "engine/data/dataset.h"
#include "tests/fuzz/fuzz.h"

using namespace unveil;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return fuzz::refused_or_read([&] { load_dataset("cifar:" + fuzz::as_file(data, size, "x.bin").string()); });
}
