#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "app/widgets/ui.h"

namespace unveil {

// The little Markdown that lessons use: "# " and "## " headings, paragraphs, "- " lists, **bold**, `code`, and lines
// indented by four spaces or between $$ as equations.
struct RichSpan {
  std::string text;
  bool bold = false, code = false;
};
struct RichBlock {
  enum class Kind { heading, paragraph, item, equation } kind = Kind::paragraph;
  std::vector<RichSpan> spans;
};
std::vector<RichBlock> parse_rich_text(std::string_view source);

// Draws the blocks, wrapped to the rest of the line's width.
void rich_text(const Ui& ui, const std::vector<RichBlock>& blocks);

}  // namespace unveil
