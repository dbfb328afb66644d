#include "app/shell/driver/driver.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

namespace unveil {
namespace {

constexpr double kMarkPatience = 5;    // seconds a gesture waits for its rectangle to appear
constexpr double kForcedFrame = 0.05;  // a waiting script sees states only in drawn frames
constexpr int kDragSteps = 12;

float number(const std::string& text) {
  return std::strtof(text.c_str(), nullptr);
}

}  // namespace

Driver::Driver(std::vector<ScriptCommand> commands, Marks& marks, DriverHost host)
    : commands_(std::move(commands)), marks_(marks), host_(std::move(host)) {}

bool Driver::advance(double now) {
  // Nothing is known of a window that has not been drawn.
  if (frames_ == 0 || !hand_.empty()) return true;
  while (next_ < commands_.size() && !failed_) {
    if (begun_ < 0) begun_ = now, frames_begun_ = frames_;
    const Outcome outcome = run(commands_[next_], now);
    if (failed_) return false;
    if (outcome == Outcome::done) {
      ++next_;
      begun_ = -1;
      if (!hand_.empty()) return true;
      continue;
    }
    return outcome == Outcome::frame;
  }
  return false;
}

double Driver::patience(double now) const {
  if (finished() || failed_) return 1;
  if (!hand_.empty()) return 0;
  const auto& c = commands_[next_];
  if (c.verb == "wait" && begun_ >= 0) return std::clamp(begun_ + number(c.words[0]) - now, 0.0, 0.5);
  return 0.01;
}

std::optional<ImVec2> Driver::point(const ScriptCommand& c, float x, float y) const {
  const auto found = marks_.rects().find(c.words[0]);
  if (found == marks_.rects().end()) return std::nullopt;
  const auto& [min, max] = found->second;
  return ImVec2(min.x + x * (max.x - min.x), min.y + y * (max.y - min.y));
}

Driver::Outcome Driver::gesture(const ScriptCommand& c, double now) {
  float x = 0.5f, y = 0.5f;
  if (c.verb == "drag" || (c.verb == "hover" && c.words.size() == 3)) x = number(c.words[1]), y = number(c.words[2]);
  const auto at = point(c, x, y);
  if (!at) {
    if (now - begun_ > kMarkPatience) fail(c, fmt::format("nothing named {} is on the screen", c.words[0]));
    if (now - last_forced_ < kForcedFrame) return Outcome::waiting;
    last_forced_ = now;
    return Outcome::frame;
  }
  const ImVec2 screen = ImGui::GetIO().DisplaySize;
  if (at->x < 0 || at->y < 0 || at->x >= screen.x || at->y >= screen.y) {
    fail(c, fmt::format("{} lies outside the window", c.words[0]));
    return Outcome::waiting;
  }
  ScriptedInput still = rest_;
  still.mouse = *at;
  ScriptedInput down = still;
  (c.verb == "right-click" ? down.right : down.left) = true;
  // Two frames on the spot first: ImGui knows what is hovered from the frame before.
  hand_ = {still, still};
  if (c.verb == "click" || c.verb == "right-click") hand_.insert(hand_.end(), {down, down, still, still});
  if (c.verb == "double-click") hand_.insert(hand_.end(), {down, still, down, still, still});
  if (c.verb == "scroll") {
    ScriptedInput turned = still;
    turned.wheel = number(c.words[1]);
    hand_.insert(hand_.end(), {turned, still});
  }
  if (c.verb == "drag") {
    hand_.push_back(down);
    ImVec2 from = *at;
    for (std::size_t word = 3; word + 1 < c.words.size(); word += 2) {
      const ImVec2 to = *point(c, number(c.words[word]), number(c.words[word + 1]));
      for (int i = 1; i <= kDragSteps; ++i) {
        const float t = static_cast<float>(i) / kDragSteps;
        down.mouse = {from.x + t * (to.x - from.x), from.y + t * (to.y - from.y)};
        hand_.push_back(down);
      }
      from = to;
    }
    still.mouse = from;
    hand_.insert(hand_.end(), {still, still});
  }
  return Outcome::done;
}

Driver::Outcome Driver::run(const ScriptCommand& c, double now) {
  if (c.verb == "wait") return now - begun_ >= number(c.words[0]) ? Outcome::done : Outcome::waiting;
  if (c.verb == "wait-frames")
    return frames_ - frames_begun_ >= static_cast<long>(number(c.words[0])) ? Outcome::done : Outcome::frame;
  if (c.verb == "wait-for") {
    if (holds(c.condition, marks_.states())) return Outcome::done;
    if (now - begun_ > c.within) {
      const auto found = marks_.states().find(c.condition.name);
      fail(c, fmt::format("waited {} s for {} {} {}, which is {}", c.within, c.condition.name, c.condition.comparison,
                          c.condition.value, found == marks_.states().end() ? "unknown" : describe(found->second)));
    }
    if (now - last_forced_ < kForcedFrame) return Outcome::waiting;
    last_forced_ = now;
    return Outcome::frame;
  }
  if (c.verb == "expect") {
    if (!holds(c.condition, marks_.states())) {
      const auto found = marks_.states().find(c.condition.name);
      fail(c, fmt::format("expected {} {} {}, which is {}", c.condition.name, c.condition.comparison,
                          c.condition.value, found == marks_.states().end() ? "unknown" : describe(found->second)));
    }
    return Outcome::done;
  }
  if (c.verb == "type") {
    ScriptedInput typing = rest_;
    typing.text = c.words[0];
    hand_ = {typing, rest_, rest_};
    return Outcome::done;
  }
  if (c.verb == "key") {
    ScriptedInput pressing = rest_;
    pressing.chord = parse_chord(c.words[0]);
    hand_ = {pressing, rest_, rest_};
    return Outcome::done;
  }
  if (c.verb == "drop") {
    host_.drop(c.words[0]);
    hand_ = {rest_, rest_};
    return Outcome::done;
  }
  if (c.verb == "resize") {
    host_.resize(static_cast<int>(number(c.words[0])), static_cast<int>(number(c.words[1])));
    hand_ = {rest_, rest_, rest_};
    return Outcome::done;
  }
  if (c.verb == "screenshot") {
    if (frames_ == frames_begun_) {
      host_.screenshot(c.words[0]);
      return Outcome::frame;
    }
    return Outcome::done;
  }
  if (c.verb == "frame-stats") {
    const FrameStats stats = host_.frame_stats();
    std::printf("%s\n", stats.line().c_str());
    std::fflush(stdout);
    marks_.state("frames.count", stats.frames);
    marks_.state("frames.median_ms", stats.median_ms);
    marks_.state("frames.p95_ms", stats.p95_ms);
    return Outcome::done;
  }
  if (c.verb == "print") {
    const auto found = marks_.states().find(c.words[0]);
    std::printf("%s = %s\n", c.words[0].c_str(),
                found == marks_.states().end() ? "unknown" : describe(found->second).c_str());
    return Outcome::done;
  }
  if (c.verb == "marks") {
    for (const auto& [name, rect] : marks_.rects()) {
      std::printf("%s %.0f %.0f %.0f %.0f\n", name.c_str(), rect.min.x, rect.min.y, rect.max.x, rect.max.y);
    }
    return Outcome::done;
  }
  if (c.verb == "quit") {
    host_.quit();
    next_ = commands_.size() - 1;
    return Outcome::done;
  }
  return gesture(c, now);
}

void Driver::apply_input() {
  if (!hand_.empty()) {
    rest_ = hand_.front();
    hand_.pop_front();
  }
  write_input(rest_);
  rest_.text.clear();
  rest_.chord.reset();
  rest_.wheel = 0;
}

void Driver::fail(const ScriptCommand& c, const std::string& why) {
  std::fprintf(stderr, "script line %d: %s\n", c.line, why.c_str());
  failed_ = true;
}

}  // namespace unveil
