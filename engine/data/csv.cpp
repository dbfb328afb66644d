#include "engine/data/csv.h"

#include <fmt/format.h>

#include <cerrno>
#include <cmath>
#include <cstring>
#include <fstream>
#include <limits>
#include <stdexcept>

#include "engine/data/atomic_file.h"
#include "engine/data/table.h"
#include "engine/error.h"

namespace unveil {
namespace {

std::string quoted(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string out(1, '"');
  for (const char c : text) out.append(c == '"' ? 2 : 1, c);
  out.push_back('"');
  return out;
}

std::string header_line(const std::vector<std::string>& columns) {
  std::string line;
  for (std::size_t i = 0; i < columns.size(); ++i) line.append(i ? "," : "").append(quoted(columns[i]));
  line.push_back('\n');
  return line;
}

std::string row_line(const std::vector<double>& values) {
  std::string line;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (i) line += ',';
    if (!std::isnan(values[i])) line += fmt::format("{}", values[i]);
  }
  return line + '\n';
}

}  // namespace

CsvTable read_csv(const std::filesystem::path& path) {
  const Table read = read_table(path, {.separator = ',', .header = true});
  CsvTable table{read.columns, {}, {}};
  for (std::size_t r = 0; r < read.rows(); ++r) {
    auto& row = table.rows.emplace_back();
    for (std::size_t c = 0; c < read.width(); ++c) {
      const auto value = parse_number(read.cell(r, c));
      if (!value && !is_missing(read.cell(r, c))) read.fail(r, c, "a number is expected");
      row.push_back(value.value_or(std::numeric_limits<double>::quiet_NaN()));
    }
  }
  return table;
}

void write_csv(const std::filesystem::path& path, const CsvTable& table) {
  auto columns = table.columns;
  for (const auto& texts : table.texts) {
    if (texts.values.size() != table.rows.size())
      throw std::logic_error("write_csv: words that are not as many as the rows");
    columns.push_back(texts.name);
  }
  std::string text = header_line(columns);
  for (std::size_t r = 0; r < table.rows.size(); ++r) {
    if (table.rows[r].size() != table.columns.size())
      throw std::logic_error("write_csv: a row that is not as long as the header");
    text += row_line(table.rows[r]);
    text.pop_back();
    for (const auto& texts : table.texts) text.append(",").append(quoted(texts.values[r]));
    text += '\n';
  }
  AtomicFile file(path);
  file.write(text);
  file.commit();
}

CsvLog::CsvLog(const std::filesystem::path& path, std::vector<std::string> columns, bool append)
    : path_(path), columns_(std::move(columns)), file_(nullptr, &std::fclose) {
  if (path_ == "-") throw Error("'-' cannot be written: a log is not written to standard output; name a file");
  std::error_code ignored;
  const std::string header = header_line(columns_);
  const bool goes_on =
      append && std::filesystem::is_regular_file(path, ignored) && std::filesystem::file_size(path, ignored) > 0;
  bool ends_in_row = true;
  if (goes_on) {
    std::ifstream old(path, std::ios::binary);
    std::string first;
    std::getline(old, first);
    if (first + '\n' != header)
      throw Error(fmt::format("{}: has other columns than the log that is to go on in it; expected {}", path.string(),
                              fmt::join(columns_, ",")));
    old.clear();
    old.seekg(-1, std::ios::end);
    ends_in_row = old.get() == '\n';
  }
  file_.reset(std::fopen(path.c_str(), goes_on ? "ab" : "wb"));
  if (!file_) throw Error(fmt::format("{}: cannot be opened for writing: {}", path.string(), std::strerror(errno)));
  if (!goes_on) put(header);
  if (!ends_in_row) put("\n");  // a crash cut the last row short; read_csv will name that line
}

void CsvLog::row(const std::vector<double>& values) {
  if (values.size() != columns_.size()) throw std::logic_error("CsvLog: a row that is not as long as the header");
  put(row_line(values));
}

void CsvLog::put(const std::string& line) {
  if (std::fwrite(line.data(), 1, line.size(), file_.get()) != line.size() || std::fflush(file_.get()) != 0)
    throw Error(fmt::format("{}: cannot be written: {}", path_.string(),
                            errno == ENOSPC ? "the disk is full" : std::strerror(errno)));
}

}  // namespace unveil
