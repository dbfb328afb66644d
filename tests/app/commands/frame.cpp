#include <filesystem>
#include <fstream>

#include "app/commands/command.h"
#include "tests/app/commands/program.h"
#include "tests/catch.h"

namespace unveil {
namespace {

using test::run_program;

TEST_CASE("wrong usage is one line that says what is accepted, and exit status 2", "[commands]") {
  const auto [arguments, said] = GENERATE(table<std::string, std::string>({
      {"frobnicate", "unknown command 'frobnicate'; commands are "},
      {"devices --frob", "unknown option '--frob'; accepted are --help, --device, --seed, --json"},
      {"devices extra", "unexpected argument 'extra'"},
      {"devices --device", "--device"},
      {"devices --seed -1", "whole number from 0"},
      {"devices --seed 1e3", "whole number from 0"},
      {"devices --device no-such-device", "no Vulkan device is called 'no-such-device'"},
      {"inspect", "FILE is required"},
      {"inspect a b", "unexpected argument 'b'"},
  }));
  const auto answer = run_program(arguments);
  INFO(arguments << ": " << answer.err);
  CHECK(answer.status == 2);
  CHECK(answer.one_line_error());
  CHECK(answer.err.find(said) != std::string::npos);
  CHECK(answer.out.empty());
}

TEST_CASE("help and version are no errors", "[commands]") {
  for (const char* arguments : {"--help", "--version", "devices --help", "data --help", "inspect -h"}) {
    const auto answer = run_program(arguments);
    INFO(arguments);
    CHECK(answer.status == 0);
    CHECK_FALSE(answer.out.empty());
    CHECK(answer.err.empty());
  }
}

TEST_CASE("every command takes --device, --seed and --json", "[commands]") {
  const auto help = run_program("--help").out;
  const auto list = help.substr(help.find("Subcommands:"));
  int commands = 0;
  for (std::size_t at = list.find("\n  "); at != std::string::npos; at = list.find("\n  ", at + 1)) {
    const auto name = list.substr(at + 3, list.find(' ', at + 3) - at - 3);
    if (name.empty()) continue;  // a continued description
    ++commands;
    const auto options = run_program(name + " --help").out;
    INFO(name << "\n" << options);
    for (const char* option : {"--device", "--seed", "--json"}) CHECK(options.find(option) != std::string::npos);
  }
  CHECK(commands == static_cast<int>(registered_commands().size()));
}

TEST_CASE("an error that names a strange file stays on one line", "[commands]") {
  const auto answer = run_program("inspect \"$(printf 'no\\nsuch\\033file')\"");
  CHECK(answer.status == 1);
  CHECK(answer.one_line_error());
  CHECK(answer.err.find("\\x1b") != std::string::npos);
}

TEST_CASE("standard output that takes nothing is an error", "[commands]") {
  for (const char* arguments :
       {"data --json", "data", "--help", "--version", "train --help", "--size 640x480 --help"}) {
    INFO(arguments);
    CHECK(run_program(std::string(arguments) + " >/dev/full 2>/dev/null; exit $?; :").status == 1);
  }
}

TEST_CASE("a window that is to open what is no checkpoint says so and does not open", "[commands]") {
  test::TemporaryFolder folder;
  std::ofstream(folder.file("m.safetensors")) << "version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 2\n";
  const auto answer = run_program("--load " + folder.file("m.safetensors"));
  CHECK(answer.status == 1);
  CHECK(answer.one_line_error());
  CHECK(answer.err.find("is a Git LFS pointer") != std::string::npos);
}

TEST_CASE("no file is called - by mistake", "[commands]") {
  test::TemporaryFolder folder;
  for (const char* option : {"--save", "--log", "--curves"}) {
    const auto answer = run_program("train sparse --steps 1 " + std::string(option) + " -", "-C " + folder.file(""));
    INFO(answer.err);
    CHECK(answer.status != 0);
    CHECK(answer.err.find("'-' cannot be written") != std::string::npos);
    CHECK_FALSE(std::filesystem::exists(folder.file("-")));
  }
}

}  // namespace
}  // namespace unveil
