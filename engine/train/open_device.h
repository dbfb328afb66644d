#pragma once
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "engine/gpu/device.h"
#include "engine/gpu/findings.h"

namespace unveil {

struct OpenedDevice {
  std::unique_ptr<Device> device;
  // Devices that came first and compute wrong: "device 0 'NAME' cannot be used: it computes softmax wrong (…)".
  std::vector<std::string> refused;
};

// Opens the device that the selector means (choose_device). One other than lavapipe tests itself first (engine/bench/
// self_test.h), once for each driver version and set of kernels, which `known` remembers; one that computes wrong is
// refused, and the next that the selector means is taken. Throws as choose_device does when none is left.
OpenedDevice open_device(const DeviceOptions& options, const std::filesystem::path& known = findings_file("devices"));

// The devices of this machine with what their self-tests say.
std::vector<DeviceInfo> checked_devices(const std::filesystem::path& known = findings_file("devices"));

}  // namespace unveil
