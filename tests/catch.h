#pragma once
// Catch2 2.13 on Debian 12, 3 on newer systems: the one place that knows which. What compiles with 2 compiles with 3.
#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
using Catch::Approx;
namespace Catch {
using namespace Matchers;  // 2 has them under both names
}
#else
#define Contains \
  ContainsSubstring  // its name in 3, where Contains is about ranges: so 2's Catch::Contains is gone here too
#include <catch2/catch.hpp>
#undef Contains
#endif

// Text in a text, in every test.
inline auto Contains(const std::string& part) {
  return Catch::Matchers::ContainsSubstring(part);
}
