#include "app/progress_bar.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace unveil {
namespace {

constexpr int kBarWidth = 30;
constexpr auto kTerminalInterval = std::chrono::milliseconds(100);
constexpr auto kLogInterval = std::chrono::seconds(10);

}  // namespace

ProgressBar::ProgressBar(std::string title, double total)
    : title_(std::move(title)), total_(total), terminal_(::isatty(STDERR_FILENO) == 1), shown_(Clock::now()) {}

ProgressBar::~ProgressBar() {
  if (drawn_) std::fputs("\r\x1b[K", stderr);
}

void ProgressBar::tell(const std::string& line) {
  std::fputs(fmt::format("{}{}\n", drawn_ ? "\r\x1b[K" : "", line).c_str(), stderr);
  drawn_ = false;
}

void ProgressBar::update(double done, const std::string& note) {
  const auto now = Clock::now();
  if (terminal_ ? drawn_ && now - shown_ < kTerminalInterval : now - shown_ < kLogInterval) return;
  shown_ = now;
  const double part = total_ > 0 ? std::clamp(done / total_, 0.0, 1.0) : 0;
  const auto percent = total_ > 0 ? fmt::format(" {:3.0f} %", 100 * part) : fmt::format(" {:.0f}", done);
  if (terminal_) {
    const auto filled = static_cast<std::size_t>(part * kBarWidth);
    const auto bar = total_ > 0
                         ? fmt::format(" [{}{}]", std::string(filled, '='), std::string(kBarWidth - filled, ' '))
                         : std::string();
    std::fputs(fmt::format("\r{}{}{}  {}\x1b[K", title_, bar, percent, note).c_str(), stderr);
    drawn_ = true;
  } else {
    std::fputs(fmt::format("{}{}  {}\n", title_, percent, note).c_str(), stderr);
  }
  std::fflush(stderr);
}

}  // namespace unveil
