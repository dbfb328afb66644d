#include "engine/data/npy_header.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <fstream>
#include <span>
#include <string_view>

#include "engine/data/atomic_file.h"
#include "engine/data/text.h"
#include "engine/data/what_is.h"
#include "engine/error.h"

namespace unveil {
namespace {

static_assert(std::endian::native == std::endian::little, "elements are copied as they lie in the file");

constexpr std::string_view kMagic = "\x93NUMPY";
constexpr std::uint64_t kLongestHeader = 65536;

void swap_bytes(NpyArray& array) {
  const std::size_t unit = array.type == NpyType::text ? 4 : array.type == NpyType::ascii ? 1 : array.size;
  for (std::size_t at = 0; at + unit <= array.bytes.size(); at += unit)
    std::reverse(array.bytes.begin() + static_cast<std::ptrdiff_t>(at),
                 array.bytes.begin() + static_cast<std::ptrdiff_t>(at + unit));
}

// From the first index running fastest to the last one doing so.
void to_c_order(NpyArray& array) {
  const auto size = static_cast<std::size_t>(array.size);
  std::vector<std::uint8_t> bytes(array.bytes.size());
  std::vector<std::int64_t> index(array.shape.size());
  for (std::size_t to = 0; to < bytes.size(); to += size) {
    std::size_t from = 0;
    for (std::size_t axis = index.size(); axis-- > 0;)
      from = from * static_cast<std::size_t>(array.shape[axis]) + static_cast<std::size_t>(index[axis]);
    std::memcpy(&bytes[to], &array.bytes[from * size], size);
    for (std::size_t axis = index.size(); axis-- > 0 && ++index[axis] == array.shape[axis];) index[axis] = 0;
  }
  array.bytes = std::move(bytes);
}

// The header's length and where it begins, from the first bytes of a file of `size` bytes.
struct Start {
  std::uint64_t offset = 0, length = 0;
};
Start parse_start(std::string_view bytes, std::uint64_t size, const std::string& name) {
  if (!is_npy(bytes) || bytes.size() < 10) {
    const auto what = what_is(std::as_bytes(std::span(bytes.substr(0, kWhatIsBytes))), size);
    throw Error(fmt::format("{} is {}; {}", name, what.text, kNpyAccepted));
  }
  const auto byte = [&](std::size_t i) { return std::uint64_t{static_cast<std::uint8_t>(bytes[i])}; };
  Start start{10, byte(8) | byte(9) << 8};
  if (byte(6) == 2 || byte(6) == 3) {  // they have a header length of 32 bits
    if (bytes.size() < 12) throw Error(fmt::format("{}: truncated inside the NPY header", name));
    start = {12, start.length | byte(10) << 16 | byte(11) << 24};
  } else if (byte(6) != 1) {
    throw Error(fmt::format("{}: NPY version {}.{}; 1.0 to 3.0 are accepted", name, byte(6), byte(7)));
  }
  if (size < start.offset || start.length > size - start.offset || start.length > kLongestHeader)
    throw Error(fmt::format("{}: truncated inside the NPY header", name));
  return start;
}

// Type and shape, and that `held` bytes are as many as they promise.
NpyHeader parse_header(std::string_view text, std::uint64_t held, const std::string& name, NpyArray& array) {
  const NpyHeader header = parse_npy_header(text, name, array);
  auto promised = static_cast<std::uint64_t>(array.size);
  bool fits = true;
  const bool empty = std::find(array.shape.begin(), array.shape.end(), 0) != array.shape.end();
  for (const std::int64_t side : array.shape) {
    fits = fits && (empty || promised <= held / static_cast<std::uint64_t>(side));
    if (fits) promised *= static_cast<std::uint64_t>(side);
  }
  if (empty) promised = 0;
  if (!fits || promised != held)
    throw Error(fmt::format("{}: {} bytes of elements, not those of {} [{}]: the file is truncated or corrupt", name,
                            held, npy_type_name(array.type), fmt::join(array.shape, ", ")));
  return header;
}

void to_native(NpyArray& array, const NpyHeader& header) {
  if (header.swapped) swap_bytes(array);
  if (header.fortran_order) to_c_order(array);
}

}  // namespace

bool is_npy(std::string_view bytes) {
  return bytes.starts_with(kMagic);
}

NpyArray parse_npy(std::string_view bytes, const std::string& name) {
  const Start start = parse_start(bytes, bytes.size(), name);
  const auto elements = bytes.substr(start.offset + start.length);
  NpyArray array;
  const NpyHeader header = parse_header(bytes.substr(start.offset, start.length), elements.size(), name, array);
  array.bytes.assign(elements.begin(), elements.end());
  to_native(array, header);
  return array;
}

NpyArray read_npy(const std::filesystem::path& path) {
  const std::string name = path.string();
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) throw Error(fmt::format("{}: not a readable file", name));
  const std::uint64_t size = std::filesystem::file_size(path, error);
  std::ifstream file(path, std::ios::binary);
  if (error || !file) throw Error(fmt::format("{}: cannot be opened for reading", name));
  std::string first(std::min<std::uint64_t>(size, kLongestHeader + 12), '\0');
  file.read(first.data(), static_cast<std::streamsize>(first.size()));
  const Start start = parse_start(first, size, name);
  NpyArray array;
  const std::uint64_t held = size - start.offset - start.length;
  const NpyHeader header =
      parse_header(std::string_view(first).substr(start.offset, start.length), held, name, array);
  array.bytes.resize(held);
  file.clear();
  file.seekg(static_cast<std::streamoff>(start.offset + start.length));
  file.read(reinterpret_cast<char*>(array.bytes.data()), static_cast<std::streamsize>(held));
  if (static_cast<std::uint64_t>(file.gcount()) != held)
    throw Error(fmt::format("{}: cannot be read to its end", name));
  to_native(array, header);
  return array;
}

