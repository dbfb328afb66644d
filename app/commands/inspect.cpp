#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <map>
#include <span>

#include "app/commands/command.h"
#include "engine/error.h"
#include "engine/train/history.h"
#include "engine/train/safetensors.h"

namespace unveil {
namespace {

constexpr std::int64_t kMostPoints = 1'000'000;  // of a curve that is taken for one
constexpr std::size_t kShownMetadata = 160;      // characters of a value in the table; --json prints all

// Over the finite elements; infinities and NaN are counted.
struct Statistics {
  std::size_t elements = 0, nans = 0, infinities = 0;
  double minimum = std::numeric_limits<double>::infinity();
  double maximum = -std::numeric_limits<double>::infinity();
  double sum = 0;

  std::size_t finite() const { return elements - nans - infinities; }
  double mean() const { return sum / static_cast<double>(finite()); }
  void add(double value) {
    ++elements;
    if (std::isnan(value)) return void(++nans);
    if (std::isinf(value)) return void(++infinities);
    minimum = std::min(minimum, value);
    maximum = std::max(maximum, value);
    sum += value;
  }
};

// Of IEEE-like numbers of 16 and 8 bits: sign, exponent, mantissa; with_infinity: the highest exponent stands for
// infinities and NaN, else only all ones for NaN (FP8 E4M3 of Micikevicius 2022).
double small_float(unsigned bits, int exponent_bits, int mantissa_bits, bool with_infinity) {
  const unsigned mantissa = bits & ((1u << mantissa_bits) - 1), most = (1u << exponent_bits) - 1;
  const unsigned exponent = bits >> mantissa_bits & most;
  const double sign = bits >> (exponent_bits + mantissa_bits) & 1 ? -1 : 1;
  const int bias = (1 << (exponent_bits - 1)) - 1;
  if (with_infinity && exponent == most)
    return mantissa ? std::numeric_limits<double>::quiet_NaN() : sign * std::numeric_limits<double>::infinity();
  if (!with_infinity && exponent == most && mantissa == (1u << mantissa_bits) - 1)
    return std::numeric_limits<double>::quiet_NaN();
  if (exponent == 0) return sign * std::ldexp(mantissa, 1 - bias - mantissa_bits);
  return sign * std::ldexp(mantissa + (1u << mantissa_bits), static_cast<int>(exponent) - bias - mantissa_bits);
}

template <class T>
void add_all(Statistics& statistics, std::span<const std::byte> data) {
  for (std::size_t at = 0; at + sizeof(T) <= data.size(); at += sizeof(T)) {
    T value;
    std::memcpy(&value, data.data() + at, sizeof(T));
    statistics.add(static_cast<double>(value));
  }
}

template <class T, class Decode>
void add_decoded(Statistics& statistics, std::span<const std::byte> data, Decode decode) {
  for (std::size_t at = 0; at + sizeof(T) <= data.size(); at += sizeof(T)) {
    T bits;
    std::memcpy(&bits, data.data() + at, sizeof(T));
    statistics.add(decode(bits));
  }
}

// Types without numbers of one kind (C64, unknown ones) have none.
void add_piece(Statistics& statistics, const std::string& dtype, std::span<const std::byte> data) {
  if (dtype == "F64") add_all<double>(statistics, data);
  if (dtype == "F32") add_all<float>(statistics, data);
  if (dtype == "F16")
    add_decoded<std::uint16_t>(statistics, data, [](unsigned bits) { return small_float(bits, 5, 10, true); });
  if (dtype == "BF16")
    add_decoded<std::uint16_t>(statistics, data,
                               [](std::uint32_t bits) { return double(std::bit_cast<float>(bits << 16)); });
  if (dtype == "F8_E5M2")
    add_decoded<std::uint8_t>(statistics, data, [](unsigned bits) { return small_float(bits, 5, 2, true); });
  if (dtype == "F8_E4M3")
    add_decoded<std::uint8_t>(statistics, data, [](unsigned bits) { return small_float(bits, 4, 3, false); });
  if (dtype == "F8_E8M0")
    add_decoded<std::uint8_t>(statistics, data, [](unsigned bits) {
      return bits == 255 ? std::numeric_limits<double>::quiet_NaN() : std::ldexp(1.0, int(bits) - 127);
    });
  if (dtype == "I64") add_all<std::int64_t>(statistics, data);
  if (dtype == "I32") add_all<std::int32_t>(statistics, data);
  if (dtype == "I16") add_all<std::int16_t>(statistics, data);
  if (dtype == "I8") add_all<std::int8_t>(statistics, data);
  if (dtype == "U64") add_all<std::uint64_t>(statistics, data);
  if (dtype == "U32") add_all<std::uint32_t>(statistics, data);
  if (dtype == "U16") add_all<std::uint16_t>(statistics, data);
  if (dtype == "U8" || dtype == "BOOL") add_all<std::uint8_t>(statistics, data);
}

// What a file holds, without its data.
struct Inspected {
  SafetensorsFile file;
  struct Tensor {
    Statistics statistics;
    std::size_t bytes = 0;
  };
  std::map<std::string, Tensor> tensors;  // by name; empty ones are missing
  MetricHistory history;

