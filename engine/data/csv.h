#pragma once
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace unveil {

// A column of words.
struct CsvTexts {
  std::string name;
  std::vector<std::string> values;  // one per row
};

// A table of numbers, and of words behind them, with one header line (RFC 4180). An empty cell of numbers is NaN.
struct CsvTable {
  std::vector<std::string> columns;
  std::vector<std::vector<double>> rows;  // each as long as columns
  std::vector<CsvTexts> texts;
};

// What write_csv and CsvLog write, but for words; table.h reads what others do. Throws Error naming file and line
// when a row has another number of cells or a cell is no number.
CsvTable read_csv(const std::filesystem::path& path);

// Through AtomicFile; numbers in the shortest form that reads back to the same double.
void write_csv(const std::filesystem::path& path, const CsvTable& table);

// A log that grows a row at a time and is on the file after each, so that it can be watched and a crash loses
// nothing. append: go on in an existing log, whose header must be the same. Throws Error naming the file, also when
// the disk is full.
class CsvLog {
 public:
  CsvLog(const std::filesystem::path& path, std::vector<std::string> columns, bool append = false);
  void row(const std::vector<double>& values);  // as many as columns; NaN leaves the cell empty

 private:
  void put(const std::string& line);

  std::filesystem::path path_;
  std::vector<std::string> columns_;
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file_;
};

}  // namespace unveil
