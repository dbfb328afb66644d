#include "engine/models/model.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "engine/error.h"
#include "engine/models/training.h"

namespace unveil {

const Preset& ModelDeclaration::preset(const std::string& wanted) const {
  std::vector<std::string> names;
  for (const auto& preset : presets) {
    if (preset.name == wanted) return preset;
    names.push_back(preset.name);
  }
  throw UsageError(fmt::format("{} has no preset '{}'; its presets are {}", name, wanted, fmt::join(names, ", ")));
}

const DeviceTensor& ModelContext::live(const std::string& knob) const {
  return knob_state(store, knob);
}

DeviceData::DeviceData(Device& device, const Dataset& data) {
  if (data.kind == DataKind::points) {
    const auto& points = data.train_points;
    train_points.name = "training points";
    train_points.shape = {points.count, points.dimensions};
    train_points.layout = make_layout(train_points.shape);
    train_points.buffer = &buffer;
    buffer = device.allocate(train_points.layout.bytes(), MemoryKind::device, "the data set");
    write_tensor(device, train_points, points.values);
  }
  if (data.kind != DataKind::pictures) return;  // models of other kinds hold theirs in their own way
  const auto pixels = data.train.pixels.size(), labels = data.train.labels.size();
  const auto label_offset = (pixels + 255) / 256 * 256;
  buffer = device.allocate(label_offset + (labels / 256 + 1) * 256, MemoryKind::device, "the data set");
  device.write(buffer, 0, std::as_bytes(std::span(data.train.pixels)));
  if (labels > 0) device.write(buffer, label_offset, std::as_bytes(std::span(data.train.labels)));
  const auto place = [&](DeviceTensor& tensor, const char* name, Shape shape, std::uint64_t offset) {
    tensor.name = name;
    tensor.shape = shape;
    tensor.dtype = DType::u8;
    tensor.buffer = &buffer;
    tensor.offset = offset;
  };
  const auto count = static_cast<std::int64_t>(data.train.count);
  place(train_pixels, "training pictures", {count, data.train.height * data.train.width * data.train.channels}, 0);
  place(train_labels, "training labels", {static_cast<std::int64_t>(labels)}, label_offset);
}

KernelGeometry KernelGeometry::picture(int height, int width, bool by_row, bool colour) {
  KernelGeometry geometry{.by_row = by_row, .colour = colour};
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x) geometry.taps.push_back({y, x});
  return geometry;
}

CodeTable BuiltModel::encode(const std::string& code, int, int, const Progress&) {
  throw std::logic_error(fmt::format("code {} is not declared", code));
}

CodeTable BuiltModel::encode_items(const std::string&, int, std::span<const int>) {
  return {};
}

int BuiltModel::held_out(int, int, double&) {
  throw std::logic_error("no held-out figure is declared");
}

std::vector<float> BuiltModel::reconstruct(std::span<const float>) {
  throw std::logic_error("no reconstruction is declared");
}

std::vector<CodeLabels> code_labels(const Dataset& data, int split, int count) {
  const auto& set = split == 0 ? data.train : data.test;
  if (set.labels.empty()) return {};
  CodeLabels labels{.name = "class"};
  for (int c = 0; c < data.classes; ++c) labels.classes.push_back(data.class_name(c));
  labels.values.assign(set.labels.begin(), set.labels.begin() + count);
  return {labels};
}

std::vector<std::string> option_values(const std::string& text) {
  std::vector<std::string> values;
  for (std::size_t begin = 0;;) {
    const auto end = text.find('\n', begin);
    values.push_back(text.substr(begin, end - begin));
    if (end == std::string::npos) return values;
    begin = end + 1;
  }
}

std::string joined_values(const std::vector<std::string>& values) {
  return fmt::format("{}", fmt::join(values, "\n"));
}

const Model& find_model(const std::string& name) {
  std::vector<std::string> names;
  for (const auto* model : registered_models()) {
    if (model->declaration().name == name) return *model;
    names.push_back(model->declaration().name);
  }
  throw UsageError(fmt::format("there is no exhibit '{}'; the exhibits are {}", name, fmt::join(names, ", ")));
}

OptionValues checked_options(const std::vector<ModelOption>& declared, const OptionValues& given) {
  OptionValues values;
  for (const auto& option : declared)
    if (!option.default_text.empty()) values[option.name] = option.default_text;
  for (const auto& [name, text] : given) {
    const auto option = std::ranges::find(declared, name, &ModelOption::name);
    if (option == declared.end()) {
      std::vector<std::string> names;
      for (const auto& o : declared) names.push_back("--" + o.name);
      throw UsageError(fmt::format("there is no option --{} here; the options are {}", name, fmt::join(names, ", ")));
    }
    if (option->kind == ModelOption::Kind::integer || option->kind == ModelOption::Kind::real) {
      double value = 0;
      const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
      const bool number = error == std::errc() && end == text.data() + text.size();
      const bool whole = option->kind == ModelOption::Kind::real || value == std::floor(value);
      if (!number || !whole || !(value >= option->minimum && value <= option->maximum))
        throw UsageError(fmt::format("--{} cannot be '{}'; it takes {} from {:g} to {:g}", name, text,
                                     option->kind == ModelOption::Kind::real ? "a number" : "a whole number",
                                     option->minimum, option->maximum));
    }
    values[name] = text;
  }
  return values;
}

}  // namespace unveil
