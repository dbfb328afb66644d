#pragma once
// Vulkan-Hpp is heavy: only the sources of engine/gpu include this.
#include <map>
#include <mutex>
#include <vector>
#include <vulkan/vulkan_raii.hpp>

#include "engine/gpu/device.h"
#include "engine/gpu/recorder.h"

namespace unveil {

// The buffers of a device that are there now.
struct BufferTable {
  struct Entry {
    vk::Buffer buffer;
    std::uint64_t size;
  };
  std::uint64_t bytes = 0;
  std::map<std::uint64_t, Entry> by_address;
};

struct Buffer::Impl {
  vk::raii::DeviceMemory memory = nullptr;
  vk::raii::Buffer buffer = nullptr;
  std::uint64_t address = 0, size = 0;
  std::byte* mapped = nullptr;
  std::shared_ptr<BufferTable> table;  // the device's, which this leaves when it goes
  ~Impl() {
    if (!table) return;
    table->bytes -= size;
    table->by_address.erase(address);
  }
};

struct Kernel::Impl {
  vk::raii::DescriptorSetLayout set_layout = nullptr;  // of its outputs; null: none
  vk::raii::PipelineLayout layout = nullptr;
  vk::raii::Pipeline pipeline = nullptr;
};

struct CommandList::Impl {
  std::vector<vk::raii::DescriptorPool> pools;  // of the sets that the commands bind
  vk::raii::CommandBuffer buffer = nullptr;
};

struct Device::Impl {
  // Filled by the layer's callback, which may run on a thread of the driver.
  struct Messages {
    std::mutex mutex;
    std::vector<std::string> texts;
  };
  vk::raii::Context context;
  std::unique_ptr<Messages> messages = std::make_unique<Messages>();
  vk::raii::Instance instance = nullptr;
  vk::raii::DebugUtilsMessengerEXT messenger = nullptr;
  vk::raii::PhysicalDevice physical = nullptr;
  vk::raii::Device device = nullptr;
  vk::raii::Queue queue = nullptr;
  vk::raii::CommandPool pool = nullptr;
  vk::raii::Fence fence = nullptr;
  DeviceInfo info;
  double speed = 1;
  std::shared_ptr<BufferTable> buffers = std::make_shared<BufferTable>();
  std::map<std::string, std::unique_ptr<Kernel>> kernels;  // by shader name and constants
};

// Runs f; a lost device becomes DeviceLost, so that callers need not know Vulkan.
template <class F>
auto guard_lost(F f) {
  try {
    return f();
  } catch (const vk::DeviceLostError&) {
    throw DeviceLost();
  }
}

}  // namespace unveil
