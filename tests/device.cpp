#include "tests/device.h"

#include <cstdlib>

#include "tests/catch.h"

namespace unveil::test {

Device& device() {
  // One thread per dispatch: tests are thousands of tiny ones (architecture.md, lavapipe as a first-class device).
  setenv("LP_NUM_THREADS", "0", 0);
  prepare_lavapipe();
  const char* selector = std::getenv("UNVEIL_TEST_DEVICE");
  const char* validation = std::getenv("UNVEIL_TEST_VALIDATION");
  static Device shared(DeviceOptions{.selector = selector ? selector : "",
                                     .validation = !validation || std::string_view(validation) != "no"});
  return shared;
}

void require_silent_validation() {
  static std::size_t seen = 0;
  const auto messages = device().validation_messages();
  for (; seen < messages.size(); ++seen) FAIL_CHECK("validation layer: " << messages[seen]);
}

}  // namespace unveil::test
