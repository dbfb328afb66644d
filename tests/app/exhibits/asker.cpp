#include "app/exhibit/asker.h"

#include <future>

#include "tests/catch.h"
#include "tests/device.h"

using namespace unveil;

TEST_CASE("a question about a model that is no longer there has no answer", "[exhibit]") {
  test::device();  // sets the driver's threads first
  TrainerOptions options;
  options.model = "pixelcnn";
  Trainer trainer(std::move(options));
  while (!trainer.snapshot()->ready) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  RunStage stage(trainer);
  stage.build = trainer.snapshot()->build;
  Asker<int, int> asker([](Run&, int question) { return 2 * question; });
  std::promise<void> answered;
  trainer.set_knobs({{"hidden", 4}});
  asker.ask(stage, 4, [] {});
  ++stage.build;
  Asker<int, int> other([](Run&, int question) { return 2 * question; });
  other.ask(stage, 5, [&] { answered.set_value(); });
  REQUIRE(answered.get_future().wait_for(std::chrono::seconds(60)) == std::future_status::ready);
  CHECK_FALSE(asker.take());
  asker.forget();
  CHECK(other.take() == 10);
}
