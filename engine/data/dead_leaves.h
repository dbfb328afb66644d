#pragma once
#include <cstdint>

#include "engine/data/dataset.h"

namespace unveil {

constexpr int kLeavesSize = 512;  // pixels a side

// Dead leaves (Matheron 1968; Lee, Mumford & Huang 2001): discs with uniform centres, radii of density r^-3 on [3,
// 150] pixels, which makes the images scale-invariant, and uniform grey, falling one behind the other until 99.95 %
// of the image is covered; the rest stays the grey of the ground. Image `index` of a split (train 0, test 1) depends
// on nothing but the arguments.
Scene dead_leaves(std::uint64_t seed, std::uint32_t index, std::uint32_t split);

// Its control: noise with that image's amplitude spectrum (about 1/f) and random phases. The same second-order
// statistics, and no edges. Mean 0.5, standard deviation 0.15, cut to 0..1.
Scene spectrum_noise(std::uint64_t seed, std::uint32_t index, std::uint32_t split);

}  // namespace unveil
