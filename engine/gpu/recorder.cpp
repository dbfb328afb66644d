#include "engine/gpu/recorder.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/gpu/vulkan.h"

namespace unveil {
namespace {

constexpr std::uint32_t kSetsOfPool = 64, kMostOutputs = 4;

bool any_overlap(std::span<const AddressRange> a, std::span<const AddressRange> b) {
  return std::any_of(a.begin(), a.end(), [&](const auto& x) {
    return std::any_of(b.begin(), b.end(), [&](const auto& y) { return x.overlaps(y); });
  });
}

}  // namespace

CommandList::CommandList(std::unique_ptr<Impl> impl, std::vector<RecordedCommand> commands, double milliseconds)
    : impl_(std::move(impl)), commands_(std::move(commands)), estimated_ms_(milliseconds) {}
CommandList::CommandList(CommandList&&) noexcept = default;
CommandList& CommandList::operator=(CommandList&&) noexcept = default;
CommandList::~CommandList() = default;

struct Recorder::Impl {
  vk::raii::CommandBuffer buffer = nullptr;
  std::vector<vk::raii::DescriptorPool> pools;
  std::uint32_t room = 0;  // sets that the last pool has left

  // Results as storage buffers from their addresses on. Of those that a variant of the kernel has not, the last
  // again: whatever a shader declares must be bound.
  void bind(Device& device, const Kernel& kernel, std::span<const std::uint64_t> results) {
    auto& d = device.impl();
    if (room == 0) {
      room = kSetsOfPool;
      const vk::DescriptorPoolSize size(vk::DescriptorType::eStorageBuffer, kSetsOfPool * kMostOutputs);
      pools.emplace_back(d.device, vk::DescriptorPoolCreateInfo({}, kSetsOfPool, size));
    }
    --room;
    // Given back with the pool.
    const vk::DescriptorSetAllocateInfo info(*pools.back(), *kernel.impl().set_layout);
    const auto set = vk::raii::DescriptorSets(d.device, info).front().release();
    std::vector<vk::DescriptorBufferInfo> ranges;
    for (std::uint32_t i = 0; i < kernel.outputs(); ++i) {
      const auto address = results[std::min<std::size_t>(i, results.size() - 1)];
      auto held = d.buffers->by_address.upper_bound(address);
      if (held == d.buffers->by_address.begin()) throw std::logic_error("a result outside the device's buffers");
      --held;
      const std::uint64_t offset = address - held->first;
      if (offset >= held->second.size) throw std::logic_error("a result outside the device's buffers");
      ranges.push_back({held->second.buffer, offset, std::min(held->second.size - offset, kMostResultBytes)});
    }
    std::vector<vk::WriteDescriptorSet> writes;
    for (std::uint32_t i = 0; i < ranges.size(); ++i)
      writes.push_back({set, i, 0, vk::DescriptorType::eStorageBuffer, {}, ranges[i]});
    d.device.updateDescriptorSets(writes, {});
    buffer.bindDescriptorSets(vk::PipelineBindPoint::eCompute, *kernel.impl().layout, 0, set, {});
  }

  // One global memory barrier: on compute queues drivers treat ranges alike, and lavapipe runs commands in order
  // anyway.
  void barrier() {
    using Stage = vk::PipelineStageFlagBits;
    using Access = vk::AccessFlagBits;
    const vk::MemoryBarrier memory(
        Access::eShaderWrite | Access::eTransferWrite,
        Access::eShaderRead | Access::eShaderWrite | Access::eTransferRead | Access::eTransferWrite);
    buffer.pipelineBarrier(Stage::eComputeShader | Stage::eTransfer, Stage::eComputeShader | Stage::eTransfer, {},
                           memory, {}, {});
  }