  Tensor of(const std::string& name) const {
    const auto found = tensors.find(name);
    return found == tensors.end() ? Tensor() : found->second;
  }
};

std::int64_t element_count(const TensorEntry& entry) {
  std::int64_t count = 1;
  for (const auto extent : entry.shape) count *= extent;
  return count;
}

// A run's history apart from the tensors of its model, which the rest of the command is about. What only calls itself
// one stays a tensor.
MetricHistory take_history(SafetensorsFile& file, const std::string& path) {
  try {
    auto history = read_history(file, path);
    if (!history.empty())
      std::erase_if(file.tensors, [](const TensorEntry& entry) { return is_history(entry.name); });
    return history;
  } catch (const Error&) {
    return {};
  }
}

Inspected inspect(const std::string& path) {
  Inspected inspected;
  std::map<std::string, std::vector<std::byte>> history;
  inspected.file = scan_safetensors(path, [&](const TensorEntry& entry, std::span<const std::byte> piece) {
    auto& tensor = inspected.tensors[entry.name];
    tensor.bytes += piece.size();
    add_piece(tensor.statistics, entry.dtype, piece);
    if (is_history(entry.name) && element_count(entry) <= kMostPoints) {
      auto& kept = history[entry.name];
      kept.insert(kept.end(), piece.begin(), piece.end());
    }
  });
  for (auto& entry : inspected.file.tensors)
    if (const auto kept = history.find(entry.name); kept != history.end()) entry.data = std::move(kept->second);
  inspected.history = take_history(inspected.file, path);
  return inspected;
}

nlohmann::ordered_json history_json(const MetricHistory& history) {
  auto all = nlohmann::ordered_json::object();
  for (const auto& [name, series] : history)
    all[name] = {{"points", series.steps.size()}, {"steps", series.steps}, {"values", series.values}};
  return all;
}

std::string history_table(const MetricHistory& history) {
  std::size_t width = 0;
  for (const auto& [name, series] : history) width = std::max(width, printable(name).size());
  std::string text = history.empty() ? "" : "\nhistory of the run\n";
  for (const auto& [name, series] : history) {
    text += fmt::format("  {:<{}}  {:>4} points", printable(name), width, series.steps.size());
    if (!series.steps.empty())
      text += fmt::format(", {:.5g} at step {:.0f} to {:.5g} at step {:.0f}", series.values.front(),
                          series.steps.front(), series.values.back(), series.steps.back());
    text += '\n';
  }
  return text;
}

void inspect_json(const CommandContext& context, const std::string& path, const Inspected& inspected) {
  const auto& file = inspected.file;
  auto result = command_result(context, "inspect");
  result["file"] = path;
  result["metadata"] = file.metadata;
  result["tensors"] = nlohmann::ordered_json::array();
  std::size_t bytes = 0, nans = 0, infinities = 0;
  std::int64_t elements = 0;
  for (const auto& entry : file.tensors) {
    const auto [statistics, size] = inspected.of(entry.name);
    nlohmann::ordered_json row{{"name", entry.name}, {"dtype", entry.dtype},   {"shape", entry.shape},
                               {"bytes", size},      {"min", nullptr},         {"max", nullptr},
                               {"mean", nullptr},    {"nan", statistics.nans}, {"inf", statistics.infinities}};
    if (statistics.finite() > 0) {
      row["min"] = statistics.minimum;
      row["max"] = statistics.maximum;
      row["mean"] = statistics.mean();
    }
    result["tensors"].push_back(std::move(row));
    elements += element_count(entry), bytes += size;
    nans += statistics.nans, infinities += statistics.infinities;
  }
  result["history"] = history_json(inspected.history);
  result["metrics"] = {
      {"tensors", file.tensors.size()}, {"elements", elements}, {"bytes", bytes}, {"nan", nans}, {"inf", infinities}};
  print_json(result);
}

void inspect_table(const std::string& path, const Inspected& inspected) {
  const auto& file = inspected.file;
  std::string text = fmt::format("{}\n", printable(path));
  for (const auto& [key, value] : file.metadata) {
    const auto shown = printable(value);
    text += fmt::format("  {}: {}{}\n", printable(key), shown.substr(0, kShownMetadata),
                        shown.size() > kShownMetadata ? " …" : "");
  }
  std::size_t width = 4, bytes = 0;
  std::int64_t elements = 0;
  for (const auto& entry : file.tensors) width = std::max(width, printable(entry.name).size());
  const auto line = [&](const auto&... cells) {
    return fmt::format("{:<{}}  {:7}  {:<18} {:>12} {:>12} {:>12} {:>12} {:>6} {:>6}\n", cells...);
  };
  text += "\n" + line("name", width, "dtype", "shape", "bytes", "min", "max", "mean", "nan", "inf");
  for (const auto& entry : file.tensors) {
    const auto [statistics, size] = inspected.of(entry.name);
    const bool known = statistics.finite() > 0;
    const auto number = [known](double value) { return known ? fmt::format("{:.5g}", value) : std::string("-"); };
    text += line(printable(entry.name), width, printable(entry.dtype), fmt::format("{}", entry.shape), size,
                 number(statistics.minimum), number(statistics.maximum), number(known ? statistics.mean() : 0),
                 statistics.nans, statistics.infinities);
    elements += element_count(entry);
    bytes += size;
  }
  text += fmt::format("\n{} tensors, {} elements, {:.2f} MiB\n", file.tensors.size(), elements,
                      static_cast<double>(bytes) / (1 << 20));
  print_text(text + history_table(inspected.history));
}

}  // namespace

void add_inspect_command(CLI::App& app, CommandContext& context) {
  auto path = std::make_shared<std::string>();
  auto* command = app.add_subcommand("inspect", "what a checkpoint, or any safetensors file, holds");
  command->add_option("FILE", *path, "a safetensors file")->required();
  command->callback([&context, path] {
    context.work = [&context, path] {
      const auto inspected = inspect(*path);
      context.json ? inspect_json(context, *path, inspected) : inspect_table(*path, inspected);
    };
  });
}

}  // namespace unveil
