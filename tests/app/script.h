#pragma once
#include <cstdlib>
#include <fstream>
#include <string>

#include "tests/app/commands/program.h"
#include "tests/app/display.h"
#include "tests/catch.h"

namespace unveil::test {

// Runs a script of the window's driver on the real program, with folders of its own for what it keeps; false, with a
// warning, where there is no display. Files of the script lie in `folder`. arguments: "--exhibit vae --data digits".
inline bool run_script(const TemporaryFolder& folder, const std::string& arguments, const std::string& script) {
  const Display display;
  if (!display.available()) {
    WARN("no display and no Xvfb: the window is not tested");
    return false;
  }
  std::ofstream(folder.file("script.txt")) << script;
  const auto answer = run_program(
      arguments + " --script script.txt",
      "-C " + folder.file("") + " DISPLAY=" + std::getenv("DISPLAY") + " XDG_STATE_HOME=" + folder.file("state") +
          " XDG_CACHE_HOME=" + folder.file("cache") + " XDG_CONFIG_HOME=" + folder.file("config"));
  INFO(answer.out << answer.err);
  CHECK(answer.status == 0);
  return answer.status == 0;
}

}  // namespace unveil::test
