#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "engine/data/dataset.h"

namespace unveil {

// Which items are held out: about a tenth, by a hash of each item's key and the seed, so that an item stays on its
// side when others come or go. With two items or more neither side is empty.
std::vector<bool> held_out_by_hash(const std::vector<std::string>& keys, std::uint64_t seed);

// The pictures that are held out, to `test`, and the others; [all.count]. Either may be `all` itself.
void split_as(const ImageSet& all, const std::vector<bool>& held_out, ImageSet& train, ImageSet& test);

// Splits by held_out_by_hash. keys: [all.count]. `train` and `test` may be `all` itself.
void split_by_hash(const ImageSet& all, const std::vector<std::string>& keys, std::uint64_t seed, ImageSet& train,
                   ImageSet& test);

}  // namespace unveil
