#pragma once
#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "engine/gpu/device.h"
#include "engine/train/run.h"

// What must not change silently (tests/golden/README.md).
namespace unveil::test {

using Json = nlohmann::ordered_json;

std::filesystem::path golden_path(const std::string& name);  // "models/vae.json", below tests/golden
// Whether golden files are written anew instead of compared with: UNVEIL_RENEW_GOLDEN is set.
bool renewing();

// What bits depend on beside the program: the driver and the code that it and the C library choose for the processor.
std::string bits_key(const DeviceInfo& device);
// Of all tensors of a checkpoint: names, types, shapes and bits.
std::string bits_of(const SafetensorsFile& file);

// One golden file: entries by name, each with figures, which hold on every device, and bits, which hold where they
// are known. Renewing, every comparison writes instead.
class Golden {
 public:
  explicit Golden(std::string name);
  // found: nested objects and arrays. Numbers are within a thousandth (of 1, below 1), all else is equal.
  void figures(const std::string& entry, const Json& found);
  // Equal to those kept for such a device; a warning where none are kept. After figures(), which tells when the bits
  // of other devices are out of date.
  void bits(const std::string& entry, const DeviceInfo& device, const std::string& found);
  // No entry is left that nothing was compared with.
  void complete();

 private:
  void write() const;
  std::string name_;
  Json kept_;
  std::set<std::string> seen_;
};

// The model's default data, generated small.
std::shared_ptr<const Dataset> small_data(const Model& model, std::uint64_t seed);
// Steps of a run: the loss of each and all that the last one measured.
Json train(Run& run, int steps);

}  // namespace unveil::test
