#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace unveil {

// How a table is written, as found out or as said by the user.
struct TableForm {
  char separator = ',';  // ' ' stands for runs of blanks, '\0' for a table of one column
  char decimal = '.';
  bool header = true;
  std::string encoding = "UTF-8";
  int comments = 0;  // lines passed over
};

struct TableOptions {
  std::optional<char> separator;  // ' ' stands for runs of blanks
  std::optional<bool> header;
};

// A table as people's programs write it: cells in quotes (RFC 4180) or bare, line ends of any system, `sep=;` and
// lines beginning with # before it, blank lines, in any encoding of decode_text. Cells are kept as text without the
// blanks around them. A header one cell short is R's: the column of row names has none.
class Table {
 public:
  std::string name;  // of the file, for errors
  TableForm form;
  std::vector<std::string> columns;  // one line each; "" where the header has none; "column 1", … without a header

  std::size_t rows() const { return lines_.size(); }
  std::size_t width() const { return columns.size(); }
  std::string_view cell(std::size_t row, std::size_t column) const;
  std::string shown(std::size_t row, std::size_t column) const;    // a cell in an error: one line, not too long
  std::size_t line(std::size_t row) const { return lines_[row]; }  // of the file, from 1
  // Throws Error naming the line and what is wrong with it.
  [[noreturn]] void fail(std::size_t row, std::size_t column, const std::string& what) const;
  std::string column_name(std::size_t column) const;  // for people: "column 3" where it has none

 private:
  friend Table parse_table(std::string bytes, const std::string& name, const TableOptions& options);
  struct Cell {
    std::uint32_t begin = 0, length = 0;
  };
  std::string text_;
  std::vector<Cell> cells_;  // [rows][width]
  std::vector<std::uint32_t> lines_;
};

// Throws Error naming the file and line: empty, no text, a row of another length, a quote that is not closed. Holds
// at most some ten times the file; files of 4 GiB and more are refused.
Table parse_table(std::string bytes, const std::string& name, const TableOptions& options = {});
Table read_table(const std::filesystem::path& path, const TableOptions& options = {});

// "1.5", "+2", "-3e4", with the decimal sign given; "inf" and what is too large is infinite. Nothing where it is no
// number.
std::optional<double> parse_number(std::string_view cell, char decimal = '.');
// Empty, or a word for nothing: NA, N/A, NaN, null, None, ?, -.
bool is_missing(std::string_view cell);

// The next record of a text from `at` on, which is moved behind it: its cells without quotes. Line ends count in
// `line`. False at the end; `closed` tells whether all quotes were.
bool read_record(std::string_view text, std::size_t& at, char separator, std::vector<std::string>& cells,
                 std::size_t& line, bool& closed);

}  // namespace unveil
