#pragma once
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace unveil {

// A hyperparameter, declared once: the inspector, --set, presets and checkpoints all come from this.
struct Knob {
  enum class Kind { real, integer, boolean, choice };
  enum class Scale { linear, log };
  std::string name;     // "learning_rate"
  std::string meaning;  // one line
  std::string unit;     // "steps"; may be empty
  Kind kind = Kind::real;
  double minimum = 0, maximum = 1, default_value = 0;
  Scale scale = Scale::linear;
  std::vector<std::string> choices = {};  // of a choice; its value is an index
  bool rebuilds = false;  // a change builds the model anew; otherwise it takes effect at the next step

  Knob log() const;  // this one on a logarithmic scale
  Knob rebuilding() const;
};

// Knobs in a line: whole_knob("hidden", 400, 8, 2048, "units", "of each layer").log().rebuilding().
Knob real_knob(std::string name, double value, double minimum, double maximum, std::string unit, std::string meaning);
Knob whole_knob(std::string name, double value, double minimum, double maximum, std::string unit,
                std::string meaning);
Knob switch_knob(std::string name, bool value, std::string meaning);
Knob choice_knob(std::string name, int value, std::vector<std::string> choices, std::string meaning);

struct Preset {
  std::string name, description;
  std::map<std::string, double> values;  // knobs that differ from their default
  std::string data = {};                 // SPEC that it is meant for; empty: the model's default, or what is there
};

// Values of a model's knobs. Booleans are 0 or 1, choices an index.
class KnobValues {
 public:
  KnobValues() = default;
  explicit KnobValues(const std::vector<Knob>& knobs);  // at their defaults; `knobs` must outlive this

  double operator[](std::string_view name) const;  // std::logic_error for an undeclared name
  int integer(std::string_view name) const { return static_cast<int>((*this)[name]); }
  bool flag(std::string_view name) const { return (*this)[name] != 0; }

  // Throws UsageError naming the knob, the value and what is accepted. Nothing changes then.
  void set(const std::string& name, double value);
  void set_text(const std::string& name, const std::string& text);  // "1e-3", "true", a choice's name
  void apply(const Preset& preset);

  const std::vector<Knob>& knobs() const { return *knobs_; }
  const std::map<std::string, double>& all() const { return values_; }
  std::string text(const std::string& name) const;  // as set_text reads it
  bool operator==(const KnobValues& other) const { return values_ == other.values_; }

 private:
  const Knob& find(const std::string& name) const;
  const std::vector<Knob>* knobs_ = nullptr;
  std::map<std::string, double> values_;
};

// "a real number from 1e-05 to 0.1", "one of plain, gated", …
std::string accepted(const Knob& knob);

}  // namespace unveil
