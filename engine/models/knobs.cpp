#include "engine/models/knobs.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "engine/error.h"

namespace unveil {

Knob Knob::log() const {
  Knob knob = *this;
  knob.scale = Scale::log;
  return knob;
}

Knob Knob::rebuilding() const {
  Knob knob = *this;
  knob.rebuilds = true;
  return knob;
}

Knob real_knob(std::string name, double value, double minimum, double maximum, std::string unit,
               std::string meaning) {
  return {.name = std::move(name),
          .meaning = std::move(meaning),
          .unit = std::move(unit),
          .minimum = minimum,
          .maximum = maximum,
          .default_value = value};
}

Knob whole_knob(std::string name, double value, double minimum, double maximum, std::string unit,
                std::string meaning) {
  Knob knob = real_knob(std::move(name), value, minimum, maximum, std::move(unit), std::move(meaning));
  knob.kind = Knob::Kind::integer;
  return knob;
}

Knob switch_knob(std::string name, bool value, std::string meaning) {
  Knob knob = real_knob(std::move(name), value, 0, 1, "", std::move(meaning));
  knob.kind = Knob::Kind::boolean;
  return knob;
}

Knob choice_knob(std::string name, int value, std::vector<std::string> choices, std::string meaning) {
  Knob knob = real_knob(std::move(name), value, 0, 1, "", std::move(meaning));
  knob.kind = Knob::Kind::choice;
  knob.choices = std::move(choices);
  return knob;
}

std::string accepted(const Knob& knob) {
  switch (knob.kind) {
    case Knob::Kind::boolean: return "true or false";
    case Knob::Kind::choice: return fmt::format("one of {}", fmt::join(knob.choices, ", "));
    case Knob::Kind::integer: return fmt::format("a whole number from {:.0f} to {:.0f}", knob.minimum, knob.maximum);
    case Knob::Kind::real: break;
  }
  return fmt::format("a number from {:g} to {:g}", knob.minimum, knob.maximum);
}

KnobValues::KnobValues(const std::vector<Knob>& knobs) : knobs_(&knobs) {
  for (const auto& knob : knobs) values_[knob.name] = knob.default_value;
}

const Knob& KnobValues::find(const std::string& name) const {
  const auto found =
      std::find_if(knobs_->begin(), knobs_->end(), [&](const Knob& knob) { return knob.name == name; });
  if (found != knobs_->end()) return *found;
  std::vector<std::string> names;
  for (const auto& knob : *knobs_) names.push_back(knob.name);
  throw UsageError(fmt::format("there is no knob '{}'; the knobs are {}", name, fmt::join(names, ", ")));
}

double KnobValues::operator[](std::string_view name) const {
  const auto found = values_.find(std::string(name));
  if (found == values_.end()) throw std::logic_error(fmt::format("knob {} is not declared", name));
  return found->second;
}

void KnobValues::set(const std::string& name, double value) {
  const Knob& knob = find(name);
  double low = knob.minimum, high = knob.maximum;
  if (knob.kind == Knob::Kind::boolean) low = 0, high = 1;
  if (knob.kind == Knob::Kind::choice) low = 0, high = static_cast<double>(knob.choices.size()) - 1;
  const bool whole = knob.kind == Knob::Kind::real || value == std::floor(value);
  if (!(value >= low && value <= high) || !whole)
    throw UsageError(fmt::format("knob {} cannot be {:g}; it takes {}", name, value, accepted(knob)));
  values_[name] = value;
}

void KnobValues::set_text(const std::string& name, const std::string& text) {
  const Knob& knob = find(name);
  if (knob.kind == Knob::Kind::choice) {
    const auto choice = std::find(knob.choices.begin(), knob.choices.end(), text);
    if (choice != knob.choices.end()) {
      values_[name] = static_cast<double>(choice - knob.choices.begin());
      return;
    }
  } else if (knob.kind == Knob::Kind::boolean) {
    if (text == "true" || text == "on" || text == "yes" || text == "1") return set(name, 1);
    if (text == "false" || text == "off" || text == "no" || text == "0") return set(name, 0);
  } else {
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error == std::errc() && end == text.data() + text.size()) return set(name, value);
  }
  throw UsageError(fmt::format("knob {} cannot be '{}'; it takes {}", name, text, accepted(knob)));
}

void KnobValues::apply(const Preset& preset) {
  for (const auto& [name, value] : preset.values) set(name, value);
}

std::string KnobValues::text(const std::string& name) const {
  const Knob& knob = find(name);
  const double value = (*this)[name];
  if (knob.kind == Knob::Kind::boolean) return value != 0 ? "true" : "false";
  if (knob.kind == Knob::Kind::choice) return knob.choices[static_cast<std::size_t>(value)];
  return fmt::format("{}", value);
}

}  // namespace unveil
