#include "engine/data/what_is.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <optional>
#include <string_view>
#include <vector>

#include "engine/data/text.h"

namespace unveil {
namespace {

using namespace std::string_view_literals;
using Kind = FileKind;

struct Signature {
  std::size_t at;
  std::string_view bytes;
  Kind kind;
  const char* text;
};

// Those of one beginning go from the longer to the shorter.
constexpr Signature kSignatures[] = {
    {0, "\x89PNG\r\n\x1a\n"sv, Kind::picture, "a PNG picture"},
    {0, "\xff\xd8\xff"sv, Kind::picture, "a JPEG picture"},
    {0, "GIF8"sv, Kind::picture, "a GIF picture"},
    {0, "II*\0"sv, Kind::picture, "a TIFF picture"},
    {0, "MM\0*"sv, Kind::picture, "a TIFF picture"},
    {0, "II+\0"sv, Kind::picture, "a BigTIFF picture"},
    {8, "WEBP"sv, Kind::picture, "a WebP picture"},
    {0, "\0\0\1\0"sv, Kind::picture, "a Windows icon"},
    {0, "8BPS"sv, Kind::picture, "a Photoshop picture"},
    {0, "\0\0\0\x0cjP  "sv, Kind::picture, "a JPEG 2000 picture"},
    {0, "\0\0\0\x0cJXL "sv, Kind::picture, "a JPEG XL picture"},
    {0, "\x76\x2f\x31\x01"sv, Kind::picture, "an OpenEXR picture"},
    {0, "qoif"sv, Kind::picture, "a QOI picture"},
    {4, "ftypheic"sv, Kind::picture, "an HEIC picture"},
    {4, "ftypheix"sv, Kind::picture, "an HEIC picture"},
    {4, "ftypmif1"sv, Kind::picture, "an HEIF picture"},
    {4, "ftypavif"sv, Kind::picture, "an AVIF picture"},

    {8, "WAVE"sv, Kind::sound, "a WAV recording"},
    {0, "riff\x2e\x91\xcf\x11"sv, Kind::sound, "a Wave64 recording"},
    {0, "fLaC"sv, Kind::sound, "a FLAC recording"},
    {8, "AIFF"sv, Kind::sound, "an AIFF recording"},
    {8, "AIFC"sv, Kind::sound, "an AIFF recording"},
    {8, "8SVX"sv, Kind::sound, "an 8SVX recording"},
    {8, "16SV"sv, Kind::sound, "a 16SV recording"},
    {0, ".snd"sv, Kind::sound, "an AU recording"},
    {0, "dns."sv, Kind::sound, "an AU recording"},
    {0, "caff"sv, Kind::sound, "a Core Audio recording"},
    {0, "Creative Voice File"sv, Kind::sound, "a VOC recording"},
    {0, "NIST_1A"sv, Kind::sound, "a NIST SPHERE recording"},
    {0, "2BIT"sv, Kind::sound, "an AVR recording"},
    {0, "PVF1\n"sv, Kind::sound, "a PVF recording"},
    {0, "\x64\xa3\x01\0"sv, Kind::sound, "an IRCAM recording"},
    {0, "\x64\xa3\x02\0"sv, Kind::sound, "an IRCAM recording"},
    {0, "\0\x01\xa3\x64"sv, Kind::sound, "an IRCAM recording"},
    {0, "\0\x02\xa3\x64"sv, Kind::sound, "an IRCAM recording"},
    {0, "ID3"sv, Kind::sound, "an MP3 recording"},

    {4, "ftypM4A"sv, Kind::other_media, "an MP4 recording (AAC or ALAC)"},
    {4, "ftyp"sv, Kind::other_media, "an MP4 or QuickTime file"},
    {0, "\x30\x26\xb2\x75\x8e\x66\xcf\x11"sv, Kind::other_media, "a Windows Media file"},
    {0, "\x1a\x45\xdf\xa3"sv, Kind::other_media, "a Matroska or WebM file"},
    {8, "AVI "sv, Kind::other_media, "an AVI video"},
    {8, "RMID"sv, Kind::other_media, "a MIDI file"},
    {0, "MThd"sv, Kind::other_media, "a MIDI file"},
    {0, "#!AMR"sv, Kind::other_media, "an AMR recording"},
    {0, "wvpk"sv, Kind::other_media, "a WavPack recording"},
    {0, "MAC "sv, Kind::other_media, "a Monkey's Audio recording"},
    {0, "ajkg"sv, Kind::other_media, "a Shorten recording"},

    {0, "\x93NUMPY"sv, Kind::array, "a NumPy array (NPY)"},
    {0, "\x89HDF\r\n\x1a\n"sv, Kind::other_model, "an HDF5 file (as Keras, h5py and MATLAB write it)"},
    {0, "GGUF"sv, Kind::other_model, "a GGUF model"},
    {0, "ggml"sv, Kind::other_model, "a GGML model"},
    {4, "TFL3"sv, Kind::other_model, "a TensorFlow Lite model"},
    // torch.save before 1.6: its magic number, pickled.
    {0, "\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19"sv, Kind::other_model,
     "a PyTorch checkpoint (a pickle of the old form)"},
    {0, "MATLAB 5.0"sv, Kind::document, "a MATLAB file"},
    {0, "PAR1"sv, Kind::document, "a Parquet table"},
    {0, "ARROW1"sv, Kind::document, "an Arrow table"},
    {0, "SQLite format 3"sv, Kind::document, "an SQLite database"},
    {0, "CDF\x01"sv, Kind::document, "a NetCDF file"},
    {0, "CDF\x02"sv, Kind::document, "a NetCDF file"},
    {0, "%PDF"sv, Kind::document, "a PDF document"},
    {0, "%!PS"sv, Kind::document, "a PostScript document"},
    {0, "{\\rtf"sv, Kind::document, "an RTF document"},

    {0, "version https://git-lfs.github.com/spec/"sv, Kind::pointer,
     "a Git LFS pointer (the file itself was not fetched: git lfs pull)"},
    {0, "/annex/objects/"sv, Kind::pointer, "a git-annex pointer (the file itself was not fetched: git annex get)"},

    {0, "\x1f\x8b"sv, Kind::archive, "a gzip archive"},
    {0, "BZh"sv, Kind::archive, "a bzip2 archive"},
    {0,
     "\xfd"
     "7zXZ\0"sv,
     Kind::archive, "an xz archive"},
    {0, "\x28\xb5\x2f\xfd"sv, Kind::archive, "a Zstandard archive"},
    {0, "\x04\x22\x4d\x18"sv, Kind::archive, "an LZ4 archive"},
    {0, "7z\xbc\xaf\x27\x1c"sv, Kind::archive, "a 7-Zip archive"},
    {0, "Rar!\x1a\x07"sv, Kind::archive, "a RAR archive"},
    {257, "ustar"sv, Kind::archive, "a tar archive"},

    {0, "\0\0\0\1Bud1"sv, Kind::system, "a .DS_Store of macOS"},
    {0, "\0\5\x16\7"sv, Kind::system, "an AppleDouble file (._ file of macOS)"},
    {0, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"sv, Kind::document, "an Office document of the old form or a Thumbs.db"},
    {0,
     "\x7f"
     "ELF"sv,
     Kind::system, "a program or library (ELF)"},
    {0, "MZ"sv, Kind::system, "a Windows program"},
};

bool holds(std::string_view head, std::size_t at, std::string_view bytes) {
  return head.size() >= at + bytes.size() && head.substr(at, bytes.size()) == bytes;
}

unsigned byte_at(std::string_view head, std::size_t at) {
  return static_cast<unsigned char>(head[at]);
}

// Bytes of the MPEG layer III frame whose header lies there (ISO 11172-3, 13818-3); 0 where there is none.
std::size_t mp3_frame(std::string_view head, std::size_t at) {
  if (head.size() < at + 4) return 0;
  const unsigned a = byte_at(head, at), b = byte_at(head, at + 1), c = byte_at(head, at + 2);
  if (a != 0xff || (b & 0xe0) != 0xe0 || ((b >> 1) & 3) != 1) return 0;  // sync, layer III
  const unsigned version = (b >> 3) & 3, bitrate = c >> 4, rate = (c >> 2) & 3;
  if (version == 1 || bitrate == 0 || bitrate == 15 || rate == 3) return 0;
  static constexpr int kFirst[] = {0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320};
  static constexpr int kSecond[] = {0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160};
  static constexpr int kRates[] = {44100, 48000, 32000};
  const int hertz = kRates[rate] >> (version == 3 ? 0 : version == 2 ? 1 : 2);
  const int kilobits = version == 3 ? kFirst[bitrate] : kSecond[bitrate];
  return static_cast<std::size_t>((version == 3 ? 144000 : 72000) * kilobits / hertz + ((c >> 1) & 1));
}

// Two frames one behind the other, or one that is all there is: a lone sync word means nothing.
bool is_mp3(std::string_view head, std::uint64_t size) {
  const std::size_t first = mp3_frame(head, 0);
  return first > 0 && (mp3_frame(head, first) > 0 || first == size);
}

// A zip by the name of its first entry.
WhatItIs zip_kind(std::string_view head) {
  const std::size_t length = head.size() >= 30 ? byte_at(head, 26) | byte_at(head, 27) << 8 : 0;
  const std::string_view name = head.size() >= 30 ? head.substr(30, length) : ""sv;
  if (name.ends_with(".npy")) return {Kind::array, "an archive of NumPy arrays (NPZ)"};
  if (name.ends_with("data.pkl") || name.ends_with("/version") || name.ends_with("/byteorder"))
    return {Kind::other_model, "a PyTorch checkpoint (a zip of a pickle and its tensors)"};
  if (name == "[Content_Types].xml" || name == "_rels/.rels" || name.starts_with("mimetype"))
    return {Kind::document, "an Office or OpenDocument file"};
  if (name == "metadata.json" || name == "config.json")
    return {Kind::other_model, "a zip archive (a Keras model, by its first entry)"};
  if (name.empty() || name.front() == '\0') return {Kind::archive, "a zip archive (as PyTorch checkpoints are)"};
  return {Kind::archive, "a zip archive"};
}

// ModelProto: field 1 (ir_version, a small number), then field 2 (producer_name) or a near one.
bool is_onnx(std::string_view head) {
  if (head.size() < 16 || byte_at(head, 0) != 0x08 || byte_at(head, 1) == 0 || byte_at(head, 1) > 20) return false;
  const unsigned tag = byte_at(head, 2);
  if (tag == 0x12) {
    const std::size_t length = byte_at(head, 3);
    const auto name = head.substr(4, length);
    return length > 0 && length < 64 && name.size() == length &&
           std::all_of(name.begin(), name.end(), [](char c) { return c >= 0x20 && c < 0x7f; });
  }
  return false;
}

std::optional<WhatItIs> idx_kind(std::string_view head) {
  if (head.size() < 8 || head[0] != 0 || head[1] != 0 || head[3] < 1 || head[3] > 6) return std::nullopt;
  switch (byte_at(head, 2)) {
    case 0x08:
    case 0x09:
    case 0x0b:
    case 0x0c:
    case 0x0d:
    case 0x0e: break;
    default: return std::nullopt;
  }
  return WhatItIs{Kind::idx, fmt::format("an IDX file of {} dimension{}", int(head[3]), head[3] == 1 ? "" : "s")};
}

bool is_safetensors(std::string_view head, std::uint64_t size) {
  if (head.size() < 10 || head[8] != '{') return false;
  std::uint64_t length = 0;
  for (std::size_t i = 8; i-- > 0;) length = length << 8 | byte_at(head, i);
  if (length < 2 || length > size) return false;
  const auto next = head.find_first_not_of(" \t\r\n", 9);
  return next == std::string_view::npos || head[next] == '"' || head[next] == '}';
}

bool is_picture_in_text(std::string_view head) {
  return head.size() >= 3 && head[0] == 'P' && head[1] >= '1' && head[1] <= '7' &&
         (head[2] == '\n' || head[2] == ' ' || head[2] == '\r' || head[2] == '\t');
}

bool is_utf8(std::string_view head) {
  for (std::size_t i = 0; i < head.size();) {
    const unsigned first = byte_at(head, i);
    const std::size_t length = first < 0x80                    ? 1
                               : first >= 0xc2 && first < 0xe0 ? 2
                               : first >= 0xe0 && first < 0xf0 ? 3
                               : first >= 0xf0 && first < 0xf5 ? 4
                                                               : 0;
    if (length == 0) return false;
    for (std::size_t k = 1; k < length && i + k < head.size(); ++k)  // the head may end inside a letter
      if ((byte_at(head, i + k) & 0xc0) != 0x80) return false;
    i += length;
  }
  return true;
}

// No control characters, and UTF-8 or, as in older encodings, mostly ASCII.
bool is_text(std::string_view head) {
  const auto control = [](char c) {
    const auto code = static_cast<unsigned char>(c);
    return code < 0x20 ? code != '\t' && code != '\n' && code != '\r' && code != '\f' && code != 0x1b : code == 0x7f;
  };
  const auto ascii =
      std::count_if(head.begin(), head.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
  return std::none_of(head.begin(), head.end(), control) &&
         (2 * ascii > static_cast<std::ptrdiff_t>(head.size()) || is_utf8(head));
}

WhatItIs text_kind(std::string_view head) {
  auto text = head;
  if (holds(text, 0, "\xef\xbb\xbf")) text.remove_prefix(3);
  text.remove_prefix(std::min(text.find_first_not_of(" \t\r\n"), text.size()));
  const auto begin = ascii_lower(text.substr(0, 1024));
  if (begin.starts_with("<!doctype html") || begin.starts_with("<html") || begin.starts_with("<head") ||
      (begin.starts_with("<") && begin.find("<html") != std::string::npos))
    return {Kind::document, "an HTML page (a download that went wrong, it may be)"};
  if (begin.find("<svg") != std::string::npos && begin.starts_with("<")) return {Kind::picture, "an SVG drawing"};
  if (begin.starts_with("<?xml")) return {Kind::document, "an XML file"};
  if (begin.starts_with("{") || begin.starts_with("[")) return {Kind::text, "a JSON file"};
  return {Kind::text, "a text file"};
}

std::string hex(std::string_view head) {
  std::string text;
  for (const char c : head.substr(0, 4))
    text += fmt::format("{}{:02x}", text.empty() ? "" : " ", byte_at({&c, 1}, 0));
  return text;
}

WhatItIs tell(std::string_view head, std::uint64_t size) {
  if (size == 0) return {Kind::empty, "an empty file"};
  for (const auto& signature : kSignatures) {
    if (!holds(head, signature.at, signature.bytes)) continue;
    // Their kind stands inside a container, whose own name comes first.
    if (signature.at == 8 && !holds(head, 0, "RIFF") && !holds(head, 0, "RIFX") && !holds(head, 0, "RF64") &&
        !holds(head, 0, "BW64") && !holds(head, 0, "FORM"))
      continue;
    return {signature.kind, signature.text};
  }
  if (holds(head, 0, "OggS")) {
    if (head.find("theora") != std::string_view::npos) return {Kind::other_media, "an Ogg video"};
    return {Kind::sound, "an Ogg recording"};
  }
  if (is_mp3(head, size)) return {Kind::sound, "an MP3 recording"};
  if (holds(head, 0, "\xff\xf1") || holds(head, 0, "\xff\xf9")) return {Kind::other_media, "an AAC recording"};
  if (holds(head, 0, "PK\3\4")) return zip_kind(head);
  if (holds(head, 0, "PK\5\6")) return {Kind::archive, "an empty zip archive"};
  if (is_safetensors(head, size)) return {Kind::safetensors, "a safetensors file"};
  if (head.size() >= 26 && holds(head, 0, "BM") && holds(head, 6, "\0\0\0\0"sv))
    return {Kind::picture, "a BMP picture"};
  if (is_picture_in_text(head)) return {Kind::picture, fmt::format("a Netpbm picture (P{})", head[1])};
  if (auto idx = idx_kind(head)) return *idx;
  if (head.size() > 2 && head[0] == '\x80' && head[1] >= 2 && head[1] <= 5)
    return {Kind::other_model, "a Python pickle (as older PyTorch and scikit-learn write it)"};
  if (is_onnx(head)) return {Kind::other_model, "an ONNX model"};
  if (holds(head, 0, "\xff\xfe") || holds(head, 0, "\xfe\xff")) return {Kind::text, "a text file in UTF-16"};
  if (is_text(head)) return text_kind(head);
  if (head.size() >= 16 && std::all_of(head.begin(), head.end(), [](char c) { return c == 0; }))
    return {Kind::unknown, "nothing but zero bytes (a download that was cut off, it may be)"};
  return {Kind::unknown, fmt::format("of no known kind (it begins with the bytes {})", hex(head))};
}

}  // namespace

WhatItIs what_is(std::span<const std::byte> head, std::uint64_t file_size) {
  return tell({reinterpret_cast<const char*>(head.data()), head.size()}, file_size);
}

WhatItIs what_is(const std::filesystem::path& path) {
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (std::filesystem::is_directory(status)) return {Kind::unknown, "a folder"};
  if (!std::filesystem::is_regular_file(status)) return {Kind::unknown, "no regular file"};
  std::array<char, kWhatIsBytes> head;
  std::ifstream file(path, std::ios::binary);
  file.read(head.data(), head.size());
  const auto size = std::filesystem::file_size(path, error);
  if (error || (file.gcount() == 0 && size > 0)) return {Kind::unknown, "a file that cannot be read"};
  return tell({head.data(), static_cast<std::size_t>(file.gcount())}, size);
}

}  // namespace unveil
