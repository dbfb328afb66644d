#pragma once
#include <cstdint>
#include <vector>

namespace unveil {

// A block that must lie undisturbed from step `first` to step `last`, both included.
struct Lifetime {
  std::uint64_t bytes = 0;
  int first = 0, last = 0;
};

struct MemoryPlan {
  std::vector<std::uint64_t> offsets;  // of each block
  std::uint64_t bytes = 0;             // of the arena
};

// Places blocks so that no two alive at once overlap: largest first, each at the lowest offset that is free during
// its whole life. Offsets are multiples of `alignment`.
MemoryPlan plan_memory(const std::vector<Lifetime>& blocks, std::uint64_t alignment = 256);

}  // namespace unveil