namespace {

void write_array(const std::filesystem::path& path, const std::string& descr, int element,
                 const std::vector<std::int64_t>& shape, const void* elements) {
  if (shape.empty() || shape.size() > 4 ||
      std::any_of(shape.begin(), shape.end(), [](std::int64_t side) { return side < 0; }))
    throw std::logic_error("write_npy: one to four dimensions");
  auto size = static_cast<std::size_t>(element);
  for (const std::int64_t side : shape) size *= static_cast<std::size_t>(side);
  std::string header = fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': ({}{}), }}", descr,
                                   fmt::join(shape, ", "), shape.size() == 1 ? "," : "");
  while ((10 + header.size() + 1) % 64 != 0)
    header += ' ';  // the elements begin at a multiple of 64, as the format asks
  header += '\n';
  std::string start(kMagic);
  for (const std::size_t byte : {std::size_t{1}, std::size_t{0}, header.size() & 255, header.size() >> 8})
    start += static_cast<char>(byte);
  AtomicFile file(path);
  file.write(start + header);
  file.write(std::span(static_cast<const std::byte*>(elements), size));
  file.commit();
}

}  // namespace

void write_npy(const std::filesystem::path& path, NpyType type, const std::vector<std::int64_t>& shape,
               const void* elements) {
  const NpyTypeRow& row = npy_type_row(type);
  write_array(path, fmt::format("{}{}{}", row.size > 1 ? '<' : '|', row.kind, row.size), row.size, shape, elements);
}

void write_npy(const std::filesystem::path& path, const std::vector<std::string>& texts) {
  std::vector<std::u32string> wide;
  std::size_t longest = 1;
  for (const auto& text : texts) longest = std::max(longest, wide.emplace_back(utf8_codes(text)).size());
  std::u32string elements;
  for (auto& text : wide) elements += text + std::u32string(longest - text.size(), U'\0');
  write_array(path, fmt::format("<U{}", longest), static_cast<int>(4 * longest),
              {static_cast<std::int64_t>(texts.size())}, elements.data());
}

template <typename T>
void write_npy(const std::filesystem::path& path, const std::vector<std::int64_t>& shape,
               const std::vector<T>& elements) {
  std::int64_t count = 1;
  for (const std::int64_t side : shape) count *= side;
  if (count != static_cast<std::int64_t>(elements.size()))
    throw std::logic_error("write_npy: the elements are not as many as the shape says");
  write_npy(path, npy_type_of<T>(), shape, elements.data());
}
template void write_npy(const std::filesystem::path&, const std::vector<std::int64_t>&, const std::vector<float>&);
template void write_npy(const std::filesystem::path&, const std::vector<std::int64_t>&, const std::vector<double>&);
template void write_npy(const std::filesystem::path&, const std::vector<std::int64_t>&,
                        const std::vector<std::uint8_t>&);
template void write_npy(const std::filesystem::path&, const std::vector<std::int64_t>&,
                        const std::vector<std::int32_t>&);
template void write_npy(const std::filesystem::path&, const std::vector<std::int64_t>&,
                        const std::vector<std::int64_t>&);

std::filesystem::path labels_beside(const std::filesystem::path& path) {
  auto beside = path;
  return beside.replace_extension(".labels.npy");
}

}  // namespace unveil
