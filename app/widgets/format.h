#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace unveil {

std::string format_count(std::uint64_t n);           // 12480 → "12,480"
std::string format_value(double x, int digits = 3);  // sensible digits: "92.4", "0.0031", "1.2e-05"
std::string format_bytes(std::uint64_t bytes);       // "38 MB"
std::string format_fixed(double x, int decimals);    // "−0.25"; what rounds to nothing is "0.00", without a sign
std::string with_article(const std::string& noun);   // "a 3", "an 8", "an eight"
std::string format_duration(double seconds);         // "0:42", "12:05"
std::string words(std::string_view name);            // "nats_per_image" → "nats per image"
std::string elide_middle(const std::string& text, std::size_t characters);  // keeps both ends; counts code points

// Few round ticks (1, 2 or 5 times a power of ten) inside [low, high], at most `most` of them; two at least where
// `most` allows, since one alone gives no scale.
std::vector<double> round_ticks(double low, double high, int most);
// Powers of ten inside [low, high]; both positive. Falls back to round ticks within one decade.
std::vector<double> log_ticks(double low, double high, int most);
// As many digits as the spacing asks for, and more where those would name another place than the tick's.
std::string format_tick(double x, double spacing);

}  // namespace unveil
