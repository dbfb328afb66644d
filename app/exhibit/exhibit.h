#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "app/exhibit/run_view.h"
#include "app/frame/context.h"
#include "engine/models/chapter.h"

namespace unveil {

// Something the open dialog offers without a path having to be typed: a built-in data set, a shipped checkpoint.
struct OpenSuggestion {
  std::string spec;         // what open() is then called with: "digits"
  std::string description;  // "built-in digits, drawn by several hands"
};

// The view of one model, as the shell calls it. All of it runs on the window's thread with its OpenGL context
// current.
class Exhibit {
 public:
  virtual ~Exhibit() = default;

  virtual std::string title() const = 0;        // "PixelCNN"
  virtual std::string description() const = 0;  // one line: "draws images pixel by pixel"
  // Its place in the course: the rail and the map are in this order, and the window opens on the first.
  virtual Chapter chapter() const = 0;
  virtual std::string reference() const { return {}; }             // "van den Oord et al. 2016"
  virtual bool pretrained() const { return false; }                // opens on a model that has learned already
  virtual std::vector<Knob> declared_knobs() const { return {}; }  // what can be turned, before anything is built too
  virtual std::vector<std::string> tabs() const = 0;               // "Fill", "Complete", … at least one
  virtual std::string hint(int) const { return {}; }      // of a tab: what is seen and what to try, in a sentence
  virtual std::string explanation() const { return {}; }  // Markdown of rich_text.h, shown in the inspector
  virtual std::vector<OpenSuggestion> suggestions() const { return {}; }
  virtual RunView& run() = 0;

  // Once, before anything else: data SPEC and checkpoint of the command line, either may be empty. Builds in the
  // background; status().ready tells when. context.wake may be kept and called from any thread when a snapshot is
  // there.
  virtual void start(const ShellContext& context, const std::string& data, const std::string& load) = 0;
  // Takes the newest snapshot; called on every turn of the event loop, drawn or not. Returns true when what would be
  // drawn has changed. Notices belong here.
  virtual bool update(ShellContext& context) = 0;
  // The program is about to be ended by somebody else: what was trained is kept for the next start.
  virtual void keep() {}
  // The exhibit comes to the front or leaves it; one that left should stop training.
  virtual void set_visible(bool) {}

  // Into the stage below the tabs: ImGui's cursor and GetContentRegionAvail() are the room there is.
  virtual void draw_stage(ShellContext& context, int tab) = 0;
  // What the model has beside data, presets and knobs; begins with its own section(...)s, or draws nothing.
  virtual void draw_inspector(ShellContext& context, int tab) { static_cast<void>(context), static_cast<void>(tab); }

  // Whether a dropped or opened path, or a data SPEC, is for this exhibit; asked before start() too. Throws Error, in
  // one line, when it is of a kind the program knows but cannot be read.
  virtual bool accepts(const std::string& path_or_spec) const = 0;
  // What that is, in a sentence: "These are recordings."
  virtual std::string told(const std::string& path_or_spec) const { return path_or_spec + "."; }
  // Opens what it accepts; it trains on if it trained, and begins nothing by itself. Throws Error, in one line;
  // nothing already open is lost.
  virtual void open(ShellContext& context, const std::string& path_or_spec) = 0;
};

struct ExhibitEntry {
  std::string_view name;  // the model's, and --exhibit NAME
  std::unique_ptr<Exhibit> (*make)();
};

// Generated: one entry per folder of app/exhibits/, and per model without one.
std::vector<ExhibitEntry> registered_exhibits();

}  // namespace unveil
