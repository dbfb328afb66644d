#include "engine/gpu/device.h"

#include "engine/error.h"
#include "tests/app/commands/program.h"
#include "tests/catch.h"

namespace unveil {
namespace {

using test::run_program;

DeviceInfo device(int index, std::string name, std::string kind, std::string unusable = "") {
  return {.index = index, .name = std::move(name), .kind = std::move(kind), .unusable = std::move(unusable)};
}

TEST_CASE("a GPU is chosen before the processor, a discrete one first", "[commands]") {
  const std::vector<DeviceInfo> devices{device(0, "llvmpipe 15.0.1", "CPU"), device(1, "Iris", "integrated GPU"),
                                        device(2, "RTX 4090", "discrete GPU"), device(3, "RTX 3090", "discrete GPU"),
                                        device(4, "Old", "discrete GPU", "lacks the feature x")};
  CHECK(choose_device(devices, "") == 2);
  CHECK(choose_device(devices, "0") == 0);  // an index, though "0" is a part of names
  CHECK(choose_device(devices, "1") == 1);
  CHECK(choose_device(devices, "3090") == 3);
  CHECK(choose_device(devices, "RTX") == 2);
  CHECK(choose_device(devices, "llvm") == 0);
  CHECK_THROWS_AS(choose_device(devices, "Arc"), UsageError);
  CHECK_THROWS_AS(choose_device(devices, "Old"), Error);
  CHECK_THROWS_AS(choose_device({}, ""), Error);
  CHECK_THROWS_AS(choose_device({devices[4]}, ""), Error);
}

TEST_CASE("devices says which device is chosen and why", "[commands]") {
  const auto answer = run_program("devices --json --seed 7");
  CHECK(answer.status == 0);
  CHECK(answer.err.empty());
  const auto result = answer.json();
  CHECK(result["command"] == "devices");
  CHECK(result["seed"] == 7);
  int chosen = 0;
  for (const auto& entry : result["devices"]) {
    if (!entry["chosen"].get<bool>()) continue;
    ++chosen;
    CHECK(entry["name"] == result["device"]);
  }
  CHECK(chosen == 1);
  CHECK_FALSE(result["reason"].get<std::string>().empty());
  const auto table = run_program("devices").out;
  CHECK(table.find(result["device"].get<std::string>()) != std::string::npos);
  CHECK(table.find("because") != std::string::npos);
}

TEST_CASE("a machine without a Vulkan driver gets one clear line", "[commands]") {
  const auto answer = run_program("devices", "VK_ICD_FILENAMES=/dev/null VK_DRIVER_FILES=/dev/null");
  CHECK(answer.status == 1);
  CHECK(answer.one_line_error());
  CHECK(answer.err.find("mesa-vulkan-drivers") != std::string::npos);
}

}  // namespace
}  // namespace unveil
