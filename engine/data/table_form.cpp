#include "engine/data/table_form.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <set>

namespace unveil {
namespace {

constexpr std::size_t kSampleBytes = 1 << 20, kSampleRecords = 200;
constexpr std::string_view kSeparators = ",\t;| ";

using Records = std::vector<std::vector<std::string>>;

bool is_blank(const std::vector<std::string>& cells) {
  return std::all_of(cells.begin(), cells.end(), [](const auto& cell) { return cell.empty(); });
}

// The first records by one separator, comments and blank lines left out.
Records sample(std::string_view text, std::size_t at, char separator, bool comments) {
  const bool cut = text.size() - at > kSampleBytes;
  text = text.substr(0, at + kSampleBytes);
  Records records;
  std::vector<std::string> cells;
  std::size_t line = 1;
  bool closed = true;
  while (records.size() < kSampleRecords && read_record(text, at, separator, cells, line, closed))
    if (!is_blank(cells) && !(comments && cells[0].starts_with('#'))) records.push_back(cells);
  if (cut && at >= text.size() && records.size() > 1) records.pop_back();
  return records;
}

// Of as many of both the greater: a header may be one short.
std::size_t usual_width(const Records& records) {
  std::map<std::size_t, std::size_t> widths;
  for (const auto& cells : records) ++widths[cells.size()];
  std::size_t width = 1, most = 0;
  for (const auto& [wide, count] : widths)
    if (count >= most) width = wide, most = count;
  return width;
}

// A comma within a cell stood in quotes where commas separate.
bool reads_as_number(const std::string& cell) {
  return parse_number(cell) || parse_number(cell, ',');
}

// How well a separator explains the records: the share of records of one length, times how many of the cells become
// numbers. 0: not at all.
double agreement(const Records& records, char separator) {
  const auto width = usual_width(records);
  if (width < 2) return 0;
  std::size_t fitting = 0, cells = 0, numbers = 0;
  std::vector<std::size_t> by_column(width);
  for (std::size_t i = 0; i < records.size(); ++i) {
    // R leaves the name of its row names out.
    if (records[i].size() != width && !(i == 0 && records[0].size() + 1 == width)) continue;
    ++fitting;
    if (i == 0 && records.size() > 1) continue;
    for (std::size_t c = 0; c < records[i].size(); ++c) {
      if (records[i][c].empty()) continue;
      const bool number = reads_as_number(records[i][c]);
      ++cells, numbers += number;
      by_column[c] += number;
    }
  }
  // Words in a row are not yet a table.
  const auto numeric = std::count_if(by_column.begin(), by_column.end(), [](auto count) { return count > 0; });
  if (separator == ' ' && numeric < 2) return 0;
  const auto share = [](std::size_t part, std::size_t whole) {
    return whole > 0 ? static_cast<double>(part) / static_cast<double>(whole) : 0;
  };
  return share(fitting, records.size()) * (0.2 + 0.8 * share(numbers, cells));
}

bool whole(const std::string& cell, long long& value) {
  const auto [end, error] = std::from_chars(cell.data(), cell.data() + cell.size(), value);
  return error == std::errc() && end == cell.data() + cell.size();
}

// Names that are numbers: 0, 1, 2, … as pandas calls columns without names, or steps of a measure.
bool counting_names(const Records& records, std::size_t width) {
  auto names = records[0];
  const bool index = names.size() == width && width > 1 && names[0].empty();
  if (index) names.erase(names.begin());
  std::vector<long long> values(names.size());
  for (std::size_t c = 0; c < names.size(); ++c)
    if (!whole(names[c], values[c])) return false;
  const long long step = values.size() > 1 ? values[1] - values[0] : 1;
  for (std::size_t c = 1; c < values.size(); ++c)
    if (values[c] - values[c - 1] != step || step <= 0) return false;
  const bool from_zero = values[0] == 0 && step == 1;
  if (index && from_zero) return true;
  if (from_zero && values.size() >= 3) return true;
  // Others only over columns of fractions, which whole numbers do not belong to.
  if (!from_zero && values.size() < 3) return false;
  std::vector<char> fractional(width);
  for (std::size_t i = 1; i < records.size(); ++i)
    for (std::size_t c = 0; c < std::min(width, records[i].size()); ++c)
      if (const auto value = parse_number(records[i][c])) fractional[c] |= *value != std::floor(*value);
  return 2 * std::count(fractional.begin(), fractional.end(), 1) >= static_cast<std::ptrdiff_t>(width);
}

// A first record of words over columns of words: a header where its words do not recur and the others do.
bool names_over_words(const Records& records, std::size_t width) {
  bool repeats = false;
  for (std::size_t c = 0; c < std::min(width, records[0].size()); ++c) {
    std::set<std::string> below;
    for (std::size_t i = 1; i < records.size(); ++i)
      if (c < records[i].size()) below.insert(records[i][c]);
    if (below.contains(records[0][c])) return false;
    repeats = repeats || 2 * below.size() <= records.size() - 1;
  }
  return repeats;
}

bool first_is_header(const Records& records, std::size_t width) {
  const auto& first = records[0];
  if (records.size() > 1 && first.size() + 1 == width) return true;
  bool words = false, numbers_below = false;
  for (std::size_t c = 0; c < first.size(); ++c) {
    const bool word = !is_missing(first[c]) && !reads_as_number(first[c]);
    words = words || word;
    std::size_t numbers = 0, others = 0;
    for (std::size_t i = 1; i < records.size(); ++i)
      if (c < records[i].size() && !is_missing(records[i][c])) ++(reads_as_number(records[i][c]) ? numbers : others);
    numbers_below = numbers_below || numbers > 0;
    if (word && numbers > 0 && numbers >= others) return true;
  }
  if (words && records.size() == 1) return true;
  if (words && numbers_below) return false;
  return words ? names_over_words(records, width) : records.size() > 1 && counting_names(records, width);
}

// `sep=;`, Excel's first line; '\0': it is not.
char said_separator(std::string_view line) {
  if (line.size() > 2 && line.front() == '"' && line.back() == '"') line = line.substr(1, line.size() - 2);
  if (line.size() != 5 || !(line.starts_with("sep=") || line.starts_with("SEP=") || line.starts_with("Sep=")))
    return 0;
  return line[4];
}

}  // namespace

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\n\v\f";
  const auto begin = text.find_first_not_of(kBlank);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlank) - begin + 1);
}

