#include "engine/train/thread_trial.h"

#include "tests/catch.h"

using namespace unveil;

namespace {

// Steps until it is over, made in seconds[which], and as long as `left` says before them.
struct Trial {
  ThreadTrial trial;
  int steps[2] = {};
  double seconds = 0;
};
template <class Seconds>
Trial made(int simpler, double left, const Seconds& seconds) {
  Trial made{ThreadTrial(simpler)};
  while (!made.trial.over() && made.steps[0] + made.steps[1] < 100'000) {
    const int which = made.trial.next();
    const double took = seconds(which, made.steps[which]++);
    made.seconds += took;
    made.trial.step(took, left - made.seconds);
  }
  return made;
}

}  // namespace

TEST_CASE("a trial takes the quicker of two, and the simpler where they are about equal", "[threads]") {
  const auto [first, second, simpler, chosen] = GENERATE(table<double, double, int, int>({{0.02, 0.015, 0, 1},
                                                                                          {0.02, 0.03, 0, 0},
                                                                                          {0.02, 0.0198, 0, 0},
                                                                                          {0.0198, 0.02, 1, 1},
                                                                                          {0.02, 0.015, 1, 1},
                                                                                          {0.015, 0.02, 1, 0},
                                                                                          {0.8, 0.6, 0, 1}}));
  // The first steps with each compile kernels.
  const double takes[] = {first, second};  // clang 14's lambdas do not capture the names above
  const auto run = made(simpler, 60, [&](int which, int i) { return takes[which] + (i == 0 ? 1.5 : 0); });
  CHECK(run.trial.decided());
  CHECK(run.trial.next() == chosen);
  CHECK(run.trial.step_seconds(0) == first);
  CHECK(run.trial.step_seconds(1) == second);
  CHECK(run.seconds - 3 < (first < 0.1 ? 2.0 : 6.0));
}

TEST_CASE("a trial sees through what else the machine does meanwhile", "[threads]") {
  // Every second step is delayed, and everything takes twice the time from some step on.
  const auto run =
      made(0, 60, [](int which, int i) { return (which ? 0.018 : 0.02) * (i > 20 ? 2 : 1) + (i % 2 ? 0.01 : 0); });
  CHECK(run.trial.decided());
  CHECK(run.trial.next() == 1);
}

TEST_CASE("a trial that is not worth its while changes nothing", "[threads]") {
  const auto run = made(0, 8, [](int, int) { return 0.02; });
  CHECK(run.trial.over());
  CHECK_FALSE(run.trial.decided());
  CHECK(run.trial.next() == 0);
  CHECK(run.steps[1] == 0);
}
