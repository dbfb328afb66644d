#include "tests/golden/golden.h"

#include <fmt/format.h>
#ifdef __GLIBC__
#include <gnu/libc-version.h>
#endif

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>

#include "tests/catch.h"

namespace unveil::test {
namespace {

constexpr double kTolerance = 1e-3;
constexpr int kItems = 64;  // of each split of small data

// Six digits are enough to compare with, and to read; what is no number is null, as JSON has it.
Json rounded(const Json& value) {
  if (value.is_number_float()) {
    const auto number = value.get<double>();
    return std::isfinite(number) ? Json(std::stod(fmt::format("{:.6g}", number))) : Json();
  }
  Json result = value;
  if (value.is_structured())
    for (auto& part : result) part = rounded(part);
  return result;
}

// The first thing that differs; empty: nothing.
std::string difference(const Json& kept, const Json& found) {
  const auto before = kept.flatten(), now = found.flatten();
  for (const auto& [path, value] : before.items())
    if (!now.contains(path)) return fmt::format("{} is gone", path);
  for (const auto& [path, value] : now.items()) {
    if (!before.contains(path)) return fmt::format("{} is new", path);
    const auto& old = before[path];
    if (old == value) continue;
    const bool numbers = old.is_number() && value.is_number();
    if (numbers &&
        std::abs(value.get<double>() - old.get<double>()) <= kTolerance * std::max(1.0, std::abs(old.get<double>())))
      continue;
    return fmt::format("{} was {} and is {}", path, old.dump(), value.dump());
  }
  return {};
}

// 64 bits of FNV-1a.
struct Hash {
  std::uint64_t value = 0xcbf29ce484222325;
  void add(std::span<const std::byte> bytes) {
    for (const auto byte : bytes) value = (value ^ static_cast<std::uint64_t>(byte)) * 0x100000001b3;
  }
};

}  // namespace

std::filesystem::path golden_path(const std::string& name) {
  return std::filesystem::path(UNVEIL_SOURCE_DIR) / "tests/golden" / name;
}

bool renewing() {
  return std::getenv("UNVEIL_RENEW_GOLDEN") != nullptr;
}

std::string bits_key(const DeviceInfo& device) {
  std::string key = fmt::format("{} · {}", device.driver, device.name);
#if defined(__x86_64__)
  for (const char* has :
       {__builtin_cpu_supports("avx2") ? " · avx2" : "", __builtin_cpu_supports("fma") ? " · fma" : ""})
    key += has;
#endif
#ifdef __GLIBC__
  key += fmt::format(" · glibc {}", gnu_get_libc_version());
#endif
  return key;
}

std::string bits_of(const SafetensorsFile& file) {
  Hash hash;
  for (const auto& tensor : file.tensors) {
    auto head = tensor.name + " " + tensor.dtype;
    for (const auto extent : tensor.shape) head += " " + std::to_string(extent);
    hash.add(std::as_bytes(std::span(head)));
    hash.add(tensor.data);
  }
  return fmt::format("{:016x}", hash.value);
}

Golden::Golden(std::string name) : name_(std::move(name)), kept_(Json::object()) {
  if (std::ifstream file(golden_path(name_)); file) kept_ = Json::parse(file);
}

void Golden::figures(const std::string& entry, const Json& found) {
  seen_.insert(entry);
  auto& kept = kept_[entry];
  const auto now = rounded(found);
  const auto differs = difference(kept["figures"], now);
  if (renewing()) {
    if (differs.empty()) return;
    kept = {{"figures", now}, {"bits", Json::object()}};
    return write();
  }
  INFO(name_ << ", " << entry << ": " << differs);
  CHECK(differs.empty());
}

void Golden::bits(const std::string& entry, const DeviceInfo& device, const std::string& found) {
  if (device.kind == "CPU" && !device.lavapipe) return;  // formulated as for a GPU: its figures are enough
  auto& kept = kept_[entry]["bits"];
  const auto key = bits_key(device);
  const bool known = kept.contains(key);
  if (renewing()) {
    if (known && kept[key] != found) kept.clear();
    kept[key] = found;
    return write();
  }
  if (!known) {
    WARN(name_ << ", " << entry << ": bits of \"" << key << "\" are not known: not compared");
    return;
  }
  INFO(name_ << ", " << entry << ": bits of " << key);
  CHECK(kept[key].get<std::string>() == found);
}

void Golden::complete() {
  std::vector<std::string> left;
  for (const auto& [entry, value] : kept_.items())
    if (!seen_.contains(entry)) left.push_back(entry);
  if (renewing()) {
    for (const auto& entry : left) kept_.erase(entry);
    return write();
  }
  INFO(name_);
  CHECK(left == std::vector<std::string>{});
}

void Golden::write() const {
  std::filesystem::create_directories(golden_path(name_).parent_path());
  std::ofstream(golden_path(name_)) << kept_.dump(1) << '\n';
}

std::shared_ptr<const Dataset> small_data(const Model& model, std::uint64_t seed) {
  const auto& declaration = model.declaration();
  const int items = declaration.data_kinds.front() == DataKind::scenes ? 1 : kItems;
  auto options = declaration.data_options();
  options.seed = seed, options.train_count = options.test_count = items;
  return std::make_shared<const Dataset>(load_dataset(declaration.default_data, options));
}

Json train(Run& run, int steps) {
  Json losses = Json::array();
  for (int i = 0; i < steps; ++i) {
    run.step();
    losses.push_back(run.metrics().at(run.model().declaration().step_metrics.front()));
  }
  return {{"losses", losses}, {"metrics", run.metrics()}};
}

}  // namespace unveil::test
