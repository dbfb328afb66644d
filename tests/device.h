#pragma once
#include "engine/gpu/device.h"

namespace unveil::test {

// The device all tests of a run share, with the validation layer on (UNVEIL_TEST_VALIDATION=no: where it is not
// installed): the one that UNVEIL_TEST_DEVICE selects, else the best. Made at the first call.
Device& device();

// Fails the current test when the validation layer has said anything since the last call.
void require_silent_validation();

}  // namespace unveil::test
