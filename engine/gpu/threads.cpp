#include "engine/gpu/threads.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <thread>

namespace unveil {
namespace {

// The entry of the environment itself: its digits change in place, as setenv() would move the table while threads of
// the driver may read it.
char entry[] = "LP_NUM_THREADS=\0\0\0";
constexpr std::size_t kName = 15, kDigits = 4;
static_assert(sizeof entry == kName + kDigits);
constexpr int kMost = 999;

}  // namespace

int processors() {
  return std::clamp(static_cast<int>(std::thread::hardware_concurrency()), 1, kMost);
}

bool lavapipe_threads_given() {
  const char* value = std::getenv("LP_NUM_THREADS");
  return value && value != entry + kName;
}

int lavapipe_threads() {
  const char* value = std::getenv("LP_NUM_THREADS");
  return value ? std::atoi(value) : processors();
}

void set_lavapipe_threads(int threads) {
  if (lavapipe_threads_given()) return;
  std::snprintf(entry + kName, kDigits, "%d", std::clamp(threads, 0, kMost));
  if (!std::getenv("LP_NUM_THREADS")) putenv(entry);
}

}  // namespace unveil
