#pragma once
#include <sys/wait.h>
#include <unistd.h>
#include <csignal>
#include <cstdlib>
#include <string>

namespace unveil::test {

// A display for the tests of the window: the one there is, or an Xvfb of our own that ends with this object.
class Display {
 public:
  Display() {
    if (std::getenv("DISPLAY")) {
      available_ = true;
      return;
    }
    int ends[2];
    if (pipe(ends) != 0) return;
    server_ = fork();
    if (server_ == 0) {
      dup2(ends[1], 3);
      if (!freopen("/dev/null", "w", stderr)) _exit(127);
      execlp("Xvfb", "Xvfb", "-displayfd", "3", "-screen", "0", "1440x900x24", "-nolisten", "tcp",
             static_cast<char*>(nullptr));
      _exit(127);
    }
    close(ends[1]);
    std::string number;
    for (char c; read(ends[0], &c, 1) == 1 && c != '\n';) number += c;
    close(ends[0]);
    available_ = !number.empty();
    if (available_) setenv("DISPLAY", (":" + number).c_str(), 1);
    own_ = true;
  }
  ~Display() {
    if (!own_) return;
    unsetenv("DISPLAY");
    kill(server_, SIGTERM);
    waitpid(server_, nullptr, 0);
  }
  Display(const Display&) = delete;
  Display& operator=(const Display&) = delete;
  bool available() const { return available_; }

 private:
  bool available_ = false, own_ = false;
  pid_t server_ = -1;
};

}  // namespace unveil::test
