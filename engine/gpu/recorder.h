#pragma once
#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/gpu/device.h"

namespace unveil {

// A compute pipeline with its reflected interface.
class Kernel {
 public:
  struct Impl;
  Kernel(std::unique_ptr<Impl> impl, std::string name, std::uint32_t push_bytes, std::uint32_t local_size,
         std::uint32_t outputs);
  ~Kernel();
  const std::string& name() const { return name_; }
  std::uint32_t push_bytes() const { return push_bytes_; }  // reflected from the SPIR-V
  std::uint32_t local_size() const { return local_size_; }  // invocations of a workgroup
  std::uint32_t outputs() const { return outputs_; }        // results that it binds, from binding 0 on
  const Impl& impl() const { return *impl_; }

 private:
  std::unique_ptr<Impl> impl_;
  std::string name_;
  std::uint32_t push_bytes_, local_size_, outputs_;
};

// A half-open range of device addresses.
struct AddressRange {
  std::uint64_t begin = 0, end = 0;
  bool overlaps(const AddressRange& other) const { return begin < other.end && other.begin < end; }
};

// What a dispatch touches. Every byte a kernel reads or writes lies in one of these.
struct Accesses {
  std::vector<AddressRange> reads, writes;
};

using Grid = std::array<std::uint32_t, 3>;

// One line of what was recorded, kept for the hazard checker of the tests and for profiles.
struct RecordedCommand {
  enum class Kind { dispatch, copy, barrier } kind;
  std::string name;
  Accesses accesses;
  Grid grid{};
};

// A command buffer recorded once and submitted again and again. It begins with a barrier against what ran before.
class CommandList {
 public:
  struct Impl;
  explicit CommandList(std::unique_ptr<Impl> impl, std::vector<RecordedCommand> commands, double milliseconds);
  CommandList(CommandList&&) noexcept;
  CommandList& operator=(CommandList&&) noexcept;
  ~CommandList();
  const std::vector<RecordedCommand>& commands() const { return commands_; }
  double estimated_ms() const { return estimated_ms_; }
  const Impl& impl() const { return *impl_; }

 private:
  std::unique_ptr<Impl> impl_;
  std::vector<RecordedCommand> commands_;
  double estimated_ms_;
};

// A result that is bound reaches no further than this: what every device offers and lavapipe checks.
inline constexpr std::uint64_t kMostResultBytes = 1u << 27;

// Records dispatches and derives the barriers between them from their declared accesses: a barrier is placed only
// where a command reads or overwrites what an earlier one since the last barrier wrote, or overwrites what it read.
class Recorder {
 public:
  explicit Recorder(Device& device);
  ~Recorder();

  // push must be as long as the kernel's reflected push-constant block. work: a rough cost in milliseconds on a slow
  // lavapipe, by which (and Device::speed) long programs are cut into segments; 0 where it does not matter.
  // results: the addresses that the kernel's OUTPUTs begin at (shaders/common/lanes.glsl), multiples of 16; empty
  // where it has none.
  void dispatch(const Kernel& kernel, Grid grid, std::span<const std::byte> push, Accesses accesses, double work = 0,
                std::span<const std::uint64_t> results = {});
  void copy(const Buffer& from, std::uint64_t from_offset, const Buffer& to, std::uint64_t to_offset,
            std::uint64_t bytes);

  double estimated_ms() const { return estimated_ms_; }
  bool empty() const { return commands_.empty(); }
  // Ends the list; the recorder begins a new one.
  CommandList finish();

 private:
  struct Impl;
  void before(const Accesses& accesses);
  Device& device_;
  std::unique_ptr<Impl> impl_;
  std::vector<RecordedCommand> commands_;
  std::vector<AddressRange> reads_, writes_;  // since the last barrier
  double estimated_ms_ = 0;
};

// The accesses a hazard checker objects to: pairs of commands with no barrier between them that conflict. Brute
// force, for tests: empty when the recorder placed every barrier that is needed.
std::vector<std::string> find_hazards(std::span<const RecordedCommand> commands);

}  // namespace unveil