FoundForm find_form(std::string_view text, const TableOptions& options) {
  FoundForm found;
  // Where nearly all lines begin with #, they are no comments.
  std::size_t lines = 0, marked = 0;
  for (std::size_t at = 0; at < std::min(text.size(), kSampleBytes) && lines < kSampleRecords;) {
    const auto end = std::min(text.find_first_of("\r\n", at), text.size());
    const auto line = trimmed(text.substr(at, end - at));
    lines += !line.empty(), marked += line.starts_with('#');
    at = end + 1;
  }
  found.comments = 2 * marked <= lines;

  std::optional<char> separator = options.separator;
  std::string_view last_comment;
  while (found.begin < text.size()) {
    const auto end = std::min(text.find_first_of("\r\n", found.begin), text.size());
    const auto line = trimmed(text.substr(found.begin, end - found.begin));
    const bool comment = found.comments && line.starts_with('#');
    const char said = said_separator(text.substr(found.begin, end - found.begin));
    if (!line.empty() && !comment && !said) break;
    if (comment) last_comment = line, ++found.form.comments;
    if (said && !separator) separator = said;
    found.begin = std::min(end + (text.substr(end, 2) == "\r\n" ? 2 : 1), text.size());
    ++found.first_line;
  }

  if (!separator) {
    double best = 0;
    separator = '\0';
    for (const char candidate : kSeparators)
      if (const double here = agreement(sample(text, found.begin, candidate, found.comments), candidate);
          here > best + 1e-9)
        best = here, separator = candidate;
  }
  found.form.separator = *separator;
  const auto records = sample(text, found.begin, *separator, found.comments);
  if (records.empty()) return found;
  found.width = usual_width(records);
  // A separator too many at the end of every row but the header.
  if (records.size() > 1 && records[0].size() + 1 == found.width &&
      std::all_of(records.begin() + 1, records.end(), [](const auto& cells) { return cells.back().empty(); }))
    --found.width;
  found.form.header = options.header.value_or(first_is_header(records, found.width));
  if (!found.form.header && !last_comment.empty()) {
    std::size_t at = last_comment.find_first_not_of("# \t"), line = 1;
    bool closed = true;
    std::vector<std::string> names;
    if (at != std::string_view::npos && read_record(last_comment, at, *separator, names, line, closed) &&
        names.size() == found.width && (found.width > 1 || names[0].find(' ') == std::string::npos)) {
      found.names = std::move(names);
      --found.form.comments;
    }
  }
  return found;
}

}  // namespace unveil
