#include "engine/data/table_roles.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <set>

#include "engine/data/classes.h"
#include "engine/data/text.h"
#include "engine/error.h"

namespace unveil {
namespace {

constexpr std::size_t kFewRows = 10;      // below, all classes may differ, and rows count by chance
constexpr double kNearlyAll = 0.8;        // of the cells are numbers: the others are mistakes
constexpr std::size_t kNamesListed = 30;  // in an error
constexpr const char* kRowNumber = "row number";

template <std::size_t N>
bool one_of(const std::string& name, const std::string_view (&names)[N]) {
  return std::find(std::begin(names), std::end(names), ascii_lower(name)) != std::end(names);
}
bool means_label(const std::string& name) {
  constexpr std::string_view kNames[] = {"label",    "labels",         "class",       "classes",    "target",
                                         "targets",  "species",        "category",    "categories", "cluster",
                                         "clusters", "classification", "ground_truth"};
  return one_of(name, kNames);
}
// What a column of row numbers is called: the first may hold any numbers that all differ, the second only count.
bool means_index(const std::string& name) {
  constexpr std::string_view kNames[] = {"",         "unnamed: 0", "index", "row",    "row_number", "row number",
                                         "rownames", "row.names",  "rowid", "row_id", "id",         "item"};
  return one_of(name, kNames);
}
bool means_count(const std::string& name) {
  constexpr std::string_view kNames[] = {"rows", "no", "no.", "nr", "nr.", "number", "#", "n"};
  return means_index(name) || one_of(name, kNames);
}

// What a column holds.
struct Column {
  std::size_t numbers = 0, missing = 0, words = 0;
  std::size_t first_word = 0;          // row
  bool whole = true, counting = true;  // counting: 0, 1, 2, … or 1, 2, 3, …
  bool number_like = true;             // every word is made of what numbers are made of, such as "1,234"
};

// But for dates and versions, "24.12.2026".
bool looks_like_number(std::string_view cell) {
  return cell.find_first_of("0123456789") != std::string_view::npos &&
         cell.find_first_not_of("0123456789.,' %$+-") == std::string_view::npos &&
         cell.find('-', 1) == std::string_view::npos &&
         (cell.find(',') != std::string_view::npos || std::count(cell.begin(), cell.end(), '.') <= 1);
}

Column examine(const Table& table, std::size_t c) {
  Column column;
  double first = 0;
  for (std::size_t r = 0; r < table.rows(); ++r) {
    const auto cell = table.cell(r, c);
    const auto value = parse_number(cell, table.form.decimal);
    if (value) {
      ++column.numbers;
      column.whole = column.whole && *value == std::floor(*value);
      if (r == 0) first = *value;
      column.counting = column.counting && (first == 0 || first == 1) && *value == first + static_cast<double>(r);
      continue;
    }
    column.counting = false;
    if (is_missing(cell)) {
      ++column.missing;
    } else {
      if (column.words++ == 0) column.first_word = r;
      column.number_like = column.number_like && looks_like_number(cell);
    }
  }
  return column;
}

// How many different cells a column has, counted up to `most` + 1.
std::size_t different(const Table& table, std::size_t c, std::size_t most) {
  std::set<std::string_view> seen;
  for (std::size_t r = 0; r < table.rows() && seen.size() <= most; ++r) seen.insert(table.cell(r, c));
  return seen.size();
}

// Few enough different values to be classes.
bool few(const Table& table, std::size_t c) {
  const auto count = different(table, c, kMostClasses);
  return count <= kMostClasses && (table.rows() < kFewRows || 2 * count <= table.rows());
}

bool is_row_number(const Table& table, std::size_t c, const Column& column) {
  if (c != 0 || table.width() < 2 || table.rows() < 2 || column.numbers != table.rows() || !column.whole)
    return false;
  if (!table.form.header && column.counting) return table.rows() >= kFewRows;
  if (column.counting && means_count(table.columns[c])) return true;
  return means_index(table.columns[c]) && different(table, c, table.rows()) == table.rows();
}

// By name, in any case where no other is meant, else by number from 1. npos: there is none.
std::size_t column_called(const Table& table, const std::string& wanted) {
  const auto npos = std::string::npos;
  for (std::size_t c = 0; c < table.width(); ++c)
    if (table.columns[c] == wanted) return c;
  for (std::size_t c = 0; c < table.width(); ++c)
    if (ascii_lower(table.columns[c]) == ascii_lower(wanted)) return c;
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(wanted.data(), wanted.data() + wanted.size(), number);
  if (error == std::errc() && end == wanted.data() + wanted.size() && number >= 1 && number <= table.width())
    return number - 1;
  return npos;
}

std::size_t require_column(const Table& table, const std::string& wanted, const char* option) {
  const auto c = column_called(table, wanted);
  if (c == std::string::npos)
    throw UsageError(fmt::format("{}: {} '{}': there is no such column; the columns are {}", table.name, option,
                                 wanted, column_names(table)));
  return c;
}

std::vector<std::size_t> columns_said(const Table& table, const std::string& said) {
  std::vector<std::string> parts;
  std::size_t at = 0, line = 1;
  bool closed = true;
  read_record(said, at, ',', parts, line, closed);
  std::vector<std::size_t> columns;
  const auto add = [&](std::size_t c) {
    if (std::find(columns.begin(), columns.end(), c) == columns.end()) columns.push_back(c);
  };
  for (const auto& part : parts) {
    const auto dots = part.find("..");
    const auto dash = part.find('-', 1);
    if (column_called(table, part) != std::string::npos) {
      add(column_called(table, part));
    } else if (dots != std::string::npos ||
               (dash != std::string::npos && part.find_first_not_of("0123456789-") == std::string::npos)) {
      const auto cut = dots != std::string::npos ? dots : dash;
      const auto first = require_column(table, part.substr(0, cut), "--columns"),
                 last = require_column(table, part.substr(cut + (dots != std::string::npos ? 2 : 1)), "--columns");
      if (first > last)
        throw UsageError(fmt::format("{}: --columns '{}': {} stands behind {}", table.name, part,
                                     table.column_name(first), table.column_name(last)));
      for (auto c = first; c <= last; ++c) add(c);
    } else {
      add(require_column(table, part, "--columns"));
    }
  }
  return columns;
}

// The columns that a program of ours called its coordinates; empty: it is not one's.
std::vector<std::size_t> own_coordinates(const Table& table) {
  std::vector<std::size_t> columns;
  while (columns.size() < table.width() && table.columns[columns.size()] == fmt::format("z{}", columns.size()))
    columns.push_back(columns.size());
  if (columns.empty() && table.width() >= 3 && (table.columns[0] == "row" || table.columns[0] == "item") &&
      table.columns[1] == "x" && table.columns[2] == "y")
    columns = {1, 2};
  return columns;
}

}  // namespace

std::string column_names(const Table& table) {
  std::string names;
  for (std::size_t c = 0; c < std::min(table.width(), kNamesListed); ++c)
    names += (c ? ", " : "") + table.column_name(c);
  if (table.width() > kNamesListed) names += fmt::format(" and {} more", table.width() - kNamesListed);
  return names;
}

TableRoles find_roles(const Table& table, const RoleOptions& options) {
  TableRoles roles;
  const auto label =
      options.label.empty() ? std::string::npos : require_column(table, options.label, "--label-column");
  if (label != std::string::npos) roles.labels.push_back(label);
  const bool said = !options.columns.empty();
  if (said) roles.coordinates = columns_said(table, options.columns);
  const auto own = said ? std::vector<std::size_t>{} : own_coordinates(table);
  if (!own.empty()) roles.coordinates = own;
  const bool decided = said || !own.empty();
  const auto is_coordinate = [&](std::size_t c) {
    return std::find(roles.coordinates.begin(), roles.coordinates.end(), c) != roles.coordinates.end();
  };
  const bool has_x =
      std::any_of(table.columns.begin(), table.columns.end(), [](const auto& n) { return ascii_lower(n) == "x"; });

  for (std::size_t c = 0; c < table.width(); ++c) {
    if (c == label || (decided && is_coordinate(c))) continue;
    const Column column = examine(table, c);
    const std::string& name = table.columns[c];
    const auto leave = [&](std::string why) { roles.left_out.push_back({c, std::move(why)}); };
    if (column.numbers + column.words == 0 && table.rows() > 0) {
      leave("empty");
    } else if (is_row_number(table, c, column)) {
      leave(kRowNumber);
    } else if (column.words > 0) {
      const auto told = static_cast<double>(column.numbers + column.words);
      const bool mistake = column.number_like || static_cast<double>(column.numbers) >= kNearlyAll * told;
      if (mistake && !decided && !means_label(name))
        table.fail(column.first_word, c,
                   fmt::format("'{}', where a number is expected; --columns can leave the column out",
                               table.shown(column.first_word, c)));
      if (few(table, c))
        roles.labels.push_back(c);
      else
        leave("words too different to be classes");
    } else if (!own.empty() || means_label(name) ||
               (ascii_lower(name) == "y" && !has_x && column.whole && few(table, c))) {
      if (column.whole && few(table, c))
        roles.labels.push_back(c);
      else
        leave("numbers too different to be classes");
    } else if (decided) {
      leave("");
    } else {
      roles.coordinates.push_back(c);
    }
  }
  // A table of nothing else: then these are the points.
  if (roles.coordinates.empty() && !decided)
    for (auto out = roles.left_out.begin(); out != roles.left_out.end();) {
      const bool numbers = out->why == kRowNumber;
      if (numbers) roles.coordinates.push_back(out->column);
      out = numbers ? roles.left_out.erase(out) : out + 1;
    }
  return roles;
}

std::string roles_text(const Table& table, const TableRoles& roles, const std::vector<std::size_t>& classes) {
  std::string text = fmt::format("{} row{}; coordinates: ", table.rows(), table.rows() == 1 ? "" : "s");
  // Runs of neighbours by their first and last.
  constexpr std::size_t kLongest = 3, kMostRuns = 6;
  std::size_t runs = 0;
  for (std::size_t i = 0; i < roles.coordinates.size(); ++runs) {
    std::size_t last = i;
    while (last + 1 < roles.coordinates.size() && roles.coordinates[last + 1] == roles.coordinates[last] + 1) ++last;
    const bool shorten = last - i >= kLongest;
    if (runs == kMostRuns) {
      text += fmt::format(", {} more", roles.coordinates.size() - i);
      break;
    }
    text += (i ? ", " : "") + table.column_name(roles.coordinates[i]);
    if (shorten) text += " … " + table.column_name(roles.coordinates[last]);
    i = shorten ? last + 1 : i + 1;
  }
  if (roles.coordinates.empty()) text += "none";
  text += "; labels: ";
  for (std::size_t i = 0; i < roles.labels.size(); ++i)
    text += fmt::format("{}{} ({})", i ? ", " : "", table.column_name(roles.labels[i]),
                        i < classes.size() ? classes[i] : 0);
  if (roles.labels.empty()) text += "none";
  for (std::size_t i = 0; i < roles.left_out.size(); ++i) {
    const auto& [column, why] = roles.left_out[i];
    text += i ? ", " : "; left out: ";
    if (i == kMostRuns) {
      text += fmt::format("{} more", roles.left_out.size() - i);
      break;
    }
    if (table.columns[column].empty())
      text += why == kRowNumber
                  ? "the unnamed row number"
                  : fmt::format("the unnamed {}{}", table.column_name(column), why.empty() ? "" : " (" + why + ")");
    else
      text += table.columns[column] + (why.empty() ? "" : " (" + why + ")");
  }
  std::vector<std::string> form;
  switch (table.form.separator) {
    case ',':
    case '\0': break;
    case '\t': form.push_back("separated by tabs"); break;
    case ';': form.push_back("separated by semicolons"); break;
    case ' ': form.push_back("separated by blanks"); break;
    default: form.push_back(fmt::format("separated by '{}'", table.form.separator));
  }
  if (table.form.decimal == ',') form.push_back("decimal commas");
  if (!table.form.header && table.width() > 0 && table.columns[0] == "column 1") form.push_back("no header");
  if (table.form.encoding != "UTF-8") form.push_back(table.form.encoding);
  if (table.form.comments > 0)
    form.push_back(fmt::format("{} comment line{}", table.form.comments, table.form.comments == 1 ? "" : "s"));
  for (std::size_t i = 0; i < form.size(); ++i) text += (i ? ", " : "; ") + form[i];
  return text;
}

}  // namespace unveil
