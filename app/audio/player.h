#pragma once
#include <memory>
#include <span>
#include <string>

namespace unveil {

// Plays one sound at a time on a thread of its own. The sound card is asked for at the first play(); a machine
// without one is no error, and nothing of it is printed.
class AudioPlayer {
 public:
  AudioPlayer();
  ~AudioPlayer();  // stops

  // samples: mono, -1..1, at `rate` Hz. Returns at once; what is playing ends.
  void play(std::span<const float> samples, int rate);
  void stop();

  struct State {
    bool playing = false;
    double seconds = 0;   // into the sound
    std::string trouble;  // why nothing can be heard, of the last play(); empty: nothing is wrong
  };
  State state() const;

 private:
  struct Shared;
  std::unique_ptr<Shared> shared_;  // null before the first play()
};

}  // namespace unveil
