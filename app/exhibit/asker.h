#pragma once
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "app/exhibit/run_tab.h"

namespace unveil {

// Questions of the hand to the trainer's thread, of which only the newest is answered: what is asked while the thread
// is busy replaces what was asked before. Owned by the window's thread.
template <typename Question, typename Answer>
class Asker {
 public:
  using Work = std::function<Answer(Run&, const Question&)>;
  explicit Asker(Work work) : shared_(std::make_shared<Shared>()) { shared_->work = std::move(work); }

  // Asked of the model that the stage tells of; where another has taken its place, nothing is answered.
  void ask(RunStage& stage, Question question, std::function<void()> wake) {
    {
      std::scoped_lock lock(shared_->mutex);
      shared_->question = std::move(question);
      if (std::exchange(shared_->posted, true)) return;
    }
    stage.trainer.post(stage.build, [shared = shared_, wake = std::move(wake)](Run& run) {
      Question newest;
      {
        std::scoped_lock lock(shared->mutex);
        shared->posted = false;
        if (!shared->question) return;
        newest = std::move(*std::exchange(shared->question, std::nullopt));
      }
      Answer answer = shared->work(run, newest);
      {
        std::scoped_lock lock(shared->mutex);
        shared->answer = std::move(answer);
      }
      wake();
    });
  }
  // Nothing, when nothing came since the last time.
  std::optional<Answer> take() {
    std::scoped_lock lock(shared_->mutex);
    return std::exchange(shared_->answer, std::nullopt);
  }
  // A question waits for the thread.
  bool waiting() const {
    std::scoped_lock lock(shared_->mutex);
    return shared_->posted;
  }
  // Forgets questions and answers about an older model.
  void forget() {
    auto fresh = std::make_shared<Shared>();
    fresh->work = shared_->work;
    shared_ = std::move(fresh);
  }

 private:
  struct Shared {
    mutable std::mutex mutex;
    Work work;
    std::optional<Question> question;
    std::optional<Answer> answer;
    bool posted = false;
  };
  std::shared_ptr<Shared> shared_;
};

}  // namespace unveil
