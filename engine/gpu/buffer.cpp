#include <fmt/format.h>

#include <cstring>

#include "engine/error.h"
#include "engine/gpu/vulkan.h"

namespace unveil {
namespace {

std::string mebibytes(std::uint64_t bytes) {
  return fmt::format("{:.1f} MiB", static_cast<double>(bytes) / (1 << 20));
}

// The first memory type that has all wanted properties and as many of the preferred ones as possible.
std::uint32_t memory_type(const vk::PhysicalDeviceMemoryProperties& memory, std::uint32_t allowed,
                          vk::MemoryPropertyFlags wanted, vk::MemoryPropertyFlags preferred) {
  for (const auto flags : {wanted | preferred, wanted})
    for (std::uint32_t i = 0; i < memory.memoryTypeCount; ++i)
      if ((allowed >> i & 1) && (memory.memoryTypes[i].propertyFlags & flags) == flags) return i;
  throw Error("the Vulkan device offers no memory of the kind that is needed");
}

}  // namespace

Buffer::Buffer() = default;
Buffer::Buffer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Buffer::Buffer(Buffer&&) noexcept = default;
Buffer& Buffer::operator=(Buffer&&) noexcept = default;
Buffer::~Buffer() = default;
std::uint64_t Buffer::address() const {
  return impl_->address;
}
std::uint64_t Buffer::size() const {
  return impl_->size;
}
std::byte* Buffer::mapped() const {
  return impl_->mapped;
}

Buffer Device::allocate(std::uint64_t bytes, MemoryKind kind, std::string_view what) {
  using Flag = vk::MemoryPropertyFlagBits;
  const auto refuse = [&](const std::string& why) {
    throw Error(fmt::format("{} needs {}, but the device '{}' {} ({} in use by this program, {} in all)", what,
                            mebibytes(bytes), impl_->info.name, why, mebibytes(allocated()),
                            mebibytes(impl_->info.memory)));
  };
  if (bytes > impl_->info.max_allocation)
    refuse(fmt::format("allows {} in one piece", mebibytes(impl_->info.max_allocation)));
  if (bytes + allocated() > impl_->info.memory) refuse("has too little memory");
  auto impl = std::make_unique<Buffer::Impl>();
  try {
    impl->buffer = vk::raii::Buffer(
        impl_->device, {{},
                        bytes,
                        vk::BufferUsageFlagBits::eShaderDeviceAddress | vk::BufferUsageFlagBits::eStorageBuffer |
                            vk::BufferUsageFlagBits::eTransferSrc | vk::BufferUsageFlagBits::eTransferDst});
    const auto requirements = impl->buffer.getMemoryRequirements();
    const auto memory = impl_->physical.getMemoryProperties();
    const vk::MemoryPropertyFlags visible = Flag::eHostVisible | Flag::eHostCoherent;
    const auto type = kind == MemoryKind::host
                          ? memory_type(memory, requirements.memoryTypeBits, visible, Flag::eHostCached)
                          : memory_type(memory, requirements.memoryTypeBits, Flag::eDeviceLocal,
                                        impl_->info.lavapipe ? visible : vk::MemoryPropertyFlags());
    const vk::MemoryAllocateFlagsInfo flags(vk::MemoryAllocateFlagBits::eDeviceAddress);
    vk::MemoryAllocateInfo info(requirements.size, type);
    info.pNext = &flags;
    impl->memory = vk::raii::DeviceMemory(impl_->device, info);
    impl->buffer.bindMemory(*impl->memory, 0);
    if ((memory.memoryTypes[type].propertyFlags & visible) == visible)
      impl->mapped = static_cast<std::byte*>(impl->memory.mapMemory(0, bytes));
  } catch (const vk::OutOfDeviceMemoryError&) {
    refuse("has too little free memory");
  } catch (const vk::OutOfHostMemoryError&) {
    refuse("has too little free memory");
  }
  impl->address = impl_->device.getBufferAddress({*impl->buffer});
  impl->size = bytes;
  impl->table = impl_->buffers;
  impl->table->bytes += bytes;
  impl->table->by_address[impl->address] = {*impl->buffer, bytes};
  Buffer buffer(std::move(impl));
  if (buffer.mapped()) {
    std::memset(buffer.mapped(), 0, bytes);
  } else {
    const std::vector<std::byte> zeros(bytes);
    write(buffer, 0, zeros);
  }
  return buffer;
}

void Device::write(Buffer& to, std::uint64_t offset, std::span<const std::byte> bytes) {
  if (offset + bytes.size() > to.size()) throw std::logic_error("write past the end of a device buffer");
  if (to.mapped()) {
    std::memcpy(to.mapped() + offset, bytes.data(), bytes.size());
    return;
  }
  Buffer staging = allocate(bytes.size(), MemoryKind::host, "an upload");
  std::memcpy(staging.mapped(), bytes.data(), bytes.size());
  Recorder recorder(*this);
  recorder.copy(staging, 0, to, offset, bytes.size());
  run(recorder.finish());
}

void Device::read(const Buffer& from, std::uint64_t offset, std::span<std::byte> bytes) {
  if (offset + bytes.size() > from.size()) throw std::logic_error("read past the end of a device buffer");
  if (from.mapped()) {
    std::memcpy(bytes.data(), from.mapped() + offset, bytes.size());
    return;
  }
  Buffer staging = allocate(bytes.size(), MemoryKind::host, "a download");
  Recorder recorder(*this);
  recorder.copy(from, offset, staging, 0, bytes.size());
  run(recorder.finish());
  std::memcpy(bytes.data(), staging.mapped(), bytes.size());
}

}  // namespace unveil
