#include "app/interruption.h"

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "tests/catch.h"

using namespace unveil;

namespace {

// How a process of its own ends that does this.
template <class Work>
int ended(Work work) {
  const pid_t process = fork();
  if (process == 0) {
    std::signal(SIGINT, SIG_DFL);
    work();
    _exit(7);
  }
  int status = 0;
  waitpid(process, &status, 0);
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

}  // namespace

TEST_CASE("two signals are noted, the third kills", "[interruption]") {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    CHECK(ended([&] {
            const Interruption interruption;
            raise(signal);
            raise(SIGTERM);
            _exit(Interruption::signal() == signal ? 7 : 1);
          }) == 7);
    CHECK(ended([&] {
            const Interruption interruption;
            for (int i = 0; i < 3; ++i) raise(signal);
          }) == exit_status_of(signal));
  }
}

TEST_CASE("signals that a process ignores stay ignored, and later ones end it as ever", "[interruption]") {
  CHECK(ended([] {
          std::signal(SIGHUP, SIG_IGN);
          const Interruption interruption;
          for (int i = 0; i < 5; ++i) raise(SIGHUP);
          _exit(Interruption::asked() ? 1 : 7);
        }) == 7);
  CHECK(ended([] {
          { const Interruption interruption; }
          raise(SIGINT);
        }) == 128 + SIGINT);
  CHECK(ended([] {
          const Interruption interruption;
          int ends[2];
          if (pipe(ends) != 0) _exit(1);
          close(ends[0]);
          _exit(write(ends[1], "x", 1) == -1 ? 7 : 1);  // and not SIGPIPE
        }) == 7);
}
