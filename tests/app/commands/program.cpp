#include "tests/app/commands/program.h"

#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include "tests/catch.h"

namespace unveil::test {
namespace {

// What the window remembers of whoever runs the tests is neither read nor changed by them.
const int own_settings =
    setenv("XDG_CONFIG_HOME", (std::filesystem::temp_directory_path() / "unveil-tests-config").c_str(), 1);
// Programs started here choose no number of threads: their steps are thousands of tiny dispatches.
const int own_threads = setenv("LP_NUM_THREADS", "0", 0);
// Nor how many lanes: the bits are compared with those of the tests' own process, and 16-lane kernels compile longer.
const int own_lanes = setenv("LP_NATIVE_VECTOR_WIDTH", "256", 0);

std::string read_all(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

}  // namespace

TemporaryFolder::TemporaryFolder() {
  path_ = (std::filesystem::temp_directory_path() / "unveil-test-XXXXXX").string();
  REQUIRE(mkdtemp(path_.data()));
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

nlohmann::json Answer::json() const {
  INFO("standard output: " << out << "\nstandard error: " << err);
  auto object = nlohmann::json::parse(out, nullptr, false);
  REQUIRE(object.is_object());
  REQUIRE(out.find('\n') == out.size() - 1);
  return object;
}

bool Answer::one_line_error() const {
  return err.starts_with("unveil: ") && err.find('\n') == err.size() - 1;
}

Answer run_program(const std::string& arguments, const std::string& environment) {
  TemporaryFolder folder;
  const auto command = "env -u DISPLAY -u WAYLAND_DISPLAY " + environment + " '" UNVEIL_PROGRAM "' " + arguments +
                       " >" + folder.file("out") + " 2>" + folder.file("err") + " </dev/null";
  const int status = std::system(command.c_str());
  Answer answer{.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status),
                .out = read_all(folder.file("out")),
                .err = read_all(folder.file("err"))};
  INFO(arguments << " → " << answer.status << ": " << answer.err);
  CHECK(answer.status < 3);  // anything else is a crash
  return answer;
}

bool eventually(const std::function<bool()>& condition) {
  for (int i = 0; i < 6000; ++i) {
    if (condition()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return false;
}

RunningProgram::RunningProgram(std::vector<std::string> arguments, const std::function<void()>& set_up) {
  arguments.insert(arguments.begin(), UNVEIL_PROGRAM);
  std::vector<char*> words;
  for (auto& word : arguments) words.push_back(word.data());
  words.push_back(nullptr);
  const auto out = folder_.file("out"), err = folder_.file("err");
  process_ = fork();
  if (process_ != 0) return;
  if (!freopen(out.c_str(), "w", stdout) || !freopen(err.c_str(), "w", stderr)) _exit(127);
  if (set_up) set_up();
  execv(UNVEIL_PROGRAM, words.data());
  _exit(127);
}

RunningProgram::~RunningProgram() {
  if (process_ < 0) return;
  send(SIGKILL);
  waitpid(process_, nullptr, 0);
}

void RunningProgram::send(int signal) const {
  kill(process_, signal);
}

Answer RunningProgram::wait() {
  Answer answer;
  int status = 0;
  REQUIRE(eventually([&] { return waitpid(process_, &status, WNOHANG) == process_; }));
  process_ = -1;
  answer.killed = WIFSIGNALED(status);
  answer.status = answer.killed ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  answer.out = read_all(folder_.file("out"));
  answer.err = read_all(folder_.file("err"));
  return answer;
}

}  // namespace unveil::test
