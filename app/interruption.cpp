#include "app/interruption.h"

#include <array>
#include <atomic>
#include <csignal>

namespace unveil {
namespace {

constexpr std::array kEnding = {SIGINT, SIGTERM, SIGHUP};
constexpr int kPatience = 3;  // signals until the program is killed after all

std::atomic<int> first = 0, count = 0;
static_assert(std::atomic<int>::is_always_lock_free);  // a signal's handler may use it
std::array<struct sigaction, kEnding.size()> before;
struct sigaction pipe_before;

void note(int signal) {
  int none = 0;
  first.compare_exchange_strong(none, signal);
  if (++count < kPatience) return;
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

}  // namespace

Interruption::Interruption() {
  first = count = 0;
  struct sigaction action {};
  action.sa_handler = note;
  action.sa_flags = SA_RESTART;  // saving goes on
  for (std::size_t i = 0; i < kEnding.size(); ++i) {
    sigaction(kEnding[i], nullptr, &before[i]);
    if (before[i].sa_handler != SIG_IGN) sigaction(kEnding[i], &action, nullptr);
  }
  action.sa_handler = SIG_IGN;
  sigaction(SIGPIPE, &action, &pipe_before);
}

Interruption::~Interruption() {
  for (std::size_t i = 0; i < kEnding.size(); ++i) sigaction(kEnding[i], &before[i], nullptr);
  sigaction(SIGPIPE, &pipe_before, nullptr);
}

int Interruption::signal() {
  return first;
}

}  // namespace unveil
