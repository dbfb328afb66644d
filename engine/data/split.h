#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "engine/data/dataset.h"

namespace unveil {

// Holds out about a tenth of `all` by a hash of each item's key and the seed, so that an item stays on its side when
// others come or go. keys: [all.count]. With two items or more neither side is empty. `train` and `test` may be `all`
// itself.
void split_by_hash(const ImageSet& all, const std::vector<std::string>& keys, std::uint64_t seed, ImageSet& train,
                   ImageSet& test);

}  // namespace unveil
