#include "engine/data/split.h"

#include <algorithm>

#include "engine/data/philox.h"

namespace unveil {
namespace {

std::uint32_t hash_of(const std::string& key, std::uint64_t seed) {
  std::uint64_t fnv = 0xcbf29ce484222325u;  // FNV-1a spreads the key, Philox mixes it with the seed
  for (const unsigned char byte : key) fnv = (fnv ^ byte) * 0x100000001b3u;
  return philox4x32({static_cast<std::uint32_t>(fnv), static_cast<std::uint32_t>(fnv >> 32), 0, 0},
                    {static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32)})[0];
}

}  // namespace

std::vector<bool> held_out_by_hash(const std::vector<std::string>& keys, std::uint64_t seed) {
  constexpr std::uint32_t kTenth = 0xffffffffu / 10;
  std::vector<std::uint32_t> hashes(keys.size());
  for (std::size_t i = 0; i < keys.size(); ++i) hashes[i] = hash_of(keys[i], seed);
  std::vector<bool> held_out(keys.size());
  for (std::size_t i = 0; i < keys.size(); ++i) held_out[i] = hashes[i] < kTenth;
  const auto out = std::count(held_out.begin(), held_out.end(), true);
  if (keys.size() > 1 && out == 0) held_out[std::min_element(hashes.begin(), hashes.end()) - hashes.begin()] = true;
  if (!keys.empty() && out == static_cast<std::ptrdiff_t>(keys.size()))
    held_out[std::max_element(hashes.begin(), hashes.end()) - hashes.begin()] = false;
  return held_out;
}

void split_by_hash(const ImageSet& all, const std::vector<std::string>& keys, std::uint64_t seed, ImageSet& train,
                   ImageSet& test) {
  split_as(all, held_out_by_hash(keys, seed), train, test);
}

void split_as(const ImageSet& all, const std::vector<bool>& held_out, ImageSet& train, ImageSet& test) {
  ImageSet parts[2];
  const std::size_t size = static_cast<std::size_t>(all.height) * all.width * all.channels;
  for (ImageSet& part : parts) part.height = all.height, part.width = all.width, part.channels = all.channels;
  for (std::size_t i = 0; i < held_out.size(); ++i) {
    ImageSet& part = parts[held_out[i]];
    ++part.count;
    part.pixels.insert(part.pixels.end(), all.pixels.begin() + i * size, all.pixels.begin() + (i + 1) * size);
    if (!all.labels.empty()) part.labels.push_back(all.labels[i]);
  }
  train = std::move(parts[0]);
  test = std::move(parts[1]);
}

}  // namespace unveil
