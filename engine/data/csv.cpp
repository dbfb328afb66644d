#include "engine/data/csv.h"

#include <fmt/format.h>

#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstring>
#include <fstream>
#include <limits>
#include <stdexcept>

#include "engine/data/atomic_file.h"
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

// One record of cells; quotes may hold commas and line ends. False at the end of the file.
bool read_record(std::istream& in, std::vector<std::string>& cells, int& line, bool& closed) {
  cells.assign(1, "");
  closed = true;
  if (in.peek() == std::istream::traits_type::eof()) return false;
  bool inside = false;
  char c;
  while (in.get(c)) {
    if (c == '\n') ++line;
    if (inside) {
      if (c != '"')
        cells.back() += c;
      else if (in.peek() == '"')
        cells.back() += static_cast<char>(in.get());
      else
        inside = false;
    } else if (c == '"' && cells.back().empty()) {
      inside = true;
    } else if (c == ',') {
      cells.emplace_back();
    } else if (c == '\n') {
      break;
    } else if (c != '\r') {
      cells.back() += c;
    }
  }
  closed = !inside;
  return true;
}

}  // namespace

CsvTable read_csv(const std::filesystem::path& path) {
  const std::string name = path.string();
  std::error_code ignored;
  std::ifstream file(path, std::ios::binary);
  if (!std::filesystem::is_regular_file(path, ignored) || !file)
    throw Error(fmt::format("{}: not a readable file", name));
  char mark[3] = {};  // UTF-8's byte order mark, as spreadsheets write it
  if (!file.read(mark, 3) || std::memcmp(mark, "\xef\xbb\xbf", 3) != 0) {
    file.clear();
    file.seekg(0);
  }
  CsvTable table;
  int line = 1;
  bool closed = true;
  if (!read_record(file, table.columns, line, closed))
    throw Error(fmt::format("{}: empty; a header line is expected", name));
  std::vector<std::string> cells;
  for (int first = line; closed && read_record(file, cells, line, closed); first = line) {
    if (cells.size() != table.columns.size())
      throw Error(
          fmt::format("{}: line {} has {} cells, the header {}", name, first, cells.size(), table.columns.size()));
    std::vector<double> row;
    for (std::size_t i = 0; i < cells.size(); ++i) {
      double value = std::numeric_limits<double>::quiet_NaN();
      const char* const end = cells[i].data() + cells[i].size();
      const auto [stop, error] = std::from_chars(cells[i].data(), end, value);
      if (!cells[i].empty() && (error != std::errc() || stop != end))
        throw Error(fmt::format("{}: line {}, column {}: a number is expected", name, first, table.columns[i]));
      row.push_back(value);
    }
    table.rows.push_back(std::move(row));
  }
  if (!closed) throw Error(fmt::format("{}: ends inside quotes: the file is truncated", name));
  return table;
}

void write_csv(const std::filesystem::path& path, const CsvTable& table) {
  std::string text = header_line(table.columns);
  for (const auto& row : table.rows) {
    if (row.size() != table.columns.size())
      throw std::logic_error("write_csv: a row that is not as long as the header");
    text += row_line(row);
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
