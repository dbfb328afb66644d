#include "app/widgets/fonts.h"

#include <cmath>
#include <filesystem>
#include <string>
#include <vector>

#include "engine/error.h"

namespace unveil {
namespace {

// Signs of the basic plane only: ImWchar is 16 bits wide. The ranges must outlive the atlas build.
constexpr ImWchar kText[] = {0x20,   0x17f,  0x250,  0x2af,  0x391,  0x3d6,  0x2010, 0x2027, 0x2030, 0x205e, 0x2070, 0x209c, 0x2100,
                             0x214f, 0x2190, 0x21d5, 0x2200, 0x22ff, 0x2300, 0x2335, 0x25a0, 0x25ff, 0x2605, 0x2606,
                             0x2639, 0x263c, 0x2660, 0x266f, 0x2713, 0x2718, 0x27e8, 0x27e9, 0};
constexpr ImWchar kFew[] = {0x20,   0xff,   0x391,  0x3c9,  0x2010, 0x2026, 0x2070, 0x209c, 0x2190,
                            0x2193, 0x2212, 0x2212, 0x2248, 0x2248, 0x2260, 0x2265, 0};
constexpr ImWchar kIcons[] = {0x20,   0xff,   0x391,  0x3c9,  0x2190, 0x21d5, 0x2200, 0x22ff, 0x2300, 0x2335,
                              0x25a0, 0x25ff, 0x2600, 0x26ff, 0x2701, 0x27bf, 0x2800, 0x28ff, 0};

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
  fonts.bold = add(bold, 16 * scale, kFew);
  fonts.large = add(bold, 21 * scale, kIcons);
  fonts.display = add(bold, 30 * scale, kFew);
  atlas->Build();
  return fonts;
}

}  // namespace unveil
