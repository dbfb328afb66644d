#include "app/widgets/format.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>

namespace unveil {

std::string format_count(std::uint64_t n) {
  std::string digits = std::to_string(n);
  for (int i = static_cast<int>(digits.size()) - 3; i > 0; i -= 3) digits.insert(static_cast<std::size_t>(i), ",");
  return digits;
}

std::string format_value(double x, int digits) {
  if (std::isnan(x)) return "–";
  if (std::isinf(x)) return x > 0 ? "∞" : "−∞";
  const double size = std::abs(x);
  if (size == 0) return "0";
  if (size < 1e-4 || size >= 1e7) return fmt::format("{:.{}e}", x, std::max(0, digits - 2));
  const int before = static_cast<int>(std::floor(std::log10(size))) + 1;
  if (before >= digits && size >= 1000)
    return (x < 0 ? "−" : "") + format_count(static_cast<std::uint64_t>(size + 0.5));
  std::string out = fmt::format("{:.{}f}", size, std::clamp(digits - before, 0, 8));
  return (x < 0 ? "−" : "") + out;
}

std::string format_bytes(std::uint64_t bytes) {
  if (bytes < 1024 * 1024) return fmt::format("{} kB", (bytes + 512) / 1024);
  const double mb = static_cast<double>(bytes) / (1024.0 * 1024.0);
  return mb < 1024 ? fmt::format("{:.0f} MB", mb) : fmt::format("{:.1f} GB", mb / 1024);
}

std::string format_fixed(double x, int decimals) {
  std::string out = fmt::format("{:.{}f}", std::abs(x), decimals);
  return (x < 0 && out.find_first_not_of("0.") != std::string::npos ? "−" : "") + out;
}

std::string with_article(const std::string& noun) {
  const auto begins = [&](std::string_view with) { return noun.rfind(with, 0) == 0; };
  bool an = !noun.empty() && std::string_view("aeiouAEIOU8").find(noun[0]) != std::string_view::npos;
  // "eleven", "eighteen", as numbers of two digits alone: 110 is a hundred and ten.
  if ((begins("11") || begins("18")) && (noun.size() == 2 || std::isdigit(static_cast<unsigned char>(noun[2])) == 0))
    an = true;
  return (an ? "an " : "a ") + noun;
}

std::string format_duration(double seconds) {
  const auto whole = static_cast<long>(std::max(0.0, seconds));
  return whole < 3600 ? fmt::format("{}:{:02}", whole / 60, whole % 60)
                      : fmt::format("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60);
}

std::string words(std::string_view name) {
  std::string out(name);
  std::replace(out.begin(), out.end(), '_', ' ');
  return out;
}

std::string elide_middle(const std::string& text, std::size_t characters) {
  std::vector<std::size_t> starts;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if ((static_cast<unsigned char>(text[i]) & 0xc0) != 0x80) starts.push_back(i);
  }
  if (starts.size() <= characters || characters < 5) return text;
  const std::size_t head = (characters - 1) / 2, tail = characters - 1 - head;
  return text.substr(0, starts[head]) + "…" + text.substr(starts[starts.size() - tail]);
}

std::vector<double> round_ticks(double low, double high, int most) {
  std::vector<double> ticks;
  if (!(high > low) || most < 1 || !std::isfinite(low) || !std::isfinite(high)) return ticks;
  const double rough = (high - low) / most;
  double step = std::pow(10.0, std::floor(std::log10(rough)));
  // The narrowest of 1, 2, 5, 10 that is wide enough, or the one before it where that would leave a single tick.
  constexpr double kFactors[] = {0.5, 1, 2, 5, 10};
  std::size_t choice = 1;
  while (choice + 1 < std::size(kFactors) && step * kFactors[choice] < rough * 0.999999) ++choice;
  const auto within = [&](double by) {
    const double slack = by * 1e-9;
    std::vector<double> found;
    for (auto k = static_cast<long long>(std::ceil((low - slack) / by)); static_cast<double>(k) * by <= high + slack;
         ++k)
      found.push_back(static_cast<double>(k) * by);
    return found;
  };
  ticks = within(step * kFactors[choice]);
  if (ticks.size() < 2 && most > 1) ticks = within(step * kFactors[choice - 1]);
  if (static_cast<int>(ticks.size()) > most + 1) ticks.resize(static_cast<std::size_t>(most + 1));
  return ticks;
}

std::vector<double> log_ticks(double low, double high, int most) {
  if (!(low > 0) || !(high > low)) return {};
  const int first = static_cast<int>(std::ceil(std::log10(low) - 1e-9));
  const int last = static_cast<int>(std::floor(std::log10(high) + 1e-9));
  if (last - first < 1) return round_ticks(low, high, most);
  const int stride = std::max(1, (last - first + most) / std::max(1, most));
  std::vector<double> ticks;
  for (int k = first; k <= last; k += stride) ticks.push_back(std::pow(10.0, k));
  return ticks;
}

std::string format_tick(double x, double spacing) {
  const double size = std::abs(x);
  if (size < spacing * 1e-6) return "0";
  const std::string sign = x < 0 ? "−" : "";
  if (spacing >= 1e5) return sign + fmt::format("{:g} M", size / 1e6);
  if (spacing >= 500) return sign + fmt::format("{:g} k", size / 1e3);
  const auto lies = [&](const std::string& label) { return std::abs(std::stod(label) - size) > 1e-5 * size; };
  std::string label;
  if (size < 1e-3) {
    for (int digits = 0; digits < 6 && (label.empty() || lies(label)); ++digits)
      label = fmt::format("{:.{}e}", size, digits);
    return sign + label;
  }
  const int decimals = std::clamp(static_cast<int>(std::ceil(-std::log10(spacing) - 1e-9)), 0, 6);
  for (int more = 0; decimals + more < 9 && (label.empty() || lies(label)); ++more)
    label = fmt::format("{:.{}f}", size, decimals + more);
  return sign + label;
}

}  // namespace unveil
