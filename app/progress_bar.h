#pragma once
#include <chrono>
#include <cstdint>
#include <string>

namespace unveil {

// How far a long job is, on standard error: a bar that is drawn over itself on a terminal; elsewhere (a log file, a
// pipe) a plain line every ten seconds. Erases its bar when it goes.
class ProgressBar {
 public:
  // total: in any unit; 0 when it is not known.
  ProgressBar(std::string title, double total);
  ~ProgressBar();
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  // note: what else is worth seeing ("loss 98.2"). Cheap to call often.
  void update(double done, const std::string& note = "");
  // A line of its own, above the bar.
  void tell(const std::string& line);

 private:
  using Clock = std::chrono::steady_clock;

  std::string title_;
  double total_;
  bool terminal_;
  bool drawn_ = false;
  Clock::time_point shown_;
};

}  // namespace unveil
