#pragma once
#include <vector>

namespace unveil {

// Finds out with which of two devices a training step takes less time, by steps made in turns with the one and the
// other, so that what else the machine does befalls both. It begins with the first and ends within a few seconds.
class ThreadTrial {
 public:
  // simpler: which of the two is taken where they are about equal.
  explicit ThreadTrial(int simpler) : simpler_(simpler) {}

  // A step has been made with next(), in so many seconds; about so many are left to train.
  void step(double seconds, double left);
  int next() const { return at_; }  // 0 or 1: what the next step is made with

  int turns() const { return turns_; }  // that have ended
  bool over() const { return over_; }
  bool decided() const { return decided_; }  // not where too little is left to be worth it: the first stays
  double step_seconds(int which) const;      // of an undisturbed step

 private:
  int simpler_, at_ = 0, turns_ = 0;
  double turn_seconds_ = 0;
  bool warm_[2] = {}, over_ = false, decided_ = false;
  std::vector<double> times_[2];
};

}  // namespace unveil
