#include "engine/train/run.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstring>
#include <nlohmann/json.hpp>
#include <set>

#include "engine/error.h"
#include "engine/models/training.h"

namespace unveil {
namespace {

// Slots of the parameters in a checkpoint, by the prefix of the tensors' names.
struct SlotName {
  ParameterStore::Slot slot;
  const char* prefix;
};
constexpr SlotName kSlots[] = {{ParameterStore::value, ""},
                               {ParameterStore::first_moment, "adam.first_moment/"},
                               {ParameterStore::second_moment, "adam.second_moment/"},
                               {ParameterStore::average, "average/"}};

// Steps that go into one submission take about this long together: the window asks between submissions.
constexpr double kSubmissionMs = 5;
constexpr std::uint64_t kMostAtOnce = 64;

constexpr const char* kStatePrefix = "state/";  // of ParameterStore::kept_states

std::uint64_t moments_from_of(const SafetensorsFile& file, const std::filesystem::path& path) {
  const auto& text = file.metadata.at("moments_from");
  if (text.empty() || text.size() > 19 || text.find_first_not_of("0123456789") != std::string::npos)
    throw Error(fmt::format("{}: metadata 'moments_from' is '{}', not a whole number", path.string(), text));
  return std::stoull(text);
}

bool present(const ParameterStore& store, ParameterStore::Slot slot) {
  if (slot == ParameterStore::value) return true;
  return slot == ParameterStore::average ? store.has_average() : store.has_moments();
}

std::string shape_text(const std::vector<std::int64_t>& shape) {
  std::string text = "[";
  for (std::size_t i = 0; i < shape.size(); ++i) text += fmt::format("{}{}", i ? ", " : "", shape[i]);
  return text + "]";
}

// What a tensor of F32 and this shape holds.
std::vector<float> finite_values(const TensorEntry& entry, const Shape& shape, const std::filesystem::path& path) {
  std::vector<float> values(static_cast<std::size_t>(shape.elements()));
  std::memcpy(values.data(), entry.data.data(), entry.data.size());
  for (const float v : values)
    if (!std::isfinite(v))
      throw Error(fmt::format("{}: tensor '{}' holds values that are not finite numbers", path.string(), entry.name));
  return values;
}

std::vector<std::int64_t> extents(const Shape& shape) {
  std::vector<std::int64_t> all;
  for (int axis = 0; axis < shape.rank(); ++axis) all.push_back(shape[axis]);
  return all;
}

}  // namespace

Run::Setup setup_from(const CheckpointInfo& info, std::shared_ptr<const Dataset> data) {
  Run::Setup setup;
  setup.model = &find_model(info.model);
  setup.knobs = KnobValues(setup.model->declaration().knobs);
  for (const auto& [name, text] : info.knobs) setup.knobs.set_text(name, text);
  setup.seed = info.seed;
  setup.data = std::move(data);
  setup.normalisation = info.normalisation;
  return setup;
}

Run::Run(Device& device, Setup setup)
    : device_(device), setup_(std::move(setup)), device_data_(device, *setup_.data), store_(device) {
  const ModelContext context{device_, *setup_.data, device_data_, setup_.knobs, store_, setup_.normalisation};
  seed_state(store_);
  built_ = setup_.model->build(context);
  for (const auto& [name, state] : store_.states())
    if (name.starts_with(kKnobState) && !setup_.knobs.all().contains(name.substr(kKnobState.size())))
      throw std::logic_error(fmt::format("{} reads a live knob '{}' that it does not declare",
                                         setup_.model->declaration().name, name.substr(kKnobState.size())));
  reset(setup_.seed);
}

Run::~Run() = default;

void Run::write_states() {
  const std::uint32_t words[] = {static_cast<std::uint32_t>(setup_.seed),
                                 static_cast<std::uint32_t>(setup_.seed >> 32)};
  write_tensor_u32(device_, seed_state(store_), words);
  for (const auto& [name, value] : setup_.knobs.all()) {
    const auto state = store_.states().find(std::string(kKnobState) + name);
    if (state == store_.states().end()) continue;
    const auto narrow = static_cast<float>(value);
    write_tensor(device_, *state->second, {&narrow, 1});
  }
}

void Run::reset(std::uint64_t seed) {
  setup_.seed = seed;
  segment_ = 0;
  history_.clear();
  store_.initialise(seed);
  write_states();
}

void Run::step() {
  while (!advance()) {
  }
}

std::uint64_t Run::advance(std::uint64_t most) {
  auto& program = built_->train_step();
  if (program.segments() > 1) {
    program.run_segment(segment_);
    segment_ = (segment_ + 1) % program.segments();
    return segment_ == 0 ? 1 : 0;
  }
  const double fit = step_ms_ > 0 ? kSubmissionMs / step_ms_ : 1;
  const auto count = static_cast<std::uint64_t>(
      std::clamp(fit, 1.0, static_cast<double>(std::clamp(most, std::uint64_t{1}, kMostAtOnce))));
  const auto begin = std::chrono::steady_clock::now();
  program.run(static_cast<int>(count));
  step_ms_ = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count() /
             static_cast<double>(count);
  return count;
}

std::uint64_t Run::steps() const {
  return read_tensor_u32(device_, *store_.states().at("step"))[0];
}

std::string Run::data_description() const {
  const auto note = built_->data_note();
  return note.empty() ? data().description : fmt::format("{} {}", data().description, note);
}

double Run::epochs() const {
  const Dataset& data = *setup_.data;
  double items = std::max(data.train_count(), 1);
  // Of scenes patches are drawn, which begin at any pixel.
  if (data.kind == DataKind::scenes) {
    items = 0;
    for (const auto& scene : data.train_scenes) items += static_cast<double>(scene.height) * scene.width;
  }
  return static_cast<double>(steps()) * built_->batch_size() / items;
}

Metrics Run::metrics() const {
  Metrics all;
  const auto& from_one = setup_.model->declaration().counted_from_one;
  for (const auto& [state, tensor] : store_.states())
    if (state.starts_with("metric.")) {
      const auto name = state.substr(7);
      const auto values = read_tensor(device_, *tensor);
      const bool row = tensor->shape.rank() == 2;
      if (!row) all[name] = values[0];
      const std::size_t first = std::ranges::find(from_one, name) == from_one.end() ? 0 : 1;
      for (std::size_t i = 0; row && i < values.size(); ++i) all[fmt::format("{}.{}", name, first + i)] = values[i];
    }
  return all;
}

void Run::record(const Metrics& metrics) {
  const auto step = static_cast<double>(steps());
  for (const auto& [name, value] : metrics) append(history_[name], step, value);
}

void Run::set_knob(const std::string& name, double value) {
  for (const auto& knob : setup_.knobs.knobs())
    if (knob.name == name && knob.rebuilds) throw std::logic_error("knob " + name + " rebuilds the model");
  setup_.knobs.set(name, value);
  write_states();
}

std::size_t RunState::bytes() const {
  std::size_t sum = 0;
  for (const auto& arena : arenas) sum += arena.size();
  for (const auto& [name, series] : history) sum += 2 * sizeof(double) * series.steps.size();
  return sum;
}

void Run::copy_state(RunState& into) const {
  if (!between_steps()) throw std::logic_error("a state is that of a whole step");
  into.step = steps();
  into.seed = setup_.seed;
  into.knobs = setup_.knobs;
  into.history = history_;
  store_.copy(into.arenas);
}

RunState Run::copy_state() const {
  RunState state;
  copy_state(state);
  return state;
}

void Run::put_back(const RunState& state) {
  for (const auto& knob : setup_.knobs.knobs())
    if (knob.rebuilds && state.knobs[knob.name] != setup_.knobs[knob.name])
      throw std::logic_error("a state of another model cannot be put back");
  store_.put_back(state.arenas);
  segment_ = 0;
  setup_.seed = state.seed;
  setup_.knobs = state.knobs;
  history_ = state.history;
}

SafetensorsFile Run::checkpoint(const std::string& command, bool parameters_only) const {
  SafetensorsFile file;
  nlohmann::json knobs = nlohmann::json::object();
  for (const auto& [name, value] : setup_.knobs.all()) knobs[name] = setup_.knobs.text(name);
  file.metadata = {{"model", setup_.model->declaration().name},
                   {"knobs", knobs.dump()},
                   {"seed", std::to_string(setup_.seed)},
                   {"step", std::to_string(steps())}};
  if (!command.empty()) file.metadata["command"] = as_utf8(command);
  // Without moments in the file, they begin anew wherever training goes on.
  const auto from = read_tensor_u32(device_, *store_.states().at("moments_from"))[0];
  if (!parameters_only && from > 0) file.metadata["moments_from"] = std::to_string(from);
  for (const auto& [slot, prefix] : kSlots) {
    if (!present(store_, slot)) continue;
    if (parameters_only && (slot == ParameterStore::first_moment || slot == ParameterStore::second_moment)) continue;
    for (const auto& path : store_.paths()) {
      const auto& tensor = store_.tensor(path, slot);
      const auto values = read_tensor(device_, tensor);
      const auto bytes = std::as_bytes(std::span(values));
      file.tensors.push_back({prefix + path, "F32", extents(tensor.shape), {bytes.begin(), bytes.end()}});
    }
  }
  for (const auto& [name, tensor] : store_.kept_states()) {
    const auto values = read_tensor(device_, *tensor);
    const auto bytes = std::as_bytes(std::span(values));
    file.tensors.push_back({kStatePrefix + name, "F32", extents(tensor->shape), {bytes.begin(), bytes.end()}});
  }
  describe_data(*setup_.data, built_->normalisation(), file);
  write_history(history_, file);
  return file;
}

std::vector<std::string> Run::take_weights(const SafetensorsFile& file, const std::filesystem::path& path) {
  std::map<std::string, const TensorEntry*> found;
  for (const auto& entry : file.tensors) found[entry.name] = &entry;
  std::vector<std::pair<std::string, std::vector<float>>> taken;
  std::vector<std::string> others;
  for (const auto& name : store_.paths()) {
    const auto& shape = store_.tensor(name, ParameterStore::value).shape;
    const auto entry = found.find(name);
    if (entry == found.end() || entry->second->dtype != "F32" || entry->second->shape != extents(shape))
      others.push_back(name);
    else
      taken.emplace_back(name, finite_values(*entry->second, shape, path));
  }
  if (taken.empty())
    throw Error(fmt::format("{}: holds no tensor of a name and shape that this model has, such as '{}' {}",
                            path.string(), store_.paths().front(),
                            store_.tensor(store_.paths().front(), ParameterStore::value).shape.text()));
  for (const auto& [name, values] : taken)
    for (const auto slot : {ParameterStore::value, ParameterStore::average})
      if (present(store_, slot)) write_tensor(device_, store_.tensor(name, slot), values);
  return others;
}

void Run::restore(const SafetensorsFile& file, const std::filesystem::path& path) {
  const auto info = checkpoint_info(file, path);
  if (info.model != setup_.model->declaration().name)
    throw Error(fmt::format("{}: a checkpoint of {}, not of {}", path.string(), info.model,
                            setup_.model->declaration().name));
  if (!info.normalisation.empty() && info.normalisation != built_->normalisation())
    throw Error(fmt::format("{}: its whitening is not the one that this model was built with", path.string()));
  auto history = read_history(file, path);
  std::map<std::string, const TensorEntry*> found;
  for (const auto& entry : file.tensors) found[entry.name] = &entry;

  struct Write {
    const DeviceTensor* tensor;
    std::vector<float> values;
  };
  std::vector<Write> writes;
  std::set<std::string> used;
  std::map<std::string, std::size_t> value_writes;
  // What the entry holds, after every check.
  const auto values_of = [&](const TensorEntry& entry, const DeviceTensor& tensor) {
    if (entry.dtype != "F32" || entry.shape != extents(tensor.shape))
      throw Error(fmt::format("{}: tensor '{}' is {} {}, expected F32 {}", path.string(), entry.name, entry.dtype,
                              shape_text(entry.shape), tensor.shape.text()));
    used.insert(entry.name);
    return finite_values(entry, tensor.shape, path);
  };
  for (const auto& [slot, prefix] : kSlots) {
    if (!present(store_, slot)) continue;
    for (const auto& parameter : store_.paths()) {
      const std::string name = prefix + parameter;
      const auto& tensor = store_.tensor(parameter, slot);
      const auto entry = found.find(name);
      if (entry == found.end()) {
        // A shipped checkpoint has no optimiser; its moments begin at zero, and the average where the values are.
        if (slot == ParameterStore::value)
          throw Error(fmt::format("{}: tensor '{}' is missing", path.string(), name));
        if (slot == ParameterStore::average) writes.push_back({&tensor, writes[value_writes.at(parameter)].values});
        continue;
      }
      if (slot == ParameterStore::value) value_writes[parameter] = writes.size();
      writes.push_back({&tensor, values_of(*entry->second, tensor)});
    }
  }
  for (const auto& [state, tensor] : store_.kept_states()) {
    const auto entry = found.find(kStatePrefix + state);
    if (entry == found.end())
      throw Error(fmt::format("{}: tensor '{}{}' is missing", path.string(), kStatePrefix, state));
    writes.push_back({tensor, values_of(*entry->second, *tensor)});
  }
  for (const auto& [name, entry] : found)
    if (!used.contains(name) && !name.starts_with("average/") && !is_history(name) && !is_normalisation(name))
      throw Error(fmt::format("{}: tensor '{}' does not belong to this model", path.string(), name));

  KnobValues knobs = setup_.knobs;
  for (const auto& knob : knobs.knobs()) {
    const auto given = info.knobs.find(knob.name);
    if (given == info.knobs.end()) continue;
    const std::string before = knobs.text(knob.name);
    knobs.set_text(knob.name, given->second);
    if (knob.rebuilds && knobs.text(knob.name) != before)
      throw Error(fmt::format("{}: the checkpoint has {} = {}, this model was built with {}", path.string(),
                              knob.name, given->second, before));
  }
  // A shipped checkpoint has no moments: they begin at zero, and bias corrections count from here.
  const bool has_moments = used.contains(std::string("adam.first_moment/") + store_.paths().front());
  const std::uint64_t moments_began = !store_.has_moments()                    ? 0
                                      : !has_moments                           ? info.step
                                      : file.metadata.contains("moments_from") ? moments_from_of(file, path)
                                                                               : 0;
  setup_.knobs = knobs;
  reset(info.seed);
  history_ = std::move(history);
  for (const auto& write : writes) write_tensor(device_, *write.tensor, write.values);
  const auto step = static_cast<std::uint32_t>(info.step), moments_from = static_cast<std::uint32_t>(moments_began);
  write_tensor_u32(device_, step_state(store_), {&step, 1});
  write_tensor_u32(device_, moments_state(store_), {&moments_from, 1});
}

}  // namespace unveil
