#pragma once
#include <span>
#include <vector>

namespace unveil {

// A point that a pen stroke passes through. x to the right, y down; a digit is about 1 high.
// At a corner the pen changes direction sharply; elsewhere the stroke is smooth.
struct GlyphPoint {
  float x, y;
  bool corner = false;
};

using GlyphStroke = std::vector<GlyphPoint>;

// One way of writing a digit.
struct Glyph {
  const char* manner;  // "crossed seven", for people
  float weight;        // how common it is among the ways of writing this digit, relative
  std::vector<GlyphStroke> strokes;
};

// The ways of writing digit 0..9 that the built-in data set knows.
std::span<const Glyph> glyphs_of_digit(int digit);

}  // namespace unveil
