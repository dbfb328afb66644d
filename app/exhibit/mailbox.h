#pragma once
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

namespace unveil {

// What the trainer's thread has finished for a view: the newest result, taken over by the window's thread. Shared by
// both, so that neither outlives it.
template <typename Result>
class Mailbox {
 public:
  void put(Result result) {
    std::scoped_lock lock(mutex_);
    result_ = std::move(result);
  }
  // Nothing, when nothing came since the last time.
  std::optional<Result> take() {
    std::scoped_lock lock(mutex_);
    return std::exchange(result_, std::nullopt);
  }

 private:
  std::mutex mutex_;
  std::optional<Result> result_;
};

}  // namespace unveil
