#pragma once

namespace unveil {

// While one of these lives, SIGINT, SIGTERM and SIGHUP are noted instead of ending the program, so that its work can
// stop and be saved; those that are ignored (nohup) stay ignored. The third kills, for whoever cannot wait. A pipe
// that nobody reads is an error of writing to it. One at a time.
class Interruption {
 public:
  Interruption();
  ~Interruption();
  Interruption(const Interruption&) = delete;
  Interruption& operator=(const Interruption&) = delete;

  static int signal();  // the first that came; 0: none
  static bool asked() { return signal() != 0; }
};

// What the exit status of a program that a signal ended is, by the shells' convention.
constexpr int exit_status_of(int signal) {
  return 128 + signal;
}

}  // namespace unveil
