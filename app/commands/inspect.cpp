#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "app/commands/command.h"
#include "engine/train/safetensors.h"

namespace unveil {
namespace {

constexpr std::size_t kShownMetadata = 160;  // characters of a value in the table; --json prints all

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

template <class T>
void add_all(Statistics& statistics, const std::vector<std::byte>& data) {
  for (std::size_t at = 0; at + sizeof(T) <= data.size(); at += sizeof(T)) {
    T value;
    std::memcpy(&value, data.data() + at, sizeof(T));
    statistics.add(static_cast<double>(value));
  }
}

Statistics measure(const TensorEntry& entry) {
  Statistics statistics;
  if (entry.dtype == "F32") add_all<float>(statistics, entry.data);
  if (entry.dtype == "U32") add_all<std::uint32_t>(statistics, entry.data);
  if (entry.dtype == "U8") add_all<std::uint8_t>(statistics, entry.data);
  return statistics;
}

void inspect_json(const CommandContext& context, const std::string& path, const SafetensorsFile& file) {
  auto result = command_result(context, "inspect");
  result["file"] = path;
  result["metadata"] = file.metadata;
  result["tensors"] = nlohmann::ordered_json::array();
  std::size_t elements = 0, bytes = 0, nans = 0, infinities = 0;
  for (const auto& entry : file.tensors) {
    const auto statistics = measure(entry);
    nlohmann::ordered_json row{
        {"name", entry.name}, {"dtype", entry.dtype}, {"shape", entry.shape},   {"min", nullptr},
        {"max", nullptr},     {"mean", nullptr},      {"nan", statistics.nans}, {"inf", statistics.infinities}};
    if (statistics.finite() > 0) {
      row["min"] = statistics.minimum;
      row["max"] = statistics.maximum;
      row["mean"] = statistics.mean();
    }
    result["tensors"].push_back(std::move(row));
    elements += statistics.elements, bytes += entry.data.size();
    nans += statistics.nans, infinities += statistics.infinities;
  }
  result["metrics"] = {
      {"tensors", file.tensors.size()}, {"elements", elements}, {"bytes", bytes}, {"nan", nans}, {"inf", infinities}};
  print_json(result);
}

void inspect_table(const std::string& path, const SafetensorsFile& file) {
  std::string text = fmt::format("{}\n", printable(path));
  for (const auto& [key, value] : file.metadata) {
    const auto shown = printable(value);
    text += fmt::format("  {}: {}{}\n", printable(key), shown.substr(0, kShownMetadata),
                        shown.size() > kShownMetadata ? " …" : "");
  }
  std::size_t width = 4, elements = 0, bytes = 0;
  for (const auto& entry : file.tensors) width = std::max(width, printable(entry.name).size());
  text += fmt::format("\n{:<{}}  {:5}  {:<18} {:>12} {:>12} {:>12} {:>6} {:>6}\n", "name", width, "dtype", "shape",
                      "min", "max", "mean", "nan", "inf");
  for (const auto& entry : file.tensors) {
    const auto statistics = measure(entry);
    const auto number = [&](double value) {
      return statistics.finite() > 0 ? fmt::format("{:.5g}", value) : std::string("-");
    };
    text +=
        fmt::format("{:<{}}  {:5}  {:<18} {:>12} {:>12} {:>12} {:>6} {:>6}\n", printable(entry.name), width,
                    entry.dtype, fmt::format("{}", entry.shape), number(statistics.minimum),
                    number(statistics.maximum), number(statistics.mean()), statistics.nans, statistics.infinities);
    elements += statistics.elements;
    bytes += entry.data.size();
  }
  text += fmt::format("\n{} tensors, {} elements, {:.2f} MiB\n", file.tensors.size(), elements,
                      static_cast<double>(bytes) / (1 << 20));
  print_text(text);
}

}  // namespace

void add_inspect_command(CLI::App& app, CommandContext& context) {
  auto path = std::make_shared<std::string>();
  auto* command = app.add_subcommand("inspect", "what a checkpoint (safetensors) holds");
  command->add_option("FILE", *path, "a safetensors file")->required();
  command->callback([&context, path] {
    context.work = [&context, path] {
      const auto file = read_safetensors(*path);
      context.json ? inspect_json(context, *path, file) : inspect_table(*path, file);
    };
  });
}

}  // namespace unveil
