// Every sign of every text that the window may draw is in the fonts: a missing one is drawn as a question mark.
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "app/exhibit/exhibit.h"
#include "app/widgets/fonts.h"
#include "app/widgets/format.h"
#include "engine/data/format.h"
#include "engine/models/model.h"
#include "tests/catch.h"

using namespace unveil;

namespace {

// Code points of UTF-8; what is none comes out as U+FFFD.
std::vector<unsigned> code_points(std::string_view text) {
  std::vector<unsigned> points;
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const std::size_t length = lead < 0x80 ? 1 : lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 0;
    unsigned point = length == 0 || i + length > text.size() ? 0xfffd : length == 1 ? lead : lead & (0x7fu >> length);
    for (std::size_t k = 1; k < length && point != 0xfffd; ++k) {
      const auto next = static_cast<unsigned char>(text[i + k]);
      point = (next & 0xc0) == 0x80 ? point << 6 | (next & 0x3fu) : 0xfffd;
    }
    points.push_back(point);
    i += std::max<std::size_t>(1, length);
  }
  return points;
}

// The string literals of C++ source, without comments, characters, escapes and #include lines.
std::vector<std::string> literals(const std::string& source) {
  std::vector<std::string> found;
  for (std::size_t i = 0; i < source.size(); ++i) {
    if (source.compare(i, 2, "//") == 0 || source.compare(i, 8, "#include") == 0) {
      i = std::min(source.find('\n', i), source.size());
    } else if (source.compare(i, 2, "/*") == 0) {
      i = std::min(source.find("*/", i + 2), source.size() - 2) + 1;
    } else if (source.compare(i, 2, "R\"") == 0) {
      const auto open = source.find('(', i);
      const std::string close = ")" + source.substr(i + 2, open - i - 2) + "\"";
      const auto end = source.find(close, open);
      found.push_back(source.substr(open + 1, end - open - 1));
      i = end + close.size() - 1;
    } else if (source[i] == '\'' && i > 0 && std::isalnum(static_cast<unsigned char>(source[i - 1])) == 0) {
      for (++i; i < source.size() && source[i] != '\''; ++i)
        if (source[i] == '\\') ++i;
    } else if (source[i] == '"') {
      std::string literal;
      for (++i; i < source.size() && source[i] != '"'; ++i) {
        if (source[i] == '\\')
          ++i;
        else
          literal += source[i];
      }
      found.push_back(literal);
    }
  }
  return found;
}

std::string content(const std::filesystem::path& path) {
  std::ifstream in(path);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

class LoadedFonts {
 public:
  LoadedFonts() : context_(ImGui::CreateContext()), fonts(load_fonts(1)) {}
  ~LoadedFonts() { ImGui::DestroyContext(context_); }
  LoadedFonts(const LoadedFonts&) = delete;
  LoadedFonts& operator=(const LoadedFonts&) = delete;

 private:
  ImGuiContext* context_;

 public:
  Fonts fonts;

  // What of a text some font for words lacks, as "U+1D40 small, bold".
  std::set<std::string> missing(std::string_view text) const {
    const std::pair<const char*, ImFont*> all[] = {
        {"small", fonts.small}, {"body", fonts.body}, {"bold", fonts.bold}, {"large", fonts.large}};
    std::set<std::string> out;
    for (const unsigned point : code_points(text)) {
      if (point < 0x20) continue;
      std::string where;
      for (const auto& [name, font] : all)
        if (point > 0xffff || !font->FindGlyphNoFallback(static_cast<ImWchar>(point)))
          where += std::string(" ") + name;
      std::ostringstream code;
      code << "U+" << std::hex << std::uppercase << point << where;
      if (!where.empty()) out.insert(code.str());
    }
    return out;
  }
};

}  // namespace

TEST_CASE("a sign that a font lacks is found", "[texts]") {
  const LoadedFonts loaded;
  CHECK(loaded.missing("plain text").empty());
  CHECK(loaded.missing("φᵀ(x − aφ), zᵀ, W₋₁, Σₖ").empty());
  CHECK(loaded.missing("Müller, кошка, Łódź, café").empty());
  CHECK(loaded.missing("\xE7\x8C\xAB").size() == 1);      // a Chinese cat
  CHECK(loaded.missing("\xF0\x9D\x94\xB8").size() == 1);  // beyond the basic plane
  CHECK(literals("f(\"a\\\"b\", 'c', \"d\"); // \"e\"\n/* \"f\" */ 1'000; R\"(g\"h)\"") ==
        std::vector<std::string>{"ab", "d", "g\"h"});
}

TEST_CASE("every sign of the lessons and of the sources' strings is in the fonts", "[texts]") {
  const LoadedFonts loaded;
  const std::filesystem::path root = UNVEIL_SOURCE_DIR;
  int lessons = 0, sources = 0, signs = 0;
  for (const char* folder : {"app", "engine", "assets/lessons"}) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root / folder)) {
      const auto extension = entry.path().extension();
      if (extension != ".md" && extension != ".cpp" && extension != ".h") continue;
      const std::string text = content(entry.path());
      (extension == ".md" ? lessons : sources)++;
      for (const auto& part : extension == ".md" ? std::vector<std::string>{text} : literals(text)) {
        for (const char c : part) signs += (static_cast<unsigned char>(c) & 0xc0) == 0xc0;
        INFO(entry.path().string() << ": " << part.substr(0, 200));
        CHECK(loaded.missing(part) == std::set<std::string>{});
      }
    }
  }
  CHECK(lessons >= 4);
  CHECK(sources > 200);
  CHECK(signs > 100);
}

TEST_CASE("every sign of what models, data and exhibits declare is in the fonts", "[texts]") {
  const LoadedFonts loaded;
  std::vector<std::string> texts;
  for (const auto* model : registered_models()) {
    const auto& d = model->declaration();
    texts.insert(texts.end(), {d.title, d.summary, d.name});
    for (const auto& knob : d.knobs) {
      texts.insert(texts.end(), {knob.name, knob.meaning, knob.unit});
      texts.insert(texts.end(), knob.choices.begin(), knob.choices.end());
    }
    for (const auto& preset : d.presets) texts.insert(texts.end(), {preset.name, preset.description});
    for (const auto& code : d.codes) texts.insert(texts.end(), {code.name, code.meaning});
    for (const auto& metric : d.step_metrics) texts.push_back(metric);
  }
  for (const auto* format : registered_data_formats()) texts.insert(texts.end(), {format->name, format->summary});
  for (const auto& entry : registered_exhibits()) {
    const auto exhibit = entry.make();
    texts.insert(texts.end(),
                 {exhibit->title(), exhibit->description(), exhibit->reference(), exhibit->explanation()});
    const auto tabs = exhibit->tabs();
    for (int tab = 0; tab < static_cast<int>(tabs.size()); ++tab)
      texts.insert(texts.end(), {tabs[static_cast<std::size_t>(tab)], exhibit->hint(tab)});
  }
  REQUIRE(texts.size() > 100);
  for (const auto& text : texts) {
    INFO(text);
    CHECK(loaded.missing(text) == std::set<std::string>{});
  }
}

TEST_CASE("the largest font has every sign of a number", "[texts]") {
  const LoadedFonts loaded;
  for (const double value : {0.0, -3.25, 1e-9, -1e-9, 12345678.0, 1e12, std::nan(""), HUGE_VAL, -HUGE_VAL})
    for (const unsigned point : code_points(format_value(value) + format_fixed(value, 2) + "…"))
      CHECK(loaded.fonts.display->FindGlyphNoFallback(static_cast<ImWchar>(point)));
}
