#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace unveil {

class Kernel;
class CommandList;

// What a Vulkan device is, as `unveil devices` prints it.
struct DeviceInfo {
  int index = 0;                // in the order the loader lists them
  std::string name;             // "llvmpipe (LLVM 15.0.6, 256 bits)"
  std::string driver;           // "llvmpipe, Mesa 22.3.6"
  std::string kind;             // "discrete GPU", "integrated GPU", "CPU", …
  std::string unusable;         // empty, or the feature that is missing
  bool lavapipe = false;        // kernels take the formulation of shaders/common/lanes.glsl
  int lanes = 32;               // logical team width SG of the kernels: the subgroup size on lavapipe
  bool broadcast = false;       // how lavapipe hands one lane's value to all at no cost: newer ones by broadcast
  bool subgroup_teams = false;  // a team is one subgroup, of that size on demand; else it reduces in shared memory
  std::uint64_t memory = 0;     // bytes of the largest device-local heap
  std::uint64_t max_allocation = 0;  // bytes of one allocation
};

// Selectors of lavapipe with the kernels formulated as for a GPU, slow but right, so that they are tested everywhere:
// as for one that leaves the size of its subgroups to itself (teams of 32 that reduce in shared memory), and as for
// one that can be told (teams that are subgroups, 8 lanes here).
inline constexpr std::string_view kGpuFormulation = "gpu-formulation", kGpuSubgroups = "gpu-formulation-subgroups";
bool is_formulation(std::string_view selector);

// The index of the device a selector means: an index, else a part of a name, else (empty) the best usable one, a GPU
// before the processor. Throws UsageError when nothing is called so, Error when nothing so called can be used.
int choose_device(const std::vector<DeviceInfo>& devices, const std::string& selector);

struct DeviceOptions {
  std::string selector;      // empty: the best; else an index, a part of a name, or one of the formulations above
  bool validation = false;   // Vulkan validation layer with synchronisation validation
  int assumed_subgroup = 0;  // of tests: what kernels are told that a subgroup is, right or not; 0: what it is
};

enum class MemoryKind {
  device,  // fastest for kernels; mapped where the device allows it (always on lavapipe)
  host,    // mapped and coherent: parameter blocks, read-back rings
};

// Device memory with an address kernels can use. Owns its allocation.
class Buffer {
 public:
  struct Impl;
  Buffer();
  explicit Buffer(std::unique_ptr<Impl> impl);
  Buffer(Buffer&&) noexcept;
  Buffer& operator=(Buffer&&) noexcept;
  ~Buffer();

  std::uint64_t address() const;
  std::uint64_t size() const;  // bytes
  std::byte* mapped() const;   // null where the host cannot see it
  Impl& impl() const { return *impl_; }

 private:
  std::unique_ptr<Impl> impl_;
};

// One value of a specialisation constant; booleans are 0 or 1.
struct Specialisation {
  std::uint32_t id;
  std::int32_t value;
  bool operator==(const Specialisation&) const = default;
};

// One Vulkan device and its compute queue. Used by one thread at a time: the trainer's.
class Device {
 public:
  struct Impl;
  // Every Vulkan device of this machine, usable or not. Throws Error when there is no Vulkan loader or driver.
  static std::vector<DeviceInfo> list();

  explicit Device(const DeviceOptions& options = {});
  ~Device();
  Device(const Device&) = delete;
  Device& operator=(const Device&) = delete;

  const DeviceInfo& info() const;

  // Times the lavapipe that kernels tell their costs in, by which programs are cut (Recorder); 1 unless set.
  double speed() const;
  void set_speed(double speed);

  // bytes > 0. Zero-filled. Throws Error with the numbers when it does not fit.
  Buffer allocate(std::uint64_t bytes, MemoryKind kind, std::string_view what);
  void write(Buffer& to, std::uint64_t offset, std::span<const std::byte> bytes);
  void read(const Buffer& from, std::uint64_t offset, std::span<std::byte> bytes);

  // The pipeline of shaders/<shader>.comp with these constants; made once and kept. What the device is (LAVAPIPE, SG,
  // SUBGROUP_TEAMS) is added here.
  const Kernel& kernel(std::string_view shader, std::span<const Specialisation> constants, std::uint32_t push_bytes);

  // Runs recorded lists in order, one after the other, and returns when the last has finished. Throws DeviceLost.
  void run(std::span<const CommandList* const> lists);
  void run(const CommandList& list);

  // Bytes allocated now.
  std::uint64_t allocated() const;
  // Messages of the validation layer so far (warnings and errors); tests require none.
  std::vector<std::string> validation_messages() const;

  Impl& impl() const { return *impl_; }

 private:
  std::unique_ptr<Impl> impl_;
};

// Sets what lavapipe reads from the environment when it is loaded, unless the user has set it. To be called while the
// program has one thread, after any OpenGL context was made (llvmpipe reads the same variables then) and before the
// first Device.
//   LP_NATIVE_VECTOR_WIDTH=256, 8 lanes; 512, 16 lanes, where a model is trained without a window that is quicker
//   with them (Model::wide_vectors), or the user asks for it. 16 suit products, not what has few channels.
//   LP_NUM_THREADS=0 where the machine has fewer than four processors: the driver's pool pays for large kernels on
//   many processors; on few, waking it costs every dispatch 50 to 150 microseconds and the window its processor.
//   (Without a window a run finds out what suits it: engine/train/threaded_run.h.) GALLIUM_OVERRIDE_CPU_CAPS=avx on
//   Intel's processors with AVX-512: the driver stores a vector one lane at a time from a copy on the stack, and with
//   64-byte copies those processors stall at every lane. A training step of the VAE takes half the time without
//   (unveil bench vae).
void prepare_lavapipe();

// Floats of a vector, 8 or 16: tensors' rows are whole vectors, and on lavapipe a vector is a register (VECTOR in
// shaders/ common/lanes.glsl). One for the whole process, as lavapipe's width is: settled when the first Device is
// made.
int vector_floats();

// The device stopped answering: the trainer makes it anew and restores the newest saved state.
class DeviceLost : public std::exception {
 public:
  const char* what() const noexcept override { return "the Vulkan device was lost"; }
};

}  // namespace unveil
