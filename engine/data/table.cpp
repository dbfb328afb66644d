#include "engine/data/table.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstring>
#include <iterator>
#include <limits>
#include <span>
#include <utility>

#include "engine/data/table_form.h"
#include "engine/data/text.h"
#include "engine/data/what_is.h"
#include "engine/error.h"

namespace unveil {
namespace {

constexpr std::uint64_t kLargestFile = std::numeric_limits<std::uint32_t>::max();

bool is_blank_sign(char c) {
  return c == ' ' || c == '\t';
}

// What is plainly no table; empty where it may be one. A table may begin with letters that mean another kind ("MZ",
// "P1").
std::string other_than_text(std::string_view bytes) {
  const auto head = bytes.substr(0, kWhatIsBytes);
  const auto what = what_is(std::as_bytes(std::span(head)), bytes.size());
  const bool binary = std::any_of(head.begin(), head.end(),
                                  [](char c) { return c >= 0 && c < 0x20 && !std::strchr("\t\n\r\f\v", c); });
  const bool marked = what.kind == FileKind::document && trimmed(head).starts_with('<');
  const bool known = what.kind != FileKind::unknown && what.kind != FileKind::text && what.kind != FileKind::empty;
  return what.kind == FileKind::pointer || marked || (binary && known) ? what.text : "";
}

// One line whatever the file holds, of a readable length.
std::string one_line(std::string text) {
  constexpr std::size_t kLongest = 60;
  std::ranges::replace_if(
      text, [](unsigned char c) { return c < 0x20 || c == 0x7f; }, ' ');
  if (text.size() <= kLongest) return text;
  auto end = kLongest;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return text.substr(0, end) + "…";
}

// Where the record's numbers of cells and the table's differ: what may be mended of it, else an error. Cells that are
// empty at the end are separators too many.
void fit(std::vector<std::string>& cells, std::size_t width, bool header, const std::string& name, std::size_t line) {
  while (cells.size() > width && cells.back().empty()) cells.pop_back();
  if (cells.size() != width)
    throw Error(fmt::format("{}: line {} has {} cells, {} {}", name, line, cells.size(),
                            header ? "the header" : "the others", width));
}

// The comma where it stands in numbers that have no other sign.
char decimal_sign(const Table& table) {
  if (table.form.separator == ',') {
    // Between commas only cells in quotes hold any; with three digits behind it, it may part thousands.
    std::size_t decimals = 0, others = 0;
    for (std::size_t r = 0; r < table.rows(); ++r)
      for (std::size_t c = 0; c < table.width(); ++c) {
        const auto cell = table.cell(r, c);
        const auto comma = cell.find(',');
        if (comma == std::string_view::npos)
          others += cell.find('.') != std::string_view::npos && parse_number(cell).has_value();
        else if (parse_number(cell, ','))
          ++(cell.size() - comma == 4 ? others : decimals);
      }
    return decimals > 0 && others == 0 ? ',' : '.';
  }
  std::size_t commas = 0, points = 0;
  for (std::size_t r = 0; r < table.rows(); ++r)
    for (std::size_t c = 0; c < table.width(); ++c) {
      const auto cell = table.cell(r, c);
      if (cell.find(',') != std::string_view::npos)
        commas += parse_number(cell, ',').has_value();
      else if (cell.find('.') != std::string_view::npos)
        points += parse_number(cell).has_value();
    }
  return commas > points ? ',' : '.';
}

}  // namespace

bool read_record(std::string_view text, std::size_t& at, char separator, std::vector<std::string>& cells,
                 std::size_t& line, bool& closed) {
  cells.clear();
  closed = true;
  if (at >= text.size()) return false;
  const bool blanks = separator == ' ';
  std::string cell;
  bool inside = false, was_quoted = false;
  const auto end_cell = [&] {
    cells.emplace_back(was_quoted ? std::string_view(cell) : trimmed(cell));
    cell.clear();
    was_quoted = false;
  };
  const auto only_blanks = [&] { return cell.find_first_not_of(" \t") == std::string::npos; };
  if (blanks)
    while (at < text.size() && is_blank_sign(text[at])) ++at;
  for (; at < text.size(); ++at) {
    const char c = text[at];
    const bool line_end = c == '\n' || c == '\r';
    if (line_end && !(c == '\r' && at + 1 < text.size() && text[at + 1] == '\n')) ++line;
    if (inside) {
      if (c != '"') {
        cell += c;
      } else if (at + 1 < text.size() && text[at + 1] == '"') {
        cell += '"';
        ++at;
      } else {
        inside = false;
      }
    } else if (c == '"' && !was_quoted && only_blanks()) {
      cell.clear();
      inside = was_quoted = true;
    } else if (line_end) {
      at += c == '\r' && at + 1 < text.size() && text[at + 1] == '\n' ? 2 : 1;
      if (text[at - 1] == '\n' && c == '\r') ++line;
      break;
    } else if (blanks && is_blank_sign(c)) {
      while (at + 1 < text.size() && is_blank_sign(text[at + 1])) ++at;
      if (at + 1 >= text.size() || text[at + 1] == '\n' || text[at + 1] == '\r') continue;
      end_cell();
    } else if (c == separator && separator != '\0') {
      end_cell();
    } else if (!was_quoted || !is_blank_sign(c)) {
      cell += c;
    }
  }
  end_cell();
  closed = !inside;
  return true;
}

std::string_view Table::cell(std::size_t row, std::size_t column) const {
  const Cell& cell = cells_[row * width() + column];
  return std::string_view(text_).substr(cell.begin, cell.length);
}

std::string Table::shown(std::size_t row, std::size_t column) const {
  return one_line(std::string(cell(row, column)));
}

std::string Table::column_name(std::size_t column) const {
  return columns[column].empty() ? fmt::format("column {}", column + 1) : columns[column];
}

void Table::fail(std::size_t row, std::size_t column, const std::string& what) const {
  const auto named = form.header && !columns[column].empty() ? "column " + columns[column] : column_name(column);
  throw Error(fmt::format("{}: line {}, {}: {}", name, line(row), named, what));
}

std::optional<double> parse_number(std::string_view cell, char decimal) {
  cell = trimmed(cell);
  if (cell.empty()) return std::nullopt;
  std::array<char, 64> copy;
  constexpr std::string_view kMinus = "\xe2\x88\x92";  // U+2212, as some languages' spreadsheets write it
  const bool minus = cell.starts_with(kMinus);
  if (minus) cell.remove_prefix(kMinus.size());
  if (cell.starts_with('+') && !minus) {
    cell.remove_prefix(1);
    if (cell.starts_with('-')) return std::nullopt;
  }
  if (decimal != '.') {
    if (cell.size() > copy.size() || cell.find('.') != std::string_view::npos) return std::nullopt;
    std::replace_copy(cell.begin(), cell.end(), copy.begin(), decimal, '.');
    cell = {copy.data(), cell.size()};
  }
  double value = 0;
  const auto [end, error] = std::from_chars(cell.data(), cell.data() + cell.size(), value);
  if (end != cell.data() + cell.size() || error == std::errc::invalid_argument || std::isnan(value))
    return std::nullopt;
  if (error == std::errc::result_out_of_range) {
    const bool small = cell.find("e-") != std::string_view::npos || cell.find("E-") != std::string_view::npos;
    value = small ? 0.0 : cell.starts_with('-') ? -HUGE_VAL : HUGE_VAL;
  }
  return minus ? -value : value;
}

bool is_missing(std::string_view cell) {
  constexpr std::string_view kWords[] = {"NA",   "N/A",  "n/a",  "#N/A", "NaN",  "nan",  "NAN",
                                         "-nan", "-NaN", "<NA>", "null", "NULL", "Null", "None",
                                         "none", "?",    "-",    ".",    "NaT",  "#NUM!"};
  return cell.empty() || std::find(std::begin(kWords), std::end(kWords), cell) != std::end(kWords);
}

Table parse_table(std::string bytes, const std::string& name, const TableOptions& options) {
  if (bytes.size() >= kLargestFile)
    throw Error(fmt::format("{}: {} bytes; tables below 4 GiB are accepted", name, bytes.size()));
  if (const auto what = other_than_text(bytes); !what.empty())
    throw Error(fmt::format("{}: this is {}; a table of text is expected", name, what));
  auto decoded = decode_text(std::move(bytes));
  const std::string& text = decoded.utf8;
  if (text.size() >= kLargestFile) throw Error(fmt::format("{}: tables below 4 GiB are accepted", name));
  if (const auto nul = text.find('\0'); nul != std::string::npos)
    throw Error(fmt::format("{}: line {}: a zero byte, which is in no text; a table of text is expected", name,
                            1 + std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(nul), '\n')));
  const auto found = find_form(text, options);
  Table table;
  table.name = name;
  table.form = found.form;
  table.form.encoding = decoded.encoding;

