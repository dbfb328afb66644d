#include "engine/data/npy.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <charconv>
#include <cstring>
#include <fstream>
#include <span>
#include <string_view>

#include "engine/data/atomic_file.h"
#include "engine/error.h"

namespace unveil {
namespace {

static_assert(std::endian::native == std::endian::little, "elements are copied as they lie in the file");

constexpr std::string_view kMagic = "\x93NUMPY";
constexpr const char* kAccepted =
    "little-endian float32, float64, uint8, int32 and int64 arrays of 1 to 4 dimensions are accepted";

struct TypeRow {
  NpyType type;
  const char *name, *descr;
  int size;
};
constexpr TypeRow kTypes[] = {{NpyType::float32, "float32", "<f4", 4},
                              {NpyType::float64, "float64", "<f8", 8},
                              {NpyType::uint8, "uint8", "|u1", 1},
                              {NpyType::int32, "int32", "<i4", 4},
                              {NpyType::int64, "int64", "<i8", 8}};

const TypeRow& row_of(NpyType type) {
  for (const TypeRow& row : kTypes)
    if (row.type == type) return row;
  throw std::logic_error("npy: unknown element type");
}

// From the first index running fastest to the last one doing so.
void to_c_order(NpyArray& array) {
  const auto size = static_cast<std::size_t>(row_of(array.type).size);
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

// The header is a Python dictionary literal with three keys in any order: {'descr': '<f4', 'fortran_order': False,
// 'shape': (3, 4), }
class Header {
 public:
  Header(std::string_view text, const std::string& file) : left_(text), file_(file) {}

  bool fortran_order() const { return fortran_order_; }

  void parse(NpyArray& array) {
    bool descr = false, order = false, shape = false;
    expect('{');
    while (!accept('}')) {
      const std::string key = quoted();
      expect(':');
      if (key == "descr" && !descr) {
        descr = true;
        const std::string found = quoted();
        const auto* row =
            std::find_if(std::begin(kTypes), std::end(kTypes), [&](const TypeRow& r) { return found == r.descr; });
        if (row == std::end(kTypes))
          throw Error(fmt::format("{}: elements of type '{}'; {}", file_, found, kAccepted));
        array.type = row->type;
      } else if (key == "fortran_order" && !order) {
        order = true;
        const auto value = word();
        if (value != "False" && value != "True") fail();
        fortran_order_ = value == "True";
      } else if (key == "shape" && !shape) {
        shape = true;
        expect('(');
        while (!accept(')')) {
          array.shape.push_back(number());
          if (!accept(',')) {
            expect(')');
            break;
          }
        }
      } else {
        fail();
      }
      if (!accept(',')) {
        expect('}');
        break;
      }
    }
    skip();
    if (!left_.empty() || !descr || !order || !shape) fail();
    if (array.shape.empty() || array.shape.size() > 4)
      throw Error(fmt::format("{}: an array of {} dimensions; {}", file_, array.shape.size(), kAccepted));
  }

 private:
  [[noreturn]] void fail() { throw Error(fmt::format("{}: the NPY header is corrupt; {}", file_, kAccepted)); }
  void skip() {
    while (!left_.empty() && (left_[0] == ' ' || left_[0] == '\n')) left_.remove_prefix(1);
  }
  bool accept(char c) {
    skip();
    if (left_.empty() || left_[0] != c) return false;
    left_.remove_prefix(1);
    return true;
  }
  void expect(char c) {
    if (!accept(c)) fail();
  }
  std::string quoted() {
    skip();
    if (left_.empty() || (left_[0] != '\'' && left_[0] != '"')) fail();
    const auto end = left_.find(left_[0], 1);
    if (end == std::string_view::npos) fail();
    std::string text(left_.substr(1, end - 1));
    left_.remove_prefix(end + 1);
    // A message must stay one printable line whatever the file holds.
    if (!std::all_of(text.begin(), text.end(), [](unsigned char c) { return c >= 32 && c < 127; })) fail();
    return text;
  }
  std::string word() {
    skip();
    std::size_t end = 0;
    while (end < left_.size() && std::isalpha(static_cast<unsigned char>(left_[end]))) ++end;
    std::string text(left_.substr(0, end));
    left_.remove_prefix(end);
    return text;
  }
  std::int64_t number() {
    skip();
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(left_.data(), left_.data() + left_.size(), value);
    if (error != std::errc() || value < 0) fail();
    left_.remove_prefix(end - left_.data());
    return value;
  }

  std::string_view left_;
  const std::string& file_;
  bool fortran_order_ = false;
};

}  // namespace

const char* npy_type_name(NpyType type) {
  return row_of(type).name;
}

std::int64_t NpyArray::count() const {
  return static_cast<std::int64_t>(bytes.size()) / row_of(type).size;
}

template <typename T>
std::vector<T> NpyArray::as() const {
  if (type != npy_type_of<T>())
    throw Error(
        fmt::format("an array of {} where {} is expected", npy_type_name(type), npy_type_name(npy_type_of<T>())));
  std::vector<T> elements(bytes.size() / sizeof(T));
  if (!elements.empty()) std::memcpy(elements.data(), bytes.data(), bytes.size());
  return elements;
}
template std::vector<float> NpyArray::as<float>() const;
template std::vector<double> NpyArray::as<double>() const;
template std::vector<std::uint8_t> NpyArray::as<std::uint8_t>() const;
template std::vector<std::int32_t> NpyArray::as<std::int32_t>() const;
template std::vector<std::int64_t> NpyArray::as<std::int64_t>() const;

NpyArray read_npy(const std::filesystem::path& path) {
  const std::string name = path.string();
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) throw Error(fmt::format("{}: not a readable file", name));
  const std::uint64_t size = std::filesystem::file_size(path, error);
  std::ifstream file(path, std::ios::binary);
  if (error || !file) throw Error(fmt::format("{}: cannot be opened for reading", name));
  std::uint8_t start[12] = {};
  file.read(reinterpret_cast<char*>(start), 10);
  if (file.gcount() < 10 || std::memcmp(start, kMagic.data(), kMagic.size()) != 0)
    throw Error(fmt::format("{}: not an NPY file; {}", name, kAccepted));
  std::uint64_t length = start[8] | start[9] << 8, offset = 10;
  if (start[6] == 2 || start[6] == 3) {  // versions 2 and 3 have a header length of 32 bits
    file.read(reinterpret_cast<char*>(start + 10), 2);
    length |= std::uint64_t{start[10]} << 16 | std::uint64_t{start[11]} << 24;
    offset = 12;
  } else if (start[6] != 1) {
    throw Error(fmt::format("{}: NPY version {}.{}; 1.0 to 3.0 are accepted", name, start[6], start[7]));
  }
  if (!file || size < offset || length > size - offset || length > 65536)
    throw Error(fmt::format("{}: truncated inside the NPY header", name));
  std::string text(length, '\0');
  file.read(text.data(), static_cast<std::streamsize>(length));
  NpyArray array;
  Header header(text, name);
  header.parse(array);
  const std::uint64_t held = size - offset - length;
  std::uint64_t promised = row_of(array.type).size;
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
  array.bytes.resize(held);
  file.read(reinterpret_cast<char*>(array.bytes.data()), static_cast<std::streamsize>(held));
  if (static_cast<std::uint64_t>(file.gcount()) != held)
    throw Error(fmt::format("{}: cannot be read to its end", name));
  if (header.fortran_order()) to_c_order(array);
  return array;
}

void write_npy(const std::filesystem::path& path, NpyType type, const std::vector<std::int64_t>& shape,
               const void* elements) {
  if (shape.empty() || shape.size() > 4 ||
      std::any_of(shape.begin(), shape.end(), [](std::int64_t side) { return side < 0; }))
    throw std::logic_error("write_npy: one to four dimensions");
  const TypeRow& row = row_of(type);
  std::size_t size = row.size;
  for (const std::int64_t side : shape) size *= static_cast<std::size_t>(side);
  std::string header = fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': ({}{}), }}", row.descr,
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
