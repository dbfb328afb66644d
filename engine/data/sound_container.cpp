#include "engine/data/sound_container.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstring>
#include <string_view>

#include "engine/error.h"

namespace unveil {
namespace {

// How chunks follow one another: id, size, content.
struct Layout {
  std::uint64_t first;   // byte of the first chunk
  std::size_t id, size;  // bytes of an id, of which the first four tell, and of a size
  bool big_endian;
  bool counts_header;  // whether sizes include id and size
  std::uint64_t align;
  const char* data;  // id of the chunk that holds the sound
};
constexpr Layout kRiff{12, 4, 4, false, false, 2, "data"};
constexpr Layout kRifx{12, 4, 4, true, false, 2, "data"};
constexpr Layout kWave64{40, 16, 8, false, true, 8, "data"};
constexpr Layout kAiff{12, 4, 4, true, false, 2, "SSND"};
constexpr Layout kCaf{8, 4, 8, true, false, 1, "data"};
constexpr int kMostChunks = 4096;

std::uint64_t number(std::span<const std::byte> bytes, bool big_endian) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i)
    value = value << 8 | std::to_integer<std::uint64_t>(bytes[big_endian ? i : bytes.size() - 1 - i]);
  return value;
}

std::vector<std::byte> bytes_of(std::uint64_t value, std::size_t count, bool big_endian) {
  std::vector<std::byte> bytes(count);
  for (std::size_t i = 0; i < count; ++i) bytes[big_endian ? count - 1 - i : i] = std::byte(value >> (8 * i) & 0xff);
  return bytes;
}

std::uint64_t number_at(const ByteSource& source, std::uint64_t at, std::size_t size, bool big_endian) {
  std::array<std::byte, 8> bytes{};
  source.read(at, std::span(bytes).first(size));
  return number(std::span(bytes).first(size), big_endian);
}

std::string text_at(const ByteSource& source, std::uint64_t at, std::size_t size) {
  std::string text(size, '\0');
  text.resize(source.read(at, std::as_writable_bytes(std::span(text))));
  return text;
}

struct Chunk {
  std::string id;
  std::uint64_t at, begin, size;  // of its header, of its content; the size as it stands there, without the header
};

std::optional<Chunk> chunk_at(const ByteSource& source, const Layout& layout, std::uint64_t at) {
  const std::uint64_t header = layout.id + layout.size;
  if (at > source.size() || source.size() - at < header) return std::nullopt;
  Chunk chunk{text_at(source, at, 4), at, at + header,
              number_at(source, at + layout.id, layout.size, layout.big_endian)};
  const auto printable = [](char c) { return c >= 0x20 && c < 0x7f; };
  if (!std::all_of(chunk.id.begin(), chunk.id.end(), printable)) return std::nullopt;
  if (layout.counts_header) chunk.size = chunk.size >= header ? chunk.size - header : 0;
  return chunk;
}

std::optional<Chunk> chunk_behind(const ByteSource& source, const Layout& layout, const Chunk& chunk) {
  if (chunk.size > source.size() - chunk.begin) return std::nullopt;
  const std::uint64_t end = chunk.begin + chunk.size;
  const std::uint64_t aligned = (end + layout.align - 1) / layout.align * layout.align;
  if (auto next = chunk_at(source, layout, aligned)) return next;
  return chunk_at(source, layout, end);  // not everybody pads
}

// Whether chunks follow from here to the very end of the file, so that a size of 0 before them is meant.
bool chunks_to_the_end(const ByteSource& source, const Layout& layout, std::uint64_t at) {
  if (at >= source.size()) return true;
  auto chunk = chunk_at(source, layout, at);
  for (int i = 0; chunk && i < kMostChunks; ++i) {
    if (chunk->size > source.size() - chunk->begin) return false;
    if (chunk->begin + chunk->size + layout.align - 1 >= source.size()) return true;  // but for padding
    chunk = chunk_behind(source, layout, *chunk);
  }
  return false;
}

bool is_placeholder(std::uint64_t size, std::size_t bytes) {
  if (bytes == 8) return size >= std::uint64_t{1} << 62;
  // Rounded down to whole samples, or less what headers take.
  return (size >= 0x7f000000 && size <= 0x7f000100) || (size >= 0x7fffe000 && size <= 0x80000100) ||
         size >= 0xfffff000;
}

