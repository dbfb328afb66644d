#pragma once
#include <cstdint>

namespace unveil {

constexpr int kDigitSize = 28;  // pixels a side
constexpr int kDigitBox = 20;   // the longer side of the ink, pen included, as in MNIST

// The class of digit `index`: every ten in a row hold each class once, in an order of their own.
int digit_class(std::uint64_t seed, std::uint32_t index, std::uint32_t split);

// Writes digit `index` of a split (train 0, test 1) into pixels [kDigitSize, kDigitSize], ink 255 on paper 0:
// a glyph of one of several hands, its points jittered, put through an affine map and an elastic distortion, drawn
// with a pen of varying width, fitted to a box of kDigitBox and centred by its centre of mass (LeCun et al. 1998,
// section III A). Depends on nothing but the arguments.
void draw_digit(std::uint64_t seed, std::uint32_t index, std::uint32_t split, std::uint8_t* pixels);

}  // namespace unveil
