#pragma once
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace unveil::test {

// What the real program answered.
struct Answer {
  int status = -1;  // exit status; 128 + signal when it was killed
  bool killed = false;
  std::string out, err;

  nlohmann::json json() const;  // of standard output, which must be one object and a line break
  bool one_line_error() const;  // standard error is exactly one line that begins with "unveil: "
};

bool eventually(const std::function<bool()>& condition);  // within two minutes

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

// The program at work in a process of its own, for signals.
class RunningProgram {
 public:
  // set_up: in the new process, before it becomes the program.
  explicit RunningProgram(std::vector<std::string> arguments, const std::function<void()>& set_up = {});
  ~RunningProgram();  // kills what still runs
  RunningProgram(const RunningProgram&) = delete;
  RunningProgram& operator=(const RunningProgram&) = delete;
  void send(int signal) const;
  Answer wait();

 private:
  TemporaryFolder folder_;
  int process_ = -1;
};

}  // namespace unveil::test