[[noreturn]] void fail_truncated(std::uint64_t size, std::uint64_t promised) {
  throw Error(fmt::format("truncated: {} bytes of {}", size, promised));
}

// The size of the data that stands in the file, which is to be the size there is where nothing better was known.
// Returns whether it is a placeholder.
bool check_size(const ByteSource& source, std::uint64_t begin, std::uint64_t promised, std::size_t bytes,
                bool empty) {
  const std::uint64_t available = source.size() - begin;
  if (promised == 0) return available > 0 && !empty;
  if (promised <= available) return false;
  if (is_placeholder(promised, bytes)) return true;
  // Some write the size of the whole file there.
  if (promised == source.size() || promised + 8 == source.size()) return true;
  fail_truncated(source.size(), begin + promised);
}

// Registered wave formats that people meet (mmreg.h).
std::string codec_name(std::uint64_t tag) {
  switch (tag) {
    case 0x01: return "PCM";
    case 0x02: return "Microsoft ADPCM";
    case 0x03: return "floating point";
    case 0x06: return "A-law";
    case 0x07: return "µ-law";
    case 0x11: return "IMA ADPCM";
    case 0x22: return "TrueSpeech";
    case 0x31: return "GSM 6.10";
    case 0x50: return "MPEG layer 1 or 2";
    case 0x55: return "MPEG layer 3 (MP3)";
    case 0x92: return "Dolby AC-3";
    case 0xff:
    case 0x1600:
    case 0x1610: return "AAC";
    case 0x161:
    case 0x162:
    case 0x163: return "Windows Media Audio";
    case 0x674f:
    case 0x6750:
    case 0x6751:
    case 0x676f: return "Vorbis";
    case 0xf1ac: return "FLAC";
    case 0x2000: return "Dolby AC-3";
    default: return fmt::format("format 0x{:04x}", tag);
  }
}

// fmt: tag, channels, rate, bytes a second, bytes a frame, bits. Returns the bytes a frame takes.
std::uint64_t check_format(const ByteSource& source, const Chunk& format, bool big_endian, SoundContainer& result) {
  if (format.size < 14) return 0;
  const auto field = [&](std::uint64_t at, std::size_t bytes) {
    return number_at(source, format.begin + at, bytes, big_endian);
  };
  auto tag = field(0, 2);
  if (tag == 0xfffe && format.size >= 40) tag = field(24, 2);
  result.codec = codec_name(tag);
  if (field(4, 4) == 0) throw Error("its header says a sample rate of 0 Hz");
  if (field(2, 2) == 0) throw Error("its header says 0 channels");
  return field(12, 2);
}

// RIFF, RF64, Wave64, AIFF, CAF.
SoundContainer check_chunks(const ByteSource& source, const Layout& layout, bool rf64) {
  SoundContainer result;
  std::optional<Chunk> sizes;  // ds64: sizes of RF64 that do not fit into 32 bits
  std::uint64_t frame = 0;
  auto chunk = chunk_at(source, layout, layout.first);
  for (int i = 0; chunk && i < kMostChunks; ++i) {
    if (chunk->id == "fmt ") frame = check_format(source, *chunk, layout.big_endian, result);
    if (chunk->id == "ds64") sizes = chunk;
    if (chunk->id == layout.data) break;
    if (chunk->size > source.size() - chunk->begin) fail_truncated(source.size(), chunk->begin + chunk->size);
    chunk = chunk_behind(source, layout, *chunk);
  }
  if (!chunk || chunk->id != layout.data) return {};
  const bool empty = chunks_to_the_end(source, layout, chunk->begin);
  const std::uint64_t available = source.size() - chunk->begin;
  if (rf64 && sizes && sizes->size >= 24 && chunk->size == 0xffffffff) {
    const auto promised = number_at(source, sizes->begin + 8, 8, false);
    if (!check_size(source, chunk->begin, promised, 8, empty)) return result;
    result.patches.push_back({sizes->begin, bytes_of(source.size() - 8, 8, false)});
    result.patches.push_back({sizes->begin + 8, bytes_of(available, 8, false)});
    result.patches.push_back({sizes->begin + 16, bytes_of(frame ? available / frame : 0, 8, false)});
    return result;
  }
  if (!check_size(source, chunk->begin, chunk->size, layout.size, empty)) return result;
  const auto size = layout.counts_header ? available + layout.id + layout.size : available;
  if (layout.size == 8 || size < 0xffffffff)
    result.patches.push_back({chunk->at + layout.id, bytes_of(size, layout.size, layout.big_endian)});
  return result;
}

