#pragma once
#include <span>
#include <vector>

#include "engine/data/picture.h"

namespace unveil {

// Pictures of one size and channel count side by side, each pixel enlarged to scale × scale without smoothing, a gap
// of `scale` pixels of grey `gap` between and around them. columns 0: about square.
Picture grid(const std::vector<Picture>& pictures, int columns, int scale, std::uint8_t gap = 48);

// Points of the plane [n][2] as dots, light on dark, in a square around the origin that holds 99 of 100; sides of
// `side` pixels.
Picture points_picture(std::span<const float> points, int side = 512);

}  // namespace unveil
