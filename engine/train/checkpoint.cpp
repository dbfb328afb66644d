#include "engine/train/checkpoint.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <nlohmann/json.hpp>

#include "engine/data/format.h"
#include "engine/error.h"

namespace unveil {
namespace {

using Json = nlohmann::json;

constexpr const char* kFormat = "unveil-checkpoint-1";
constexpr std::string_view kNormalisation = "normalisation/";
constexpr const char* kKinds[] = {"pictures", "scenes", "sounds", "points"};  // by DataKind
constexpr int kSceneSide = 96;                                                // of a made-up scene, pixels

const std::string& required(const SafetensorsFile& file, const char* key, const std::filesystem::path& path) {
  const auto found = file.metadata.find(key);
  if (found == file.metadata.end())
    throw Error(fmt::format("{}: not a checkpoint of this program: its metadata lack '{}'", path.string(), key));
  return found->second;
}

std::uint64_t number(const SafetensorsFile& file, const char* key, const std::filesystem::path& path) {
  const auto& text = required(file, key, path);
  if (text.empty() || text.size() > 19 || text.find_first_not_of("0123456789") != std::string::npos)
    throw Error(fmt::format("{}: metadata '{}' is '{}', not a whole number", path.string(), key, text));
  return std::stoull(text);
}

std::string hex(const std::string& bytes) {
  std::string text;
  for (const char c : bytes) text += fmt::format("{:02x}", static_cast<unsigned char>(c));
  return text;
}

std::optional<std::string> unhex(const std::string& text) {
  if (text.size() % 2 != 0 || text.find_first_not_of("0123456789abcdef") != std::string::npos) return std::nullopt;
  std::string bytes;
  for (std::size_t i = 0; i < text.size(); i += 2)
    bytes += static_cast<char>(std::stoi(text.substr(i, 2), nullptr, 16));
  return bytes;
}

// "format" of "format:path"; empty of a path alone or a built-in name.
std::string format_of(const std::string& spec) {
  const auto name = spec.substr(0, std::min(spec.find(':'), spec.size()));
  if (name.size() == spec.size()) return {};
  const auto formats = registered_data_formats();
  return std::ranges::any_of(formats, [&](const auto* f) { return f->name == name; }) ? name : std::string();
}

bool built_in(const std::string& spec) {
  const auto formats = registered_data_formats();
  return std::ranges::any_of(formats, [&](const auto* f) {
    return f->built_in && (f->name == spec || (!f->arguments.empty() && spec.starts_with(f->name + ":")));
  });
}

std::filesystem::path path_of(const std::string& spec) {
  const auto format = format_of(spec);
  return format.empty() ? spec : spec.substr(format.size() + 1);
}

// A checkpoint finds its data from wherever the program is started.
std::string absolute(const std::string& spec) {
  if (built_in(spec)) return spec;
  std::error_code error;
  const auto path = std::filesystem::absolute(path_of(spec), error);
  if (error) return spec;
  const auto format = format_of(spec);
  return format.empty() ? path.lexically_normal().string() : format + ":" + path.lexically_normal().string();
}

Json outline_of(const Dataset& data) {
  Json outline{{"kind", kKinds[static_cast<int>(data.kind)]}};
  if (data.kind == DataKind::pictures) {
    outline["height"] = data.train.height, outline["width"] = data.train.width;
    outline["channels"] = data.train.channels;
    outline["classes"] = data.classes;
    if (!data.class_names.empty()) outline["class_names"] = data.class_names;
  }
  if (data.kind == DataKind::points) outline["dimensions"] = data.train_points.dimensions;
  if (data.kind == DataKind::sounds) {
    outline["sample_rate"] = data.sample_rate;
    for (const auto& kind : data.label_kinds)
      outline["labels"].push_back({{"name", kind.name}, {"classes", kind.classes}});
  }
  return outline;
}

// Throws nlohmann's exceptions for what is missing or of another type.
std::optional<Dataset> outline_from(const Json& json) {
  Dataset data;
  const auto kind = std::ranges::find(kKinds, json.at("kind").get<std::string>(),
                                      [](const char* name) { return std::string(name); });
  if (kind == std::end(kKinds)) return std::nullopt;
  data.kind = static_cast<DataKind>(kind - kKinds);
  if (data.kind == DataKind::pictures) {
    auto& set = data.train;
    set.height = json.at("height").get<int>(), set.width = json.at("width").get<int>();
    set.channels = json.at("channels").get<int>();
    data.classes = json.at("classes").get<int>();
    if (json.contains("class_names")) data.class_names = json["class_names"].get<std::vector<std::string>>();
    const auto within = [](int value, int low, int high) { return value >= low && value <= high; };
    if (!within(set.height, 1, 4096) || !within(set.width, 1, 4096) || !within(set.channels, 1, 4) ||
        !within(data.classes, 0, 256))
      return std::nullopt;
    if (!data.class_names.empty() && data.class_names.size() != static_cast<std::size_t>(data.classes))
      return std::nullopt;
    data.test.height = set.height, data.test.width = set.width, data.test.channels = set.channels;
  }
  if (data.kind == DataKind::points) {
    data.train_points.dimensions = data.test_points.dimensions = json.at("dimensions").get<int>();
    if (data.train_points.dimensions < 1 || data.train_points.dimensions > 4096) return std::nullopt;
  }
  if (data.kind == DataKind::sounds) {
    data.sample_rate = json.at("sample_rate").get<int>();
    for (const auto& labels : json.value("labels", Json::array()))
      data.label_kinds.push_back(
          {labels.at("name").get<std::string>(), labels.at("classes").get<std::vector<std::string>>()});
  }
  return data;
}

}  // namespace

CheckpointInfo checkpoint_info(const SafetensorsFile& file, const std::filesystem::path& path) {
  CheckpointInfo info;
  if (const auto& format = required(file, "format", path); !format.starts_with("unveil-"))
    throw Error(
        fmt::format("{}: a safetensors file of another program (its format is '{}'); a checkpoint is one that "
                    "unveil train wrote",
                    path.string(), format));
  else if (format != kFormat)
    throw Error(
        fmt::format("{}: the checkpoint's format is '{}'; this program reads '{}'", path.string(), format, kFormat));
  info.model = required(file, "model", path);
  info.data = required(file, "data", path);
  info.seed = number(file, "seed", path);
  info.step = number(file, "step", path);
  if (const auto command = file.metadata.find("command"); command != file.metadata.end())
    info.command = command->second;
  if (const auto bytes = file.metadata.find("data_bytes"); bytes != file.metadata.end()) {
    const auto spec = unhex(bytes->second);
    if (!spec) throw Error(fmt::format("{}: metadata 'data_bytes' are no bytes in hexadecimal", path.string()));
    info.data = *spec;
  }
  const auto knobs = Json::parse(required(file, "knobs", path), nullptr, false);
  if (!knobs.is_object()) throw Error(fmt::format("{}: metadata 'knobs' is not a JSON object", path.string()));
  for (const auto& [name, value] : knobs.items()) {
    if (!value.is_string())
      throw Error(fmt::format("{}: knob '{}' in the metadata is not text", path.string(), name));
    info.knobs[name] = value.get<std::string>();
  }
  if (const auto outline = file.metadata.find("data_outline"); outline != file.metadata.end()) {
    try {
      info.outline = outline_from(Json::parse(outline->second));
    } catch (const Json::exception&) {
    }
    if (!info.outline)
      throw Error(fmt::format("{}: metadata 'data_outline' does not describe data: {}", path.string(),
                              outline->second.substr(0, 200)));
  }
  for (const auto& entry : file.tensors) {
    if (!is_normalisation(entry.name) || entry.data.empty()) continue;
    auto& values = info.normalisation[entry.name.substr(kNormalisation.size())];
    values.resize(entry.data.size() / sizeof(float));
    std::memcpy(values.data(), entry.data.data(), values.size() * sizeof(float));
    if (entry.dtype != "F32" || !std::ranges::all_of(values, [](float v) { return std::isfinite(v); }))
      throw Error(fmt::format("{}: tensor '{}' does not hold finite numbers of type F32", path.string(), entry.name));
  }
  return info;
}

bool is_normalisation(std::string_view tensor) {
  return tensor.starts_with(kNormalisation);
}

std::string as_utf8(const std::string& bytes) {
  return Json::parse(Json(bytes).dump(-1, ' ', false, Json::error_handler_t::replace)).get<std::string>();
}

void describe_data(const Dataset& data, const Normalisation& normalisation, SafetensorsFile& file) {
  const auto spec = absolute(data.spec);
  file.metadata["format"] = kFormat;
  file.metadata["data"] = as_utf8(spec);
  if (file.metadata["data"] != spec) file.metadata["data_bytes"] = hex(spec);
  file.metadata["data_outline"] = outline_of(data).dump(-1, ' ', false, Json::error_handler_t::replace);
  for (const auto& [name, values] : normalisation) {
    const auto bytes = std::as_bytes(std::span(values));
    file.tensors.push_back({std::string(kNormalisation) + name,
                            "F32",
                            {static_cast<std::int64_t>(values.size())},
                            {bytes.begin(), bytes.end()}});
  }
}

std::string data_gone(const CheckpointInfo& info, const std::filesystem::path& path) {
  std::error_code ignored;
  if (built_in(info.data) || std::filesystem::exists(path_of(info.data), ignored)) return {};
  return fmt::format("the data of checkpoint {} were at {} (not there now)", path.string(), info.data);
}

DatasetOptions data_options(const CheckpointInfo& info) {
  auto options = find_model(info.model).declaration().data_options();
  if (info.outline && info.outline->train.channels == 1) options.colour = false;
  return options;
}

std::shared_ptr<const Dataset> data_of_checkpoint(const CheckpointInfo& info, const std::filesystem::path& path,
                                                  const std::string& other) {
  auto options = data_options(info);
  options.seed = info.seed;
  if (const auto gone = data_gone(info, path); other.empty() && !gone.empty()) throw Error(gone + "; give --data");
  return std::make_shared<const Dataset>(load_dataset(other.empty() ? info.data : other, options));
}

std::shared_ptr<const Dataset> stand_in(const CheckpointInfo& info) {
  if (!info.outline || info.outline->kind == DataKind::sounds) return nullptr;
  auto data = std::make_shared<Dataset>(*info.outline);
  data->absent = true;
  data->spec = info.data;
  data->title = "data elsewhere";
  data->description = "The data themselves were not read: size and names are the checkpoint's.";
  // Neither flat nor regular, so that whatever is measured of it is defined.
  const auto noise = [](std::size_t i) { return static_cast<std::uint8_t>((i * 2654435761u) >> 13); };
  if (data->kind == DataKind::pictures) {
    auto& set = data->train;
    set.count = 1;
    set.pixels.resize(static_cast<std::size_t>(set.height) * set.width * set.channels);
    for (std::size_t i = 0; i < set.pixels.size(); ++i) set.pixels[i] = noise(i);
    if (data->classes > 0) set.labels = {0};
  } else if (data->kind == DataKind::points) {
    auto& points = data->train_points;
    points.count = 1;
    for (int d = 0; d < points.dimensions; ++d)
      points.values.push_back(static_cast<float>(noise(static_cast<std::size_t>(d))) / 255);
  } else {
    Scene scene{"made up", kSceneSide, kSceneSide, std::vector<float>(kSceneSide * kSceneSide)};
    for (std::size_t i = 0; i < scene.grey.size(); ++i) scene.grey[i] = static_cast<float>(noise(i)) / 255.0f;
    data->train_scenes.push_back(std::move(scene));
  }
  return data;
}

bool same_outline(const Dataset& a, const Dataset& b) {
  return a.kind == b.kind && a.train.height == b.train.height && a.train.width == b.train.width &&
         a.train.channels == b.train.channels && a.classes == b.classes && a.sample_rate == b.sample_rate &&
         a.train_points.dimensions == b.train_points.dimensions;
}

}  // namespace unveil
