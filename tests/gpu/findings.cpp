#include "engine/gpu/findings.h"

#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "tests/catch.h"
#include "tests/data/files.h"

using namespace unveil;

TEST_CASE("what was found out last about exactly this is what is known", "[findings]") {
  const TestFolder folder;
  const auto file = folder.path / "not/there/yet/threads";
  CHECK_FALSE(finding(file, "a b"));
  keep_finding(file, "a b", 2);
  keep_finding(file, "a", 0.125);
  CHECK(finding(file, "a b") == 2);
  CHECK(finding(file, "a") == 0.125);
  CHECK_FALSE(finding(file, "a b c"));
  CHECK_FALSE(finding(file, ""));
  keep_finding(file, "a b", 0);
  CHECK(finding(file, "a b") == 0);
}

TEST_CASE("a file of findings that was spoilt is read as far as it makes sense, and goes on", "[findings]") {
  const TestFolder folder;
  const auto file = folder.path / "threads";
  std::ofstream(file, std::ios::binary) << "3 what\n"
                                        << std::string(5000, '\xff') << '\0' << "\n\n2\n 7\nmany what\n2 wha";
  CHECK(finding(file, "what") == 3);
  keep_finding(file, "what", 4);
  CHECK(finding(file, "what") == 4);
}

TEST_CASE("findings that cannot be kept are no error", "[findings]") {
  const TestFolder folder;
  std::ofstream(folder.path / "file") << "here";
  keep_finding(folder.path / "file/threads", "what", 1);
  keep_finding({}, "what", 1);
  CHECK_FALSE(finding(folder.path / "file/threads", "what"));
  CHECK_FALSE(finding({}, "what"));
}

TEST_CASE("programs at once keep each what it found out", "[findings]") {
  constexpr int kPrograms = 4, kFindings = 50;
  const TestFolder folder;
  const auto file = folder.path / "threads";
  const auto what = [](int program, int i) {
    return "program " + std::to_string(program) + ", " + std::to_string(i);
  };
  for (int program = 0; program < kPrograms; ++program)
    if (fork() == 0) {
      for (int i = 0; i < kFindings; ++i) keep_finding(file, what(program, i), i);
      _exit(0);
    }
  for (int program = 0; program < kPrograms; ++program) wait(nullptr);
  for (int program = 0; program < kPrograms; ++program)
    for (int i = 0; i < kFindings; ++i) CHECK(finding(file, what(program, i)) == i);
}
