#include "app/widgets/fonts.h"

#include <cmath>
#include <filesystem>
#include <string>
#include <vector>

#include "engine/error.h"

namespace unveil {
namespace {

// Signs of the basic plane only: ImWchar is 16 bits wide. The ranges must outlive the atlas build. One set for every
// font that draws words, so that a sign known to one of them is known to all: Latin with its extensions and
// phonetics, Greek, Cyrillic (names of classes are what folders are called), raised and lowered letters, punctuation,
// mathematics, shapes.
constexpr ImWchar kText[] = {0x20,   0x24f,  0x250,  0x2af,  0x2c6,  0x2dd,  0x370,  0x3ff,  0x400,  0x45f,
                             0x490,  0x491,  0x1d2c, 0x1d6a, 0x1e00, 0x1e9e, 0x2010, 0x205e, 0x2070, 0x209c,
                             0x20a0, 0x20b5, 0x2100, 0x214f, 0x2190, 0x21d5, 0x2200, 0x22ff, 0x2300, 0x2335,
                             0x25a0, 0x25ff, 0x2600, 0x266f, 0x2701, 0x2727, 0x27e8, 0x27e9, 0};
constexpr ImWchar kNumbers[] = {0x20,   0xff,   0x2013, 0x2013, 0x2026, 0x2026, 0x2212,
                                0x2212, 0x221e, 0x221e, 0x2248, 0x2248, 0};

std::string find_font(const std::vector<const char*>& names) {
  static const char* const kFolders[] = {"/usr/share/fonts/truetype/dejavu", "/usr/share/fonts/dejavu-sans-fonts",
                                         "/usr/share/fonts/dejavu", "/usr/share/fonts/TTF",
                                         "/usr/local/share/fonts/dejavu"};
  for (const char* name : names) {
    for (const char* folder : kFolders) {
      const auto path = std::filesystem::path(folder) / name;
      std::error_code ignored;
      if (std::filesystem::exists(path, ignored)) return path.string();
    }
  }
  throw Error(std::string("font ") + names.back() +
              ": not found below /usr/share/fonts; install DejaVu (Debian: fonts-dejavu-core)");
}

ImFont* add(const std::string& path, float pixels, const ImWchar* ranges) {
  ImFontConfig config;
  config.OversampleH = pixels < 24 ? 2 : 1;
  config.OversampleV = 1;
  config.PixelSnapH = true;
  return ImGui::GetIO().Fonts->AddFontFromFileTTF(path.c_str(), std::round(pixels), &config, ranges);
}

}  // namespace

Fonts load_fonts(float scale) {
  const std::string regular = find_font({"DejaVuSansCondensed.ttf", "DejaVuSans.ttf"});
  const std::string bold = find_font({"DejaVuSansCondensed-Bold.ttf", "DejaVuSans-Bold.ttf"});
  ImFontAtlas* atlas = ImGui::GetIO().Fonts;
  atlas->Clear();
  atlas->Flags |= ImFontAtlasFlags_NoPowerOfTwoHeight;
  atlas->TexDesiredWidth = scale > 1.4f ? 2048 : 1024;
  Fonts fonts;
  fonts.body = add(regular, 16 * scale, kText);
  fonts.small = add(regular, 13 * scale, kText);
  fonts.bold = add(bold, 16 * scale, kText);
  fonts.large = add(bold, 21 * scale, kText);
  fonts.display = add(bold, 30 * scale, kNumbers);
  atlas->Build();
  return fonts;
}

}  // namespace unveil
