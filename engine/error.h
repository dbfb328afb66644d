#pragma once
#include <stdexcept>
#include <string>

namespace unveil {

// What the user can mend: a file, a value or a key. The message names it, says what was found and what is accepted,
// in one line. Everything else (a broken invariant) is a std::logic_error.
class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Wrong use of a command or a knob: exit status 2, where other errors are 1.
class UsageError : public Error {
 public:
  using Error::Error;
};

}  // namespace unveil
