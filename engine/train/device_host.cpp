#include "engine/train/device_host.h"

#ifdef __linux__
#include <sys/resource.h>
#include <unistd.h>
#endif

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "engine/train/open_device.h"

namespace unveil {
namespace {

constexpr std::uint64_t kLargestBudget = std::uint64_t{2} << 30;
constexpr auto kIdle = std::chrono::milliseconds(500);

// On a processor the driver computes where the window is drawn too: training gives way, so that frames come in time.
// What the device starts on this thread inherits it. (On Linux niceness is a thread's own; 3 is half the weight. With
// 10 other programs at work starve training.)
void yield_to_window() {
#ifdef __linux__
  setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), 3);
#endif
}

}  // namespace

DeviceHost::DeviceHost(DeviceOptions options, std::uint64_t budget) : options_(std::move(options)), budget_(budget) {
  thread_ = std::thread([this] { loop(); });
}

DeviceHost::~DeviceHost() {
  {
    std::scoped_lock lock(mutex_);
    stop_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void DeviceHost::enter(Guest& guest) {
  {
    std::scoped_lock lock(mutex_);
    guests_.push_back(&guest);
    woken_ = true;
  }
  changed_.notify_all();
}

void DeviceHost::exit(Guest& guest) {
  std::unique_lock lock(mutex_);
  leaving_.push_back(&guest);
  woken_ = true;
  changed_.notify_all();
  changed_.wait(lock, [&] { return std::ranges::find(guests_, &guest) == guests_.end(); });
}

void DeviceHost::wake() {
  {
    std::scoped_lock lock(mutex_);
    woken_ = true;
  }
  changed_.notify_all();
}

Device& DeviceHost::device() {
  if (!device_) {
    auto opened = open_device(options_);
    device_ = std::move(opened.device);
    refused_ = std::move(opened.refused);
    if (budget_ == 0) budget_ = std::min(device_->info().memory / 4, kLargestBudget);
  }
  return *device_;
}

std::vector<std::string> DeviceHost::take_refused() {
  return std::exchange(refused_, {});
}

std::shared_ptr<const Dataset> DeviceHost::dataset(const std::string& spec, const DatasetOptions& options) {
  std::string key =
      fmt::format("{} {} {} {} {}", spec, options.seed, options.train_count, options.test_count, options.image_size);
  for (const auto kind : options.kinds) key += fmt::format(" {}", static_cast<int>(kind));
  // Data without colour are one and the same to those who take colour and those who do not.
  const auto in_colour = key + " in colour";
  for (const auto& name : {key, in_colour})
    if (auto shared = datasets_[name].lock(); shared && shared->suits(options.colour)) return shared;
  auto fresh = std::make_shared<const Dataset>(load_dataset(spec, options));
  datasets_[options.colour ? in_colour : key] = fresh;
  return fresh;
}

std::vector<DeviceHost::Guest*> DeviceHost::guests() {
  std::scoped_lock lock(mutex_);
  return guests_;
}

void DeviceHost::replace_device() {
  const auto all = guests();
  for (auto* guest : all) guest->lost();
  device_.reset();
  for (auto* guest : all) guest->found();
}

// The least recently wanted gives way, never the one that was wanted last.
void DeviceHost::make_room() {
  if (!device_ || device_->allocated() <= budget_) return;
  auto by_use = guests();
  std::ranges::sort(by_use, {}, [](const Guest* guest) { return guest->used(); });
  if (!by_use.empty()) by_use.pop_back();
  for (auto* guest : by_use) {
    if (device_->allocated() <= budget_) return;
    guest->put_aside();
  }
}

void DeviceHost::loop() {
  yield_to_window();
  for (;;) {
    auto until = Clock::now() + kIdle;
    std::vector<Guest*> leaving;
    {
      std::scoped_lock lock(mutex_);
      woken_ = false;
      leaving.swap(leaving_);
    }
    for (auto* guest : leaving) {
      guest->leave();
      std::scoped_lock lock(mutex_);
      std::erase(guests_, guest);
      if (guests_.empty()) device_.reset();
    }
    if (!leaving.empty()) changed_.notify_all();
    {
      std::scoped_lock lock(mutex_);
      if (stop_ && guests_.empty()) break;
    }
    bool more = false;
    try {
      for (auto* guest : guests()) more = guest->turn(until) || more;
      make_room();
    } catch (const DeviceLost&) {
      replace_device();
      more = true;
    }
    if (more) continue;
    std::unique_lock lock(mutex_);
    changed_.wait_until(lock, until, [&] { return woken_ || stop_ || !leaving_.empty(); });
  }
}

}  // namespace unveil
