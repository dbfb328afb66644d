#include "engine/graph/memory_plan.h"

#include <algorithm>
#include <numeric>

namespace unveil {

MemoryPlan plan_memory(const std::vector<Lifetime>& blocks, std::uint64_t alignment) {
  const auto aligned = [&](std::uint64_t bytes) { return (bytes + alignment - 1) / alignment * alignment; };
  std::vector<std::size_t> order(blocks.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return blocks[a].bytes > blocks[b].bytes; });

  MemoryPlan plan;
  plan.offsets.resize(blocks.size());
  std::vector<std::size_t> placed;  // by offset
  for (const auto block : order) {
    std::uint64_t offset = 0;
    for (const auto other : placed) {
      const bool together = blocks[block].first <= blocks[other].last && blocks[other].first <= blocks[block].last;
      if (!together) continue;
      if (offset + aligned(blocks[block].bytes) <= plan.offsets[other]) break;  // fits in the gap before it
      offset = std::max(offset, plan.offsets[other] + aligned(blocks[other].bytes));
    }
    plan.offsets[block] = offset;
    plan.bytes = std::max(plan.bytes, offset + aligned(blocks[block].bytes));
    placed.insert(std::upper_bound(placed.begin(), placed.end(), block,
                                   [&](auto a, auto b) { return plan.offsets[a] < plan.offsets[b]; }),
                  block);
  }
  return plan;
}

}  // namespace unveil
