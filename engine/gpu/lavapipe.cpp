#include "engine/gpu/lavapipe.h"

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <thread>

namespace unveil {
namespace {

// The entries of the environment themselves: their digits change in place, as setenv() would move the table while
// threads of the driver may read it.
char threads_entry[] = "LP_NUM_THREADS=\0\0\0", width_entry[] = "LP_NATIVE_VECTOR_WIDTH=256";
char *const threads_digits = std::strchr(threads_entry, '=') + 1, *const width_digits =
                                                                      std::strchr(width_entry, '=') + 1;
constexpr int kMost = 999;
std::atomic<bool> loaded = false;

bool has_wide_vectors() {
#if defined(__x86_64__)
  return __builtin_cpu_is("amd") && __builtin_cpu_supports("avx512f");
#else
  return false;
#endif
}

}  // namespace

int processors() {
  return std::clamp(static_cast<int>(std::thread::hardware_concurrency()), 1, kMost);
}

bool lavapipe_threads_given() {
  const char* value = std::getenv("LP_NUM_THREADS");
  return value && value != threads_digits;
}

int lavapipe_threads() {
  const char* value = std::getenv("LP_NUM_THREADS");
  return value ? std::atoi(value) : processors();
}

void set_lavapipe_threads(int threads) {
  if (lavapipe_threads_given()) return;
  std::snprintf(threads_digits, sizeof "999", "%d", std::clamp(threads, 0, kMost));
  if (!std::getenv("LP_NUM_THREADS")) putenv(threads_entry);
}

void set_lavapipe_lanes(int lanes) {
  const char* value = std::getenv("LP_NATIVE_VECTOR_WIDTH");
  const bool given =
      value && value != width_digits && (std::string_view(value) == "256" || std::string_view(value) == "512");
  if (given || loaded) return;
  std::memcpy(width_digits, lanes == 16 && has_wide_vectors() ? "512" : "256", 3);
  if (value != width_digits) putenv(width_entry);
}

void lavapipe_is_loaded() {
  loaded = true;
}

}  // namespace unveil