// Magic, where the sound begins, its size, encoding, rate, channels.
SoundContainer check_au(const ByteSource& source, bool big_endian) {
  SoundContainer result;
  const auto begin = number_at(source, 4, 4, big_endian), promised = number_at(source, 8, 4, big_endian);
  if (begin < 24 || begin > source.size()) return result;
  if (number_at(source, 16, 4, big_endian) == 0) throw Error("its header says a sample rate of 0 Hz");
  if (check_size(source, begin, promised, 4, false))
    result.patches.push_back({8, bytes_of(0xffffffff, 4, big_endian)});
  return result;
}

// Page by page (RFC 3533): the last one must be whole.
void check_ogg(const ByteSource& source) {
  std::uint64_t at = 0;
  while (at < source.size()) {
    const auto head = text_at(source, at, 27 + 255);
    if (!head.starts_with("OggS")) return;
    if (head.size() < 27) fail_truncated(source.size(), at + 27);
    const auto segments = static_cast<std::size_t>(static_cast<unsigned char>(head[26]));
    std::uint64_t page = 27 + segments;
    for (std::size_t i = 27; i < std::min(head.size(), 27 + segments); ++i)
      page += static_cast<unsigned char>(head[i]);
    if (page > source.size() - at) fail_truncated(source.size(), at + page);
    at += page;
  }
}

// An MP3 whose first frame is LAME's index says how many bytes there are.
void check_mp3(const ByteSource& source) {
  constexpr std::uint64_t kSlack = 4096;  // a frame and tags, which some count and others do not
  std::uint64_t at = 0;
  if (const auto tag = text_at(source, 0, 10); tag.starts_with("ID3") && tag.size() == 10) {
    for (std::size_t i = 6; i < 10; ++i) at = at << 7 | (static_cast<unsigned char>(tag[i]) & 0x7f);
    at += 10;
    if (at >= source.size()) fail_truncated(source.size(), at);
  }
  const auto frame = text_at(source, at, 64);
  for (const std::size_t index : {13, 21, 36}) {
    if (frame.size() < index + 16 || (frame.substr(index, 4) != "Xing" && frame.substr(index, 4) != "Info")) continue;
    const auto flags = number_at(source, at + index + 4, 4, true);
    if (!(flags & 2)) return;
    const auto promised = number_at(source, at + index + 8 + (flags & 1 ? 4 : 0), 4, true);
    if (at + promised > source.size() + kSlack) fail_truncated(source.size(), at + promised);
  }
}

}  // namespace

SoundContainer check_sound_container(const ByteSource& source) {
  const auto head = text_at(source, 0, 12), kind = head.substr(std::min<std::size_t>(8, head.size()));
  if (head.starts_with("RIFF") && kind == "WAVE") return check_chunks(source, kRiff, false);
  if (head.starts_with("RIFX") && kind == "WAVE") return check_chunks(source, kRifx, false);
  if ((head.starts_with("RF64") || head.starts_with("BW64")) && kind == "WAVE")
    return check_chunks(source, kRiff, true);
  if (head.starts_with("riff")) return check_chunks(source, kWave64, false);
  if (head.starts_with("FORM") && (kind == "AIFF" || kind == "AIFC")) return check_chunks(source, kAiff, false);
  if (head.starts_with("caff")) return check_chunks(source, kCaf, false);
  if (head.starts_with(".snd")) return check_au(source, true);
  if (head.starts_with("dns.")) return check_au(source, false);
  if (head.starts_with("OggS")) check_ogg(source);
  if (head.starts_with("ID3") || head.starts_with("\xff")) check_mp3(source);
  return {};
}

}  // namespace unveil
