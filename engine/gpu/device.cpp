#include "engine/gpu/device.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <cstring>

#include "engine/error.h"
#include "engine/gpu/lavapipe.h"
#include "engine/gpu/vulkan.h"

namespace unveil {
namespace {

constexpr const char* kValidationLayer = "VK_LAYER_KHRONOS_validation";
constexpr std::uint32_t kMostTeams = 16;  // of a workgroup (engine/graph/tiles.cpp)

VKAPI_ATTR VkBool32 VKAPI_CALL on_validation_message(VkDebugUtilsMessageSeverityFlagBitsEXT,
                                                     VkDebugUtilsMessageTypeFlagsEXT,
                                                     const VkDebugUtilsMessengerCallbackDataEXT* data, void* user) {
  auto& messages = *static_cast<Device::Impl::Messages*>(user);
  std::scoped_lock lock(messages.mutex);
  messages.texts.emplace_back(data->pMessage);
  return VK_FALSE;
}

vk::raii::Instance make_instance(const vk::raii::Context& context, bool validation) {
  lavapipe_is_loaded();
  const vk::ApplicationInfo application("Unveil", 1, "Unveil", 1, VK_API_VERSION_1_3);
  std::vector<const char*> layers, extensions;
  const vk::ValidationFeatureEnableEXT enabled = vk::ValidationFeatureEnableEXT::eSynchronizationValidation;
  const vk::ValidationFeaturesEXT features(enabled);
  if (validation) {
    const auto available = context.enumerateInstanceLayerProperties();
    if (std::none_of(available.begin(), available.end(),
                     [](const auto& layer) { return std::string_view(layer.layerName) == kValidationLayer; }))
      throw Error("the Vulkan validation layer was asked for but is not installed (package vulkan-validationlayers)");
    layers.push_back(kValidationLayer);
    extensions.push_back(VK_EXT_DEBUG_UTILS_EXTENSION_NAME);
    extensions.push_back(VK_EXT_VALIDATION_FEATURES_EXTENSION_NAME);
  }
  vk::InstanceCreateInfo info({}, &application, layers, extensions);
  if (validation) info.pNext = &features;
  try {
    return vk::raii::Instance(context, info);
  } catch (const vk::Error& error) {
    throw Error(
        fmt::format("no Vulkan instance can be made ({}); a Vulkan driver is needed: Debian's mesa-vulkan-drivers "
                    "holds one that runs on the processor",
                    error.what()));
  }
}

std::string kind_of(vk::PhysicalDeviceType type) {
  switch (type) {
    case vk::PhysicalDeviceType::eDiscreteGpu: return "discrete GPU";
    case vk::PhysicalDeviceType::eIntegratedGpu: return "integrated GPU";
    case vk::PhysicalDeviceType::eVirtualGpu: return "virtual GPU";
    case vk::PhysicalDeviceType::eCpu: return "CPU";
    default: return "other";
  }
}

std::atomic<int> process_vector = 8;

// 22 of "Mesa 22.3.6 (LLVM 15.0.6)"; 0 where there is none.
int mesa_version(std::string_view text) {
  const auto at = text.find("Mesa ");
  return at == std::string_view::npos ? 0 : std::atoi(text.data() + at + 5);
}

DeviceInfo describe(const vk::raii::PhysicalDevice& physical, int index) {
  DeviceInfo info;
  info.index = index;
  const auto basic = physical.getProperties();
  info.name = basic.deviceName.data();
  info.kind = kind_of(basic.deviceType);
  if (basic.apiVersion < VK_API_VERSION_1_3) {
    info.unusable = fmt::format("offers Vulkan {}.{}; 1.3 is needed", VK_API_VERSION_MAJOR(basic.apiVersion),
                                VK_API_VERSION_MINOR(basic.apiVersion));
    return info;
  }
  const auto properties =
      physical.getProperties2<vk::PhysicalDeviceProperties2, vk::PhysicalDeviceVulkan11Properties,
                              vk::PhysicalDeviceVulkan12Properties, vk::PhysicalDeviceVulkan13Properties>();
  const auto& v11 = properties.get<vk::PhysicalDeviceVulkan11Properties>();
  const auto& v12 = properties.get<vk::PhysicalDeviceVulkan12Properties>();
  info.driver = fmt::format("{} {}", v12.driverName.data(), v12.driverInfo.data());
  info.lavapipe = v12.driverID == vk::DriverId::eMesaLlvmpipe;
  info.max_allocation = v11.maxMemoryAllocationSize;
  const auto memory = physical.getMemoryProperties();
  for (std::uint32_t i = 0; i < memory.memoryHeapCount; ++i)
    if (memory.memoryHeaps[i].flags & vk::MemoryHeapFlagBits::eDeviceLocal)
      info.memory = std::max<std::uint64_t>(info.memory, memory.memoryHeaps[i].size);
  const auto features = physical.getFeatures2<vk::PhysicalDeviceFeatures2, vk::PhysicalDeviceVulkan12Features,
                                              vk::PhysicalDeviceVulkan13Features>();
  const auto& f12 = features.get<vk::PhysicalDeviceVulkan12Features>();
  const auto& f13 = features.get<vk::PhysicalDeviceVulkan13Features>();
  const auto need = [&](bool has, const char* feature) {
    if (!has && info.unusable.empty()) info.unusable = fmt::format("lacks the feature {}", feature);
  };
  need(f12.bufferDeviceAddress, "bufferDeviceAddress");
  need(f12.scalarBlockLayout, "scalarBlockLayout");
  need(f13.maintenance4, "maintenance4");
  need(features.get<vk::PhysicalDeviceFeatures2>().features.shaderInt64, "shaderInt64");
  using Operation = vk::SubgroupFeatureFlagBits;
  constexpr vk::SubgroupFeatureFlags operations =
      Operation::eBasic | Operation::eArithmetic | Operation::eShuffle | Operation::eBallot;
  need((v11.subgroupSupportedOperations & operations) == operations &&
           (v11.subgroupSupportedStages & vk::ShaderStageFlagBits::eCompute),
       "subgroup arithmetic, shuffle and ballot in compute shaders");
  // On lavapipe the team is the real subgroup (the vector register); elsewhere 32 lanes, which are a subgroup where
  // the device makes subgroups of that size on demand.
  if (info.lavapipe) {
    info.lanes = static_cast<int>(v11.subgroupSize);
    info.broadcast = mesa_version(v12.driverInfo.data()) >= 23;
    info.subgroup_teams = true;
  } else {
    const auto& v13 = properties.get<vk::PhysicalDeviceVulkan13Properties>();
    const auto lanes = static_cast<std::uint32_t>(info.lanes);
    info.subgroup_teams = f13.subgroupSizeControl && f13.computeFullSubgroups && v13.minSubgroupSize <= lanes &&
                          lanes <= v13.maxSubgroupSize && v13.maxComputeWorkgroupSubgroups >= kMostTeams &&
                          (v13.requiredSubgroupSizeStages & vk::ShaderStageFlagBits::eCompute);
  }
  if (info.lavapipe && info.lanes != 8 && info.lanes != 16 && info.unusable.empty())
    info.unusable =
        fmt::format("works on {} lanes at once; 8 or 16 are needed (LP_NATIVE_VECTOR_WIDTH=256 or 512)", info.lanes);
  return info;
}

// Higher is better; a real GPU before the processor.
int rank(const DeviceInfo& info) {
  if (!info.unusable.empty()) return -1;
  if (info.kind == "discrete GPU") return 4;
  if (info.kind == "integrated GPU") return 3;
  if (info.kind == "virtual GPU") return 2;
  return 1;
}

}  // namespace

bool is_formulation(std::string_view selector) {
  return selector == kGpuFormulation || selector == kGpuSubgroups;
}

int choose_device(const std::vector<DeviceInfo>& devices, const std::string& selector) {
  if (devices.empty())
    throw Error(
        "no Vulkan device was found; install a driver (Debian's mesa-vulkan-drivers holds one that runs on the "
        "processor)");
  if (is_formulation(selector)) {
    for (const auto& device : devices)
      if (device.lavapipe && device.unusable.empty()) return device.index;
    throw UsageError(
        fmt::format("'{}' is a way to use lavapipe, Mesa's driver for the processor, which is not here", selector));
  }
  // A number is an index where there is one; beyond them it may be part of a name ("4090").
  const bool by_index = std::any_of(devices.begin(), devices.end(),
                                    [&](const auto& device) { return std::to_string(device.index) == selector; });
  const DeviceInfo* best = nullptr;
  const DeviceInfo* unusable = nullptr;
  for (const auto& device : devices) {
    const bool named = selector.empty() || (by_index ? std::to_string(device.index) == selector
                                                     : device.name.find(selector) != std::string::npos);
    if (!named) continue;
    if (!device.unusable.empty())
      unusable = &device;
    else if (!best || rank(device) > rank(*best))
      best = &device;
  }
  if (best) return best->index;
  if (unusable)
    throw Error(
        fmt::format("device {} '{}' cannot be used: it {}", unusable->index, unusable->name, unusable->unusable));
  throw UsageError(fmt::format("no Vulkan device is called '{}'; `unveil devices` lists them", selector));
}

int vector_floats() {
  return process_vector;
}

void prepare_lavapipe() {
  constexpr int kFewProcessors = 4;
  set_lavapipe_threads(processors() < kFewProcessors ? 0 : processors());
  set_lavapipe_lanes(8);
#if defined(__x86_64__)
  if (__builtin_cpu_is("intel") && __builtin_cpu_supports("avx512f")) setenv("GALLIUM_OVERRIDE_CPU_CAPS", "avx", 0);
#endif
}

std::vector<DeviceInfo> Device::list() {
  vk::raii::Context context;
  const auto instance = make_instance(context, false);
  std::vector<DeviceInfo> devices;
  for (const auto& physical : vk::raii::PhysicalDevices(instance))
    devices.push_back(describe(physical, static_cast<int>(devices.size())));
  return devices;
}

Device::Device(const DeviceOptions& options) : impl_(std::make_unique<Impl>()) {
  impl_->instance = make_instance(impl_->context, options.validation);
  if (options.validation) {
    using Severity = vk::DebugUtilsMessageSeverityFlagBitsEXT;
    using Type = vk::DebugUtilsMessageTypeFlagBitsEXT;
    vk::DebugUtilsMessengerCreateInfoEXT wanted;
    wanted.setMessageSeverity(Severity::eWarning | Severity::eError);
    wanted.setMessageType(Type::eValidation | Type::ePerformance);
    wanted.setPfnUserCallback(&on_validation_message).setPUserData(impl_->messages.get());
    impl_->messenger = vk::raii::DebugUtilsMessengerEXT(impl_->instance, wanted);
  }
  std::vector<DeviceInfo> infos;
  std::vector<vk::raii::PhysicalDevice> physicals;
  try {
    for (auto& physical : vk::raii::PhysicalDevices(impl_->instance)) {
      infos.push_back(describe(physical, static_cast<int>(infos.size())));
      physicals.push_back(std::move(physical));
    }
  } catch (const vk::Error&) {
    // Hpp reports "no devices" as an error; choose_device() says it in our words.
  }
  const int chosen = choose_device(infos, options.selector);
  impl_->info = infos[static_cast<std::size_t>(chosen)];
  if (impl_->info.lavapipe) process_vector = impl_->info.lanes;
  if (is_formulation(options.selector)) {
    impl_->info.lavapipe = false;
    impl_->info.subgroup_teams = options.selector == kGpuSubgroups;
    if (!impl_->info.subgroup_teams) impl_->info.lanes = 32;
  }
  if (options.assumed_subgroup > 0) {
    impl_->info.lanes = options.assumed_subgroup;
    impl_->info.subgroup_teams = true;
  }
  impl_->physical = std::move(physicals[static_cast<std::size_t>(chosen)]);

  const auto families = impl_->physical.getQueueFamilyProperties();
  std::uint32_t family = 0;
  while (family < families.size() && !(families[family].queueFlags & vk::QueueFlagBits::eCompute)) ++family;
  if (family == families.size()) throw Error(fmt::format("device '{}' has no compute queue", impl_->info.name));

  const float priority = 1;
  const vk::DeviceQueueCreateInfo queue({}, family, 1, &priority);
  vk::StructureChain<vk::DeviceCreateInfo, vk::PhysicalDeviceFeatures2, vk::PhysicalDeviceVulkan12Features,
                     vk::PhysicalDeviceVulkan13Features>
      chain;
  chain.get<vk::DeviceCreateInfo>().setQueueCreateInfos(queue);
  chain.get<vk::PhysicalDeviceFeatures2>().features.shaderInt64 = true;
  auto& f12 = chain.get<vk::PhysicalDeviceVulkan12Features>();
  f12.bufferDeviceAddress = true;
  f12.scalarBlockLayout = true;
  auto& f13 = chain.get<vk::PhysicalDeviceVulkan13Features>();
  f13.maintenance4 = true;  // local sizes are specialisation constants
  f13.subgroupSizeControl = f13.computeFullSubgroups = !impl_->info.lavapipe && impl_->info.subgroup_teams;
  try {
    impl_->device = vk::raii::Device(impl_->physical, chain.get<vk::DeviceCreateInfo>());
  } catch (const vk::Error& error) {
    throw Error(fmt::format("device '{}' cannot be opened: {}", impl_->info.name, error.what()));
  }
  impl_->queue = vk::raii::Queue(impl_->device, family, 0);
  impl_->pool = vk::raii::CommandPool(impl_->device, {{}, family});
  impl_->fence = vk::raii::Fence(impl_->device, vk::FenceCreateInfo());
}

Device::~Device() {
  if (impl_ && *impl_->device) {
    try {
      impl_->device.waitIdle();
    } catch (const vk::Error&) {
      // A lost device has nothing left to wait for.
    }
  }
}

const DeviceInfo& Device::info() const {
  return impl_->info;
}
double Device::speed() const {
  return impl_->speed;
}
void Device::set_speed(double speed) {
  impl_->speed = speed;
}
std::uint64_t Device::allocated() const {
  return impl_->buffers->bytes;
}

std::vector<std::string> Device::validation_messages() const {
  std::scoped_lock lock(impl_->messages->mutex);
  return impl_->messages->texts;
}

void Device::run(const CommandList& list) {
  const CommandList* one = &list;
  run(std::span(&one, 1));
}

void Device::run(std::span<const CommandList* const> lists) {
  if (lists.empty()) return;
  std::vector<vk::CommandBuffer> buffers;
  buffers.reserve(lists.size());
  for (const auto* list : lists) buffers.push_back(*list->impl().buffer);
  guard_lost([&] {
    vk::SubmitInfo submit;
    submit.setCommandBuffers(buffers);
    impl_->queue.submit(submit, *impl_->fence);
    while (impl_->device.waitForFences(*impl_->fence, true, UINT64_MAX) == vk::Result::eTimeout) {
    }
    impl_->device.resetFences(*impl_->fence);
  });
}

}  // namespace unveil
