#include "engine/data/glyphs.h"

#include <array>
#include <charconv>
#include <stdexcept>
#include <string_view>

namespace unveil {
namespace {

// A glyph as written below: points "x,y" in hundredths of the digit's height, '*' after a corner, '|' between
// strokes.
struct Manner {
  const char* name;
  float weight;
  std::string_view path;
};

std::vector<GlyphStroke> parse_path(std::string_view path) {
  std::vector<GlyphStroke> strokes(1);
  const char *at = path.data(), *const end = at + path.size();
  const auto number = [&] {
    int hundredths = 0;
    const auto [next, error] = std::from_chars(at, end, hundredths);
    if (error != std::errc()) throw std::logic_error("glyph path: a number is missing");
    at = next;
    return static_cast<float>(hundredths) / 100;
  };
  while (at < end) {
    if (*at == ' ') {
      ++at;
    } else if (*at == '|') {
      ++at;
      strokes.emplace_back();
    } else {
      GlyphPoint point;
      point.x = number();
      if (at == end || *at++ != ',') throw std::logic_error("glyph path: a comma is missing");
      point.y = number();
      if (at < end && *at == '*') ++at, point.corner = true;
      strokes.back().push_back(point);
    }
  }
  return strokes;
}

std::vector<Glyph> glyphs(std::initializer_list<Manner> manners) {
  std::vector<Glyph> parsed;
  for (const Manner& manner : manners) parsed.push_back({manner.name, manner.weight, parse_path(manner.path)});
  return parsed;
}

std::vector<Glyph> zero() {
  return glyphs({
      {"round", 3, "42,2 16,12 2,42 6,78 30,99 60,88 74,52 66,15 42,2"},
      {"narrow", 2, "30,1 10,18 2,52 10,88 26,99 44,84 52,48 46,14 30,1"},
      {"closed with an overlap", 2, "50,6 26,6 6,36 6,74 28,98 56,82 66,46 56,12 36,0 24,10"},
      {"open at the top", 1, "52,10 28,6 6,38 6,76 30,98 58,84 70,50 66,20 56,4"},
      {"wide", 1.4f, "56,6 22,14 2,46 10,82 42,96 78,82 92,46 78,14 48,4"},
      {"drawn the other way with a tail", 1, "18,16 4,50 12,88 36,98 60,78 66,40 52,8 28,4 14,22 26,34"},
  });
}

std::vector<Glyph> one() {
  return glyphs({
      {"bar", 10, "10,0 10,50 10,100"},
      {"bowed bar", 3, "14,0 8,34 8,68 14,100"},
      {"leaning bar", 6, "24,0 14,50 4,100"},
      {"with a flag", 1.2f, "0,22 12,14 24,0* 22,50 21,100"},
      {"with flag and base", 0.6f, "10,20 22,12 34,0* 33,50 33,97 | 4,98 34,97 66,96"},
      {"with a base", 0.3f, "30,0 29,50 28,98 | 4,99 30,98 56,96"},
  });
}

std::vector<Glyph> two() {
  return glyphs({
      {"with a flat base", 3, "6,24 20,4 46,2 60,22 48,52 24,80 2,98* 36,95 70,96"},
      {"with a loop", 4, "8,20 24,3 48,4 58,24 48,54 26,84 8,96 3,84 16,74 36,86 56,96 78,90"},
      {"with a small loop and a long tail", 2, "14,16 32,2 54,8 56,34 38,66 16,92 6,92 12,80 34,84 62,90 96,84"},
      {"with a rounded foot", 2, "4,22 20,4 44,4 54,24 42,54 18,80 10,94 28,98 54,93 74,88"},
      {"like a z", 1.2f, "4,12 28,5 56,8 52,30 28,62 4,92* 34,90 66,94"},
      {"like a swan", 1.2f, "10,36 14,12 36,0 56,12 56,38 38,68 10,94* 30,88 52,96 72,94"},
      {"with a big flat loop", 2, "16,10 36,0 56,10 56,36 42,66 22,92 6,98 0,86 12,72 32,76 54,90 74,98"},
      {"with a large round loop", 3, "16,24 36,3 62,8 66,32 50,64 24,92 5,92 4,74 24,62 50,74 72,92"},
      {"wide, with a wavy base", 2, "4,22 28,2 60,8 66,30 44,58 10,86 0,94* 30,82 60,90 100,88"},
      {"wide and looped", 2.5f, "14,26 38,2 70,6 74,32 50,64 20,90 2,88 8,70 34,68 62,82 104,84"},
      {"with a long neck and a short base", 1.5f, "2,18 20,2 40,8 44,32 34,66 18,96* 40,94 66,92"},
      {"high, with a small foot", 1.5f, "10,22 26,2 46,6 50,28 36,60 14,90 4,94* 24,90 44,94"},
      {"with a wide loop below", 2, "20,20 38,2 58,8 58,34 40,66 12,94 0,88 8,74 30,74 50,88 76,100"},
  });
}

std::vector<Glyph> three() {
  return glyphs({
      {"round", 4, "6,14 26,1 52,10 50,32 24,46* 50,54 62,74 46,95 20,99 2,88"},
      {"with a point between the bows", 3, "8,10 34,0 56,12 48,34 22,48* 46,52 56,70 42,90 16,100 0,96"},
      {"with a little loop", 2, "6,16 26,1 50,8 50,30 28,48 20,52 22,44 42,46 60,64 54,88 28,99 2,90"},
      {"with a flat top", 0.7f, "6,3 30,2 58,3* 42,22 24,42* 48,46 60,68 46,92 20,98 0,88"},
      {"with a large lower bow", 2, "12,12 32,0 50,10 44,28 22,38* 50,42 66,64 54,90 26,100 2,92"},
      {"with a long lower tail", 1.5f, "24,8 46,0 62,10 54,30 32,44* 52,52 56,72 38,92 16,96 0,88"},
      {"wide, with long ends", 2.5f, "8,12 36,0 70,6 62,28 30,46* 58,50 66,68 46,90 18,99 0,92"},
      {"wide, with a deep notch", 2, "10,8 40,0 66,12 50,32 16,46* 50,46 74,62 58,88 26,99 0,90"},
      {"upright, of two equal bows", 1.5f, "4,8 26,0 46,12 40,34 18,46* 40,54 50,74 34,96 6,96"},
      {"leaning, with a flat foot", 2, "30,6 54,0 74,8 64,28 36,44* 56,50 58,70 36,92 10,94 0,86"},
      {"with wide bows", 2, "4,16 24,2 54,4 62,22 44,42 26,46* 52,48 70,64 58,90 28,100 0,90"},
  });
}

std::vector<Glyph> four() {
  return glyphs({
      {"open, straight", 4, "10,6 6,30 4,52* 30,54 60,48 | 58,2 54,48 50,100"},
      {"open, round", 2, "16,4 6,28 10,50 32,54 54,40 | 60,6 53,44 48,100"},
      {"open, in one stroke", 2, "14,4 4,34 14,54 40,50 60,10* 52,50 46,100"},
      {"closed", 1.4f, "50,0 26,28 0,62* 36,62 76,60 | 50,0 50,50 50,100"},
      {"with a crossbar through", 2.4f, "20,2 10,30 0,58* 38,56 82,50 | 58,14 52,52 46,100"},
      {"closed at a narrow top", 0.5f, "46,4 20,22 4,46 24,54 50,46 | 52,2 48,48 42,100"},
      {"wide and open, low bar", 1.4f, "6,10 4,34 8,58 30,62 62,56 | 66,0 62,50 60,100"},
  });
}

std::vector<Glyph> five() {
  return glyphs({
      {"with a cap", 3, "12,6 10,26 7,44* 30,40 50,54 52,78 32,97 0,92 | 12,6 36,5 62,2"},
      {"in one stroke", 3, "66,4 42,5 20,7* 14,26 12,44* 36,44 52,60 48,84 26,98 0,90"},
      {"like an s", 3, "72,2 46,4 24,12 20,34 36,48 48,66 38,90 18,99 0,90"},
      {"with a long cap", 1.6f, "22,10 16,28 12,44* 32,46 46,62 42,84 22,98 2,94 | 22,10 54,6 90,0"},
      {"with a big belly", 1.6f, "56,2 34,3 12,4* 12,20 10,36* 36,34 60,50 62,78 36,98 0,90"},
      {"leaning, with a small belly", 2, "90,0 64,6 40,12 28,34 42,48 52,64 40,86 18,96 0,84"},
      {"wide, with a long cap", 2, "30,12 22,30 14,46* 40,44 58,58 52,80 26,94 0,84 | 30,12 62,8 100,2"},
      {"wide, in one stroke", 1.5f, "88,4 60,3 32,6* 24,24 16,42* 44,36 66,48 66,74 40,94 0,90"},
  });
}

std::vector<Glyph> six() {
  return glyphs({
      {"with a tall stem", 3, "42,0 20,22 5,54 6,84 26,99 48,86 50,64 32,54 12,68 8,80"},
      {"with a straight stem", 2, "24,0 12,30 5,60 10,88 30,98 50,84 48,64 28,60 10,76"},
      {"with a big bowl", 2, "52,2 26,16 6,48 6,80 30,99 56,86 60,60 38,44 14,58 6,72"},
      {"with a curled bowl", 2, "36,0 16,24 4,58 12,90 34,98 54,82 48,66 30,68 20,86"},
      {"leaning, with a low bowl", 2, "66,0 36,24 12,56 2,84 16,99 40,92 52,74 40,64 20,74 6,88"},
      {"with a wide bowl and a leaning stem", 1.5f, "46,0 24,24 8,54 6,82 30,98 62,92 76,72 60,58 34,64 14,82"},
  });
}

std::vector<Glyph> seven() {
  return glyphs({
      {"plain", 4, "2,8 28,8 60,5* 44,38 32,70 26,100"},
      {"with a rounded shoulder", 3, "2,12 22,7 46,4 58,14 48,42 36,70 28,100"},
      {"crossed", 2, "2,8 30,7 60,4* 44,38 32,70 24,100 | 16,54 38,50 62,46"},
      {"with a hanging serif", 2, "4,26 6,8* 32,8 62,3* 50,36 42,68 38,100"},
      {"steep", 1.2f, "0,14 20,10 46,2 50,10 46,40 42,70 40,100"},
      {"wide, with a hook", 1.5f, "2,22 10,8 40,10 76,3* 58,34 42,66 34,98"},
  });
}

std::vector<Glyph> eight() {
  return glyphs({
      {"in one stroke", 4, "52,12 32,1 12,14 18,36 38,54 48,78 32,98 10,86 14,64 36,44 54,24 52,12"},
      {"of two rings", 2, "32,2 12,12 12,36 32,46 52,36 52,12 32,2 | 32,46 8,60 8,86 32,99 56,86 56,60 32,46"},
      {"open at the top", 2, "62,10 40,2 18,14 22,36 38,54 40,82 22,98 6,84 14,62 38,42 66,16"},
      {"narrow", 3, "40,6 24,2 16,20 24,42 36,64 36,90 20,99 8,86 14,64 30,44 44,22 40,6"},
      {"leaning, with a small lower ring", 2,
       "64,14 48,0 26,10 24,32 36,52 34,84 18,98 4,86 14,66 42,46 62,28 64,14"},
      {"with an ear", 2, "78,12 54,2 26,8 22,28 42,46 48,70 30,96 6,92 10,70 40,44 70,18 86,2"},
      {"with a large upper ring", 2, "54,12 30,0 6,12 12,36 36,48 44,72 30,97 12,90 14,68 36,48 58,30 54,12"},
      {"with a large lower ring", 2, "52,14 38,2 22,14 26,34 48,50 58,74 40,97 10,92 4,70 24,48 50,30 52,14"},
      {"upright, with a crossing high up", 2,
       "50,16 34,2 16,12 22,30 42,48 52,74 34,98 10,84 16,58 38,36 52,22 50,16"},
      {"slim and leaning", 2, "54,10 40,0 26,14 30,34 36,56 28,88 14,98 4,86 14,62 36,40 52,24 54,10"},
  });
}

std::vector<Glyph> nine() {
  return glyphs({
      {"with a straight stem", 4, "50,14 30,2 8,14 6,36 26,46 46,32 52,14* 49,52 46,100"},
      {"with a curved stem", 3, "50,10 28,2 6,20 12,44 36,42 52,16* 50,50 40,80 26,100"},
      {"in one turn", 2, "26,46 8,34 14,10 36,2 50,16 40,40 22,46 30,42 48,28 46,60 34,100"},
      {"with a hook", 1.4f, "54,12 32,2 10,16 12,40 36,42 54,16* 54,54 46,88 24,100 4,90"},
      {"open at the top", 2, "46,6 22,4 4,22 12,42 36,38 58,10* 48,54 38,100"},
      {"leaning, with a small bowl", 2.5f, "56,10 36,2 16,14 16,34 36,38 56,20 58,12* 42,50 16,100"},
      {"with a round bowl", 3, "50,24 44,6 24,0 6,12 4,34 20,47 40,38 51,18* 51,55 46,100"},
      {"with a small bowl and a long stem", 2.5f, "50,12 32,0 10,6 4,24 18,35 42,26 53,10* 48,50 38,100"},
      {"with a wide flat bowl", 2.5f, "66,10 44,2 16,10 4,28 18,40 46,34 68,12* 56,52 44,100"},
      {"with a bowl closed by the stem", 2, "46,6 24,2 6,18 10,40 30,44 46,28 50,4* 48,36 46,68 44,100"},
      {"round and upright", 2.5f, "44,30 40,8 22,0 4,14 4,34 18,44 36,38 44,22* 46,44 42,74 34,100"},
      {"leaning far", 2, "64,8 44,0 22,12 16,32 30,42 50,30 64,10* 50,40 32,70 14,100"},
  });
}

}  // namespace

std::span<const Glyph> glyphs_of_digit(int digit) {
  static const std::array<std::vector<Glyph>, 10> all = {zero(), one(), two(),   three(), four(),
                                                         five(), six(), seven(), eight(), nine()};
  return all.at(digit);
}

}  // namespace unveil
