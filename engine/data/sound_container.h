#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/data/byte_source.h"

namespace unveil {

// What a recording's own headers say, checked against the file: programs that write into a pipe leave sizes that they
// cannot know (0, 0x7ffff000, 0x80000000, 0xffffffff), and libsndfile believes some of them.
struct SoundContainer {
  // Bytes that stand there instead of the file's own, so that the header says what the file holds.
  struct Patch {
    std::uint64_t at;
    std::vector<std::byte> bytes;
  };
  std::vector<Patch> patches;
  std::string codec;  // what a WAV holds, where it is named: "MPEG layer 3"
};

// Looks into WAV (RIFF, RIFX, RF64, BW64, Wave64), AIFF, AU, CAF, Ogg and MP3. Others, and headers that it cannot
// follow, are left to libsndfile: nothing is patched. Throws Error, which names no file, when the data are truncated,
// that is, when the header promises more than there is and no such placeholder, or when the rate or the channels are
// 0.
SoundContainer check_sound_container(const ByteSource& source);

}  // namespace unveil
