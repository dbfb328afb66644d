#pragma once
#include <functional>

namespace unveil {

// Whether the command line asks for the window: nothing at all, or one of the window's options first.
bool wants_window(int argc, const char* const* argv);

// unveil [--exhibit NAME] [--data SPEC] [--load FILE] [--script FILE] [--theme dark|light] [--size WxH] [--scale S]
// Opens the window on the registered exhibits and stays until it is closed; errors are one line on standard error.
// context_ready: see run_window(). Returns the exit status: 0, 1 failed, 2 wrong usage.
int start_window(int argc, char** argv, const std::function<void()>& context_ready = {});

}  // namespace unveil
