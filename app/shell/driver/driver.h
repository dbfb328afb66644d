#pragma once
#include <deque>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "app/shell/driver/script.h"
#include "app/shell/frame_clock.h"
#include "app/widgets/input_version.h"
#include "app/widgets/marks.h"

namespace unveil {

// What a script can do beside moving the hand.
struct DriverHost {
  std::function<void(const std::string&)> drop;
  std::function<void(int, int)> resize;
  std::function<void(const std::filesystem::path&)> screenshot;  // of the next frame drawn
  std::function<FrameStats()> frame_stats;
  std::function<void()> quit;
};

// Plays a script on the window by the names of its widgets. The order of a turn: advance(), and when a frame is drawn
// apply_input() between the backend's new frame and ImGui::NewFrame(), then frame_drawn().
class Driver {
 public:
  Driver(std::vector<ScriptCommand> commands, Marks& marks, DriverHost host);

  // Runs commands until one needs time or a frame. Returns true when a frame is wanted now.
  bool advance(double now);
  void apply_input();
  void frame_drawn() { ++frames_; }
  // Seconds until advance() should be called again at the latest.
  double patience(double now) const;

  bool finished() const { return next_ >= commands_.size() && hand_.empty(); }
  bool failed() const { return failed_; }

 private:
  enum class Outcome { done, waiting, frame };
  Outcome run(const ScriptCommand& command, double now);
  std::optional<ImVec2> point(const ScriptCommand& command, float x, float y) const;
  Outcome gesture(const ScriptCommand& command, double now);
  void fail(const ScriptCommand& command, const std::string& why);

  std::vector<ScriptCommand> commands_;
  Marks& marks_;
  DriverHost host_;
  std::size_t next_ = 0;
  std::deque<ScriptedInput> hand_;  // what the hand does in the coming frames
  ScriptedInput rest_;              // where it stays afterwards
  double begun_ = -1;               // when the present command began
  long frames_ = 0, frames_begun_ = 0;
  double last_forced_ = 0;
  bool failed_ = false;
};

}  // namespace unveil
