#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "engine/data/table.h"

namespace unveil {

// How a table of text is written, found from its beginning; for table.cpp.
struct FoundForm {
  TableForm form;         // all but the decimal sign and the encoding
  std::size_t begin = 0;  // of the first record, behind `sep=` and comments
  std::size_t first_line = 1;
  bool comments = true;  // lines that begin with # are none of the table
  std::size_t width = 0;
  std::vector<std::string> names;  // from a comment such as NumPy's savetxt writes; empty: none
};
FoundForm find_form(std::string_view text, const TableOptions& options);

// The line without blanks around it.
std::string_view trimmed(std::string_view text);

}  // namespace unveil
