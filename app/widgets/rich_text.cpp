#include "app/widgets/rich_text.h"

#include <sstream>

#include "app/widgets/controls.h"

namespace unveil {
namespace {

std::vector<RichSpan> parse_spans(std::string_view line) {
  std::vector<RichSpan> spans;
  RichSpan now;
  auto flush = [&] {
    if (!now.text.empty()) spans.push_back(now);
    now.text.clear();
  };
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line.substr(i, 2) == "**") {
      flush();
      now.bold = !now.bold;
      ++i;
    } else if (line[i] == '`') {
      flush();
      now.code = !now.code;
    } else {
      now.text += line[i];
    }
  }
  flush();
  return spans;
}

// Words flow over lines; a span's words keep its style.
void flow(const Ui& ui, const std::vector<RichSpan>& spans, float indent, ImU32 colour) {
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const float left = at.x + indent, right = at.x + ImGui::GetContentRegionAvail().x;
  const float line_height = std::round(ui.fonts.body->FontSize * 1.4f);
  float x = left, y = at.y;
  ImDrawList* list = ImGui::GetWindowDrawList();
  bool space = false;
  for (const auto& span : spans) {
    ImFont* font = span.bold ? ui.fonts.bold : ui.fonts.body;
    const float gap = measure(font, " ").x;
    std::size_t i = 0;
    while (i < span.text.size()) {
      if (span.text[i] == ' ') {
        space = true;
        ++i;
        continue;
      }
      const std::size_t end = std::min(span.text.find(' ', i), span.text.size());
      const std::string_view word(span.text.data() + i, end - i);
      const float width = measure(font, word).x;
      if (space) x += gap;
      if (x + width > right && x > left) x = left, y += line_height;
      const ImU32 ink = span.code ? ui.theme.accent : span.bold ? ui.theme.text : colour;
      list->AddText(font, font->FontSize, {x, y}, ink, word.data(), word.data() + word.size());
      x += width;
      space = false;
      i = end;
    }
  }
  ImGui::Dummy({right - at.x, y + line_height - at.y});
}

}  // namespace

std::vector<RichBlock> parse_rich_text(std::string_view source) {
  std::vector<RichBlock> blocks;
  std::istringstream lines{std::string(source)};
  std::string line, open;
  bool equation = false;
  auto close = [&](RichBlock::Kind kind) {
    if (!open.empty()) blocks.push_back({kind, parse_spans(open)});
    open.clear();
  };
  RichBlock::Kind kind = RichBlock::Kind::paragraph;
  while (std::getline(lines, line)) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (line == "$$") {
      close(kind);
      equation = !equation;
      continue;
    }
    if (equation || line.rfind("    ", 0) == 0) {
      close(kind);
      const auto first = line.find_first_not_of(' ');
      if (first != std::string::npos) blocks.push_back({RichBlock::Kind::equation, {{line.substr(first)}}});
      continue;
    }
    if (line.find_first_not_of(' ') == std::string::npos) {
      close(kind);
      kind = RichBlock::Kind::paragraph;
    } else if (line[0] == '#') {
      close(kind);
      const auto first = line.find_first_not_of("# ");
      if (first != std::string::npos) blocks.push_back({RichBlock::Kind::heading, {{line.substr(first), true}}});
      kind = RichBlock::Kind::paragraph;
    } else if (line.rfind("- ", 0) == 0) {
      close(kind);
      kind = RichBlock::Kind::item;
      open = line.substr(2);
    } else {
      const auto first = line.find_first_not_of(' ');
      open += (open.empty() ? "" : " ") + line.substr(first);
    }
  }
  close(kind);
  return blocks;
}

void rich_text(const Ui& ui, const std::vector<RichBlock>& blocks) {
  for (const auto& block : blocks) {
    switch (block.kind) {
      case RichBlock::Kind::heading:
        ImGui::Dummy({1, ui.px(2)});
        flow(ui, block.spans, 0, ui.theme.text);
        break;
      case RichBlock::Kind::paragraph: flow(ui, block.spans, 0, ui.theme.text_dim); break;
      case RichBlock::Kind::item: {
        const ImVec2 at = ImGui::GetCursorScreenPos();
        ImGui::GetWindowDrawList()->AddCircleFilled({at.x + ui.px(5), at.y + ui.fonts.body->FontSize * 0.58f},
                                                    ui.px(2), ui.theme.accent, 10);
        flow(ui, block.spans, ui.px(16), ui.theme.text_dim);
        break;
      }
      case RichBlock::Kind::equation: {
        const std::string& line = block.spans.front().text;
        const float room = ImGui::GetContentRegionAvail().x;
        ImFont* font = ui.fonts.body;
        const float width = measure(font, line).x;
        const float size = font->FontSize * std::min(1.0f, room / std::max(1.0f, width));
        const ImVec2 at = ImGui::GetCursorScreenPos();
        const float x = at.x + std::max(0.0f, std::floor((room - width) * 0.5f));
        ImGui::GetWindowDrawList()->AddText(font, size, {x, at.y + ui.px(2)}, ui.theme.text, line.c_str());
        ImGui::Dummy({room, font->FontSize + ui.px(6)});
        break;
      }
    }
  }
}

}  // namespace unveil
