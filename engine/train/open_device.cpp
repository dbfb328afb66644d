#include "engine/train/open_device.h"

#include <fmt/format.h>

#include "engine/bench/self_test.h"
#include "engine/error.h"

namespace unveil {
namespace {

// A device as the file of findings calls it; its value is Device::speed.
std::string key_of(const DeviceInfo& info) {
  return fmt::format("speed: {}, {}; {} lanes{}; kernels {:016x}", info.name, info.driver, info.lanes,
                     info.subgroup_teams ? " at once" : "", kernels_hash());
}

// Empty: it computes right.
std::string check(Device& device, const std::filesystem::path& known) {
  if (device.info().lavapipe) return {};
  const auto key = key_of(device.info());
  if (const auto speed = finding(known, key); speed && *speed > 0) {
    device.set_speed(*speed);
    return {};
  }
  const auto found = self_test(device);
  if (found.failure.empty()) {
    device.set_speed(found.speed);
    keep_finding(known, key, found.speed);
  }
  return found.failure;
}

}  // namespace

OpenedDevice open_device(const DeviceOptions& options, const std::filesystem::path& known) {
  OpenedDevice opened;
  auto infos = Device::list();
  while (true) {
    const int index = choose_device(infos, options.selector);
    auto one = options;
    if (!is_formulation(options.selector)) one.selector = std::to_string(index);
    opened.device = std::make_unique<Device>(one);
    auto& info = infos[static_cast<std::size_t>(index)];
    info.unusable = check(*opened.device, known);
    if (info.unusable.empty()) return opened;
    opened.refused.push_back(fmt::format("device {} '{}' cannot be used: it {}", index, info.name, info.unusable));
    opened.device.reset();
    if (is_formulation(options.selector)) throw Error(opened.refused.back());
  }
}

std::vector<DeviceInfo> checked_devices(const std::filesystem::path& known) {
  auto infos = Device::list();
  for (auto& info : infos)
    if (info.unusable.empty() && !info.lavapipe) {
      Device device(DeviceOptions{.selector = std::to_string(info.index)});
      info.unusable = check(device, known);
    }
  return infos;
}

}  // namespace unveil
