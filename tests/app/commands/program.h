#pragma once
#include <nlohmann/json.hpp>
#include <string>

namespace unveil::test {

// What the real program answered.
struct Answer {
  int status = -1;  // exit status; 128 + signal when it was killed
  std::string out, err;

  nlohmann::json json() const;  // of standard output, which must be one object and a line break
  bool one_line_error() const;  // standard error is exactly one line that begins with "unveil: "
};

// Runs `unveil <arguments>` through the shell, without a display; environment: "NAME=value …" before it.
Answer run_program(const std::string& arguments, const std::string& environment = "");

// A folder of its own, gone at the end of the scope.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  std::string file(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

}  // namespace unveil::test
