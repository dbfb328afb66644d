#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>

#include "app/commands/command.h"
#include "engine/train/open_device.h"

namespace unveil {
namespace {

struct Choice {
  int index = -1;      // none where -1
  std::string reason;  // or why there is none
};

std::string reason_for(const std::vector<DeviceInfo>& devices, int index, const std::string& selector) {
  if (!selector.empty()) return fmt::format("--device {} names it", selector);
  const auto usable = std::count_if(devices.begin(), devices.end(), [](const auto& d) { return d.unusable.empty(); });
  if (usable == 1) return "it is the only one that can be used";
  const auto& kind = devices[static_cast<std::size_t>(index)].kind;
  const auto same = std::count_if(devices.begin(), devices.end(),
                                  [&](const auto& d) { return d.unusable.empty() && d.kind == kind; });
  return same > 1 ? fmt::format("the first {}; a GPU comes before the processor, a discrete one first", kind)
                  : "a GPU comes before the processor, a discrete one first";
}

// A machine whose devices all lack something is worth listing, so that is no error; a wrong --device is.
Choice choose(const std::vector<DeviceInfo>& devices, const std::string& selector) {
  if (selector.empty() &&
      std::none_of(devices.begin(), devices.end(), [](const auto& device) { return device.unusable.empty(); }))
    return {-1, devices.empty() ? "no Vulkan device was found" : "none of them can be used"};
  const int index = choose_device(devices, selector);
  return {index, reason_for(devices, index, selector)};
}

nlohmann::ordered_json as_json(const DeviceInfo& device, bool chosen) {
  return {{"index", device.index},
          {"name", device.name},
          {"driver", device.driver},
          {"kind", device.kind},
          {"memory_bytes", device.memory},
          {"max_allocation_bytes", device.max_allocation},
          {"lanes", device.lanes},
          {"lavapipe", device.lavapipe},
          {"usable", device.unusable.empty()},
          {"unusable_because", device.unusable},
          {"chosen", chosen}};
}

void list_devices(const CommandContext& context) {
  const auto devices = checked_devices();
  if (devices.empty()) choose_device(devices, context.device);  // throws, saying what to install
  const auto choice = choose(devices, context.device);
  if (context.json) {
    auto result = command_result(context, "devices");
    if (choice.index >= 0) result["device"] = devices[static_cast<std::size_t>(choice.index)].name;
    result["reason"] = choice.reason;
    result["devices"] = nlohmann::ordered_json::array();
    for (const auto& device : devices) result["devices"].push_back(as_json(device, device.index == choice.index));
    return print_json(result);
  }
  std::string text;
  for (const auto& device : devices) {
    text += fmt::format("{} {}  {}\n", device.index == choice.index ? '*' : ' ', device.index, device.name);
    if (!device.driver.empty()) text += fmt::format("       driver  {}\n", device.driver);
    text += fmt::format("       kind    {}\n", device.kind);
    if (device.memory > 0)
      text += fmt::format("       memory  {:.1f} GiB, {:.1f} GiB in one piece\n",
                          static_cast<double>(device.memory) / (1 << 30),
                          static_cast<double>(device.max_allocation) / (1 << 30));
    if (!device.unusable.empty()) text += fmt::format("       cannot be used: it {}\n", device.unusable);
  }
  text += choice.index >= 0 ? fmt::format("chosen (*): {}, because {}\n", choice.index, choice.reason)
                            : fmt::format("none is chosen: {}\n", choice.reason);
  print_text(text);
}

}  // namespace

void add_devices_command(CLI::App& app, CommandContext& context) {
  auto* command = app.add_subcommand("devices", "Vulkan devices, which one is chosen and why");
  command->callback([&context] { context.work = [&context] { list_devices(context); }; });
}

}  // namespace unveil
