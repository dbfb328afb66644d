#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/exhibit/exhibit.h"

namespace unveil {

// The exhibits on show. Each is started when it is first visited; one is in front.
class Gallery {
 public:
  struct Room {
    std::string name;
    std::unique_ptr<Exhibit> exhibit;
    bool started = false;
    int tab = 0;
    std::uint64_t visited = 0;  // when, in visits; 0: never
    double since = 0;           // it is in front, seconds as Ui::now
  };
  // Throws UsageError when `first` names none of them; empty takes the first.
  Gallery(const std::vector<ExhibitEntry>& entries, const std::string& first);

  std::vector<Room>& rooms() { return rooms_; }
  Room* current() { return current_ < 0 ? nullptr : &rooms_[static_cast<std::size_t>(current_)]; }
  int current_index() const { return current_; }
  Exhibit* exhibit() { return current_ < 0 ? nullptr : current()->exhibit.get(); }
  // Of the exhibit in front; none while the course is shown.
  RunView* run() { return current_ < 0 || at_home_ || !current()->started ? nullptr : &current()->exhibit->run(); }
  // The map of the course lies before the exhibit in front, which rests.
  bool at_home() const { return at_home_; }
  void go_home();

  // Brings one to the front and starts it the first time.
  void visit(int index, const ShellContext& context, const std::string& data = {}, const std::string& load = {});
  // Opens a path or SPEC in the exhibit in front. Where that takes none such but another does, leaving() is asked
  // first. What goes wrong is a notice.
  void open(const std::string& path_or_spec, ShellContext& context);

  // Something to open that leads to another exhibit, until it is answered.
  struct Leaving {
    int room = 0;
    std::string what;  // path or SPEC
    std::string told;  // "These are recordings."
  };
  const std::optional<Leaving>& leaving() const { return leaving_; }
  // Goes there and opens it, paused; or stays.
  void answer(bool go, ShellContext& context);

 private:
  std::optional<Leaving> leaving_;
  std::vector<Room> rooms_;
  int current_ = -1;
  bool at_home_ = false;
  std::uint64_t visits_ = 0;
};

}  // namespace unveil
