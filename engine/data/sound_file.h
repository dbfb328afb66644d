#pragma once
#include <cstddef>
#include <filesystem>
#include <span>
#include <vector>

namespace unveil {

constexpr const char* kAcceptedSounds = "WAV, FLAC, Ogg (Vorbis, Opus), MP3, AIFF, AU, CAF and Wave64";

// A recording of any kind that libsndfile reads, by its content: mixed to mono and brought to `rate` Hz, block by
// block, so that what a header promises takes no memory: only what there is does, at most kMostSamples samples of the
// result and 16 MiB beside it. Sizes left open by a program that wrote into a pipe mean: to the end of the file.
// Throws Error, which says what is wrong with the file without naming it, when it is none, truncated, damaged or
// empty, holds numbers that are not finite, or has a rate more than 256 times away.
std::vector<float> read_sound(std::span<const std::byte> bytes, int rate);
std::vector<float> read_sound(const std::filesystem::path& path, int rate);
constexpr std::size_t kMostSamples = std::size_t{1} << 28;  // 9 hours at 8 kHz

}  // namespace unveil
