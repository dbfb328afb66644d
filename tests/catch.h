#pragma once
// Catch2 2.13 on Debian 12, 3 on newer systems: the one place that knows which.
#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
using Catch::Approx;
#else
#include <catch2/catch.hpp>
#endif