  std::vector<std::string> cells;
  std::size_t at = found.begin, line = found.first_line;
  bool closed = true, first = true;
  std::size_t width = found.width;
  table.text_.reserve(text.size() - std::min(text.size(), at));
  if (!found.form.header) {
    std::ranges::transform(found.names, std::back_inserter(table.columns), one_line);
    for (std::size_t c = 0; c < width && found.names.empty(); ++c)
      table.columns.push_back(fmt::format("column {}", c + 1));
  }
  for (std::size_t begin = line; read_record(text, at, found.form.separator, cells, line, closed); begin = line) {
    if (!closed)
      throw Error(
          fmt::format("{}: line {}: ends inside quotes that are never closed: the file is truncated", name, begin));
    if (std::all_of(cells.begin(), cells.end(), [](const auto& cell) { return cell.empty(); })) continue;
    if (found.comments && cells[0].starts_with('#')) {
      ++table.form.comments;
      continue;
    }
    if (std::exchange(first, false) && found.form.header) {
      // A separator too many at the end of every row, or of the header alone.
      while (cells.size() > width && cells.back().empty()) cells.pop_back();
      if (cells.size() + 1 == width) cells.insert(cells.begin(), "");
      width = cells.size();
      std::ranges::transform(cells, std::back_inserter(table.columns), one_line);
      continue;
    }
    fit(cells, width, found.form.header, name, begin);
    for (const auto& cell : cells) {
      table.cells_.push_back(
          {static_cast<std::uint32_t>(table.text_.size()), static_cast<std::uint32_t>(cell.size())});
      table.text_ += cell;
    }
    table.lines_.push_back(static_cast<std::uint32_t>(begin));
  }
  if (first) throw Error(fmt::format("{}: empty; a table of text is expected", name));
  table.form.decimal = decimal_sign(table);
  return table;
}

Table read_table(const std::filesystem::path& path, const TableOptions& options) {
  return parse_table(read_file(path), path.string(), options);
}

}  // namespace unveil