  void begin(Device& device) {
    auto& d = device.impl();
    buffer = std::move(vk::raii::CommandBuffers(d.device, {*d.pool, vk::CommandBufferLevel::ePrimary, 1}).front());
    // Several steps go into one submission as the same buffer several times.
    buffer.begin(vk::CommandBufferBeginInfo(vk::CommandBufferUsageFlagBits::eSimultaneousUse));
    barrier();
  }
};

Recorder::Recorder(Device& device) : device_(device), impl_(std::make_unique<Impl>()) {
  impl_->begin(device);
}
Recorder::~Recorder() = default;

void Recorder::before(const Accesses& accesses) {
  const bool read_after_write = any_overlap(accesses.reads, writes_);
  const bool write_after_any = any_overlap(accesses.writes, writes_) || any_overlap(accesses.writes, reads_);
  if (read_after_write || write_after_any) {
    impl_->barrier();
    commands_.push_back({RecordedCommand::Kind::barrier, "barrier", {}, {}});
    reads_.clear();
    writes_.clear();
  }
  reads_.insert(reads_.end(), accesses.reads.begin(), accesses.reads.end());
  writes_.insert(writes_.end(), accesses.writes.begin(), accesses.writes.end());
}

void Recorder::dispatch(const Kernel& kernel, Grid grid, std::span<const std::byte> push, Accesses accesses,
                        double work, std::span<const std::uint64_t> results) {
  if (kernel.outputs() > 0 && results.empty())
    throw std::logic_error(fmt::format("kernel {} binds its results, the host names none", kernel.name()));
  if (push.size() != kernel.push_bytes())
    throw std::logic_error(fmt::format("kernel {} takes {} bytes of push constants, got {}", kernel.name(),
                                       kernel.push_bytes(), push.size()));
  before(accesses);
  auto& buffer = impl_->buffer;
  buffer.bindPipeline(vk::PipelineBindPoint::eCompute, *kernel.impl().pipeline);
  if (kernel.outputs() > 0) impl_->bind(device_, kernel, results);
  if (!push.empty())
    buffer.pushConstants<std::byte>(
        *kernel.impl().layout, vk::ShaderStageFlagBits::eCompute, 0,
        vk::ArrayProxy<const std::byte>(static_cast<std::uint32_t>(push.size()), push.data()));
  buffer.dispatch(grid[0], grid[1], grid[2]);
  commands_.push_back({RecordedCommand::Kind::dispatch, kernel.name(), std::move(accesses), grid});
  estimated_ms_ += work / device_.speed();
}

void Recorder::copy(const Buffer& from, std::uint64_t from_offset, const Buffer& to, std::uint64_t to_offset,
                    std::uint64_t bytes) {
  Accesses accesses{{{from.address() + from_offset, from.address() + from_offset + bytes}},
                    {{to.address() + to_offset, to.address() + to_offset + bytes}}};
  before(accesses);
  impl_->buffer.copyBuffer(*from.impl().buffer, *to.impl().buffer, vk::BufferCopy(from_offset, to_offset, bytes));
  commands_.push_back({RecordedCommand::Kind::copy, "copy", std::move(accesses), {}});
}

CommandList Recorder::finish() {
  // What the host reads after the fence must be visible to it.
  const vk::MemoryBarrier to_host(vk::AccessFlagBits::eShaderWrite | vk::AccessFlagBits::eTransferWrite,
                                  vk::AccessFlagBits::eHostRead);
  impl_->buffer.pipelineBarrier(vk::PipelineStageFlagBits::eComputeShader | vk::PipelineStageFlagBits::eTransfer,
                                vk::PipelineStageFlagBits::eHost, {}, to_host, {}, {});
  impl_->buffer.end();
  auto list = std::make_unique<CommandList::Impl>();
  list->buffer = std::move(impl_->buffer);
  list->pools = std::move(impl_->pools);
  impl_->pools.clear();
  impl_->room = 0;
  CommandList finished(std::move(list), std::move(commands_), estimated_ms_);
  commands_.clear();
  reads_.clear();
  writes_.clear();
  estimated_ms_ = 0;
  impl_->begin(device_);
  return finished;
}

std::vector<std::string> find_hazards(std::span<const RecordedCommand> commands) {
  std::vector<std::string> found;
  for (std::size_t later = 0; later < commands.size(); ++later) {
    for (std::size_t earlier = later; earlier-- > 0;) {
      if (commands[earlier].kind == RecordedCommand::Kind::barrier) break;
      const auto& a = commands[earlier].accesses;
      const auto& b = commands[later].accesses;
      const auto report = [&](const char* what) {
        found.push_back(
            fmt::format("{}: #{} {} and #{} {}", what, earlier, commands[earlier].name, later, commands[later].name));
      };
      if (any_overlap(b.reads, a.writes)) report("read after write");
      if (any_overlap(b.writes, a.writes)) report("write after write");
      if (any_overlap(b.writes, a.reads)) report("write after read");
    }
  }
  return found;
}

}  // namespace unveil
