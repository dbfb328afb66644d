#pragma once
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "engine/data/dataset.h"
#include "engine/gpu/device.h"

namespace unveil {

// The one thread that owns a Vulkan device, and all that live on it in turns: many runs, one device, each data set
// once in memory.
class DeviceHost {
 public:
  using Clock = std::chrono::steady_clock;

  // Who lives on the thread. All of it is called there; turn() and put_aside() may throw DeviceLost, and nothing else
  // may be thrown.
  class Guest {
   public:
    virtual ~Guest() = default;
    // Does what is due, some ten milliseconds of it; true where there is more to do at once. `until` may be brought
    // forward to when it wants its next turn, if nobody wakes the host before. A device that is lost is answered by
    // lost() and found() of every guest.
    virtual bool turn(Clock::time_point& until) = 0;
    virtual void lost() = 0;   // lets go of all that lies on the device
    virtual void found() = 0;  // a new device can be had
    virtual void leave() = 0;  // the last call
    // Where the device holds too much: lets go of what lies on it, to come back as it was. False where it cannot now.
    virtual bool put_aside() = 0;
    virtual Clock::time_point used() const = 0;  // when somebody last wanted something of it
  };

  // budget: bytes of device memory, above which guests that are not wanted are put aside; 0: a quarter of the
  // device's, at most 2 GiB.
  explicit DeviceHost(DeviceOptions options = {}, std::uint64_t budget = 0);
  ~DeviceHost();
  DeviceHost(const DeviceHost&) = delete;
  DeviceHost& operator=(const DeviceHost&) = delete;

  // From any thread. exit() returns after the guest's leave().
  void enter(Guest& guest);
  void exit(Guest& guest);
  void wake();

  // On the thread. Opened at the first need; throws as open_device() does.
  Device& device();
  std::vector<std::string> take_refused();  // devices that compute wrong, told once
  // Read at the first need, then shared by all who hold it.
  std::shared_ptr<const Dataset> dataset(const std::string& spec, const DatasetOptions& options);

 private:
  void loop();
  void replace_device();
  void make_room();
  std::vector<Guest*> guests();

  DeviceOptions options_;
  std::uint64_t budget_;
  std::unique_ptr<Device> device_;
  std::vector<std::string> refused_;
  std::map<std::string, std::weak_ptr<const Dataset>> datasets_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Guest*> guests_, leaving_;
  bool woken_ = false, stop_ = false;
  std::thread thread_;
};

}  // namespace unveil
