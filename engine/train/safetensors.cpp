#include "engine/train/safetensors.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <bit>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <stdexcept>

#include "engine/data/atomic_file.h"
#include "engine/data/byte_source.h"
#include "engine/data/what_is.h"
#include "engine/error.h"

namespace unveil {
namespace {

static_assert(std::endian::native == std::endian::little,
              "safetensors data are little-endian and copied as they are");

using Json = nlohmann::ordered_json;

constexpr std::uint64_t kMaxHeader = 16u << 20;  // a model of 10,000 tensors needs about 1 MiB
constexpr std::size_t kMaxRank = 8;
constexpr int kMaxDepth = 3;  // header → tensor → shape or offsets
constexpr std::size_t kLengthBytes = 8;
constexpr const char* kMetadataKey = "__metadata__";

using Visit = std::function<void(const TensorEntry&, std::span<const std::byte>)>;
constexpr std::size_t kPiece = 1 << 20;  // bytes given to a visitor at once: whole elements of every type

bool is_type_name(const std::string& name) {
  return !name.empty() && name.size() <= 16 && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  });
}

class Reader {
 public:
  Reader(const ByteSource& source, std::string name)
      : source_(source), name_(std::move(name)), size_(source.size()) {}

  // Header alone, with the data, or with each tensor's data given to `visit`.
  SafetensorsFile read(bool with_data, const Visit* visit = nullptr) {
    const auto header = parse(read_header());
    SafetensorsFile file;
    for (const auto& [name, value] : header.items())
      if (name == kMetadataKey)
        file.metadata = metadata(value);
      else
        file.tensors.push_back(describe(name, value));
    sort(file);
    for (std::size_t i = 0; with_data && i < file.tensors.size(); ++i) {
      auto& data = file.tensors[i].data;
      data.resize(ranges_[i].end - ranges_[i].begin);
      read_bytes(data_begin_ + ranges_[i].begin, data);
    }
    for (std::size_t i = 0; visit && i < file.tensors.size(); ++i) {
      std::vector<std::byte> piece;
      for (auto at = ranges_[i].begin; at < ranges_[i].end; at += piece.size()) {
        piece.resize(std::min<std::uint64_t>(kPiece, ranges_[i].end - at));
        read_bytes(data_begin_ + at, piece);
        (*visit)(file.tensors[i], piece);
      }
    }
    return file;
  }

 private:
  [[noreturn]] void fail(const std::string& found) const {
    throw Error(fmt::format("'{}' is not a usable safetensors file: {}", name_, found));
  }

  static std::string quoted(const std::string& name) {  // names may hold anything, also line breaks
    return Json(name.size() > 100 ? name.substr(0, 100) : name).dump(-1, ' ', true, Json::error_handler_t::replace);
  }

  void read_bytes(std::uint64_t at, std::span<std::byte> to) const {
    if (source_.read(at, to) != to.size()) fail("it could not be read to its end");
  }

  // What is plainly something else is called by its name; a header that lies says nothing to anybody.
  void refuse_other_kinds() const {
    std::array<std::byte, kWhatIsBytes> head;
    const auto what = what_is(std::span(head).first(source_.read(0, head)), size_);
    if (what.kind != FileKind::safetensors && what.kind != FileKind::unknown)
      throw Error(
          fmt::format("'{}' is {}; a checkpoint is a safetensors file that unveil train wrote", name_, what.text));
  }

  std::string read_header() {
    if (size_ < kLengthBytes) {
      refuse_other_kinds();
      fail(fmt::format("it has {} bytes; at least 8 are needed for the header's length", size_));
    }
    std::uint64_t length = 0;
    read_bytes(0, std::as_writable_bytes(std::span(&length, 1)));
    char first = 0;
    source_.read(kLengthBytes, std::as_writable_bytes(std::span(&first, 1)));
    if (length > kMaxHeader || length > size_ - kLengthBytes || first != '{') refuse_other_kinds();
    if (length > kMaxHeader)
      fail(fmt::format("its header claims {} bytes; at most {} are accepted", length, kMaxHeader));
    if (length > size_ - kLengthBytes)
      fail(fmt::format("its header claims {} bytes; the file has {} after the length", length, size_ - kLengthBytes));
    if (length < 2) fail(fmt::format("its header has {} bytes; a JSON object is expected", length));
    data_begin_ = kLengthBytes + length;
    std::string header(length, '\0');
    read_bytes(kLengthBytes, std::as_writable_bytes(std::span(header)));
    return header;
  }

  Json parse(const std::string& header) const {
    // The parser keeps the last of two equal keys and any depth; both are refused while parsing.
    std::vector<std::set<std::string>> keys(kMaxDepth + 1);
    const auto check = [&](int depth, Json::parse_event_t event, Json& parsed) {
      using Event = Json::parse_event_t;
      if (depth > kMaxDepth) fail(fmt::format("its header is nested deeper than {} levels", kMaxDepth));
      if (event == Event::object_start && depth < kMaxDepth) keys[static_cast<std::size_t>(depth) + 1].clear();
      if (event == Event::key) {
        const auto& key = parsed.get_ref<const std::string&>();
        if (!keys[static_cast<std::size_t>(depth)].insert(key).second)
          fail(fmt::format("its header has {} twice", quoted(key)));
      }
      return true;
    };
    try {
      auto json = Json::parse(header, check);
      if (!json.is_object()) fail(fmt::format("its header is a JSON {}; an object is expected", json.type_name()));
      return json;
    } catch (const Json::parse_error& error) {
      fail(fmt::format("its header is not valid JSON (byte {})", kLengthBytes + error.byte));
    }
  }

  std::map<std::string, std::string> metadata(const Json& value) const {
    if (!value.is_object()) fail(fmt::format("its metadata are a JSON {}; an object is expected", value.type_name()));
    std::map<std::string, std::string> entries;
    for (const auto& [key, text] : value.items()) {
      if (!text.is_string())
        fail(fmt::format("its metadata {} is a JSON {}; a string is expected", quoted(key), text.type_name()));
      entries[key] = text.get<std::string>();
    }
    return entries;
  }

  // Offsets go into ranges_, beside the entry of the same index.
  TensorEntry describe(const std::string& name, const Json& value) {
    const auto tensor_fail = [&](const std::string& found) {
      fail(fmt::format("tensor {}: {}", quoted(name), found));
    };
    if (!value.is_object()) tensor_fail("an object of dtype, shape and data_offsets is expected");
    for (const auto& [key, part] : value.items())
      if (key != "dtype" && key != "shape" && key != "data_offsets")
        tensor_fail(fmt::format("unknown key {}; dtype, shape and data_offsets are accepted", quoted(key)));
    TensorEntry entry{.name = name};
    const auto dtype = value.find("dtype");
    if (dtype == value.end() || !dtype->is_string()) tensor_fail("its dtype is missing");
    entry.dtype = dtype->get<std::string>();
    const auto element = dtype_size(entry.dtype);
    if (element == 0 && !is_type_name(entry.dtype))
      tensor_fail(fmt::format("dtype {}; a type's name such as F32 is expected", quoted(entry.dtype)));

    const auto shape = value.find("shape");
    if (shape == value.end() || !shape->is_array()) tensor_fail("its shape is missing");
    if (shape->size() > kMaxRank)
      tensor_fail(fmt::format("{} dimensions; at most {} are accepted", shape->size(), kMaxRank));
    std::uint64_t bytes = std::max<std::size_t>(1, element);  // of an unknown type only a bound: it may pack elements
    for (const auto& extent : *shape) {
      if (!extent.is_number_unsigned()) tensor_fail("its shape holds something other than whole numbers from 0");
      const auto n = extent.get<std::uint64_t>();
      // A product that exceeds the file's size can only be wrong; stopping there also keeps it from overflowing.
      // (Of an unknown type eight elements a byte are thinkable.)
      const auto most = element > 0 ? size_ : 8 * size_;
      if (n > most || (n > 0 && bytes > most / n))
        tensor_fail(fmt::format("its shape {} needs more bytes than the file has ({})", shape->dump(), size_));
      bytes *= n;
      entry.shape.push_back(static_cast<std::int64_t>(n));
    }

    const auto offsets = value.find("data_offsets");
    if (offsets == value.end() || !offsets->is_array() || offsets->size() != 2 ||
        !(*offsets)[0].is_number_unsigned() || !(*offsets)[1].is_number_unsigned())
      tensor_fail("its data_offsets are not two whole numbers from 0");
    const Range range{(*offsets)[0].get<std::uint64_t>(), (*offsets)[1].get<std::uint64_t>()};
    const auto available = size_ - data_begin_;
    if (range.begin > range.end || range.end > available)
      tensor_fail(
          fmt::format("data_offsets [{}, {}] lie outside the {} bytes of data", range.begin, range.end, available));
    if (element > 0 && range.end - range.begin != bytes)
      tensor_fail(fmt::format("data_offsets [{}, {}] hold {} bytes; {} of shape {} needs {}", range.begin, range.end,
                              range.end - range.begin, entry.dtype, shape->dump(), bytes));
    ranges_.push_back(range);
    return entry;
  }

  // Into the order of the data, which follow one another without gaps.
  void sort(SafetensorsFile& file) {
    std::vector<std::size_t> order(file.tensors.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
      return std::pair(ranges_[a].begin, ranges_[a].end) < std::pair(ranges_[b].begin, ranges_[b].end);
    });
    std::uint64_t end = 0;
    std::vector<TensorEntry> tensors;
    std::vector<Range> ranges;
    for (const auto i : order) {
      if (ranges_[i].begin != end)
        fail(fmt::format("tensor {} begins at byte {} of the data; the one before it ends at {}",
                         quoted(file.tensors[i].name), ranges_[i].begin, end));
      end = ranges_[i].end;
      tensors.push_back(std::move(file.tensors[i]));
      ranges.push_back(ranges_[i]);
    }
    if (end != size_ - data_begin_)
      fail(fmt::format("its tensors take {} bytes of data; the file has {}", end, size_ - data_begin_));
    file.tensors = std::move(tensors);
    ranges_ = std::move(ranges);
  }

  struct Range {
    std::uint64_t begin, end;  // bytes, counted from the end of the header
  };

  const ByteSource& source_;
  std::string name_;
  std::uint64_t size_, data_begin_ = 0;
  std::vector<Range> ranges_;
};

SafetensorsFile read_file(const std::filesystem::path& path, bool with_data, const Visit* visit = nullptr) {
  std::error_code ignored;
  const auto status = std::filesystem::status(path, ignored);
  if (!std::filesystem::exists(status)) throw Error(fmt::format("'{}' does not exist", path.string()));
  if (!std::filesystem::is_regular_file(status))
    throw Error(fmt::format("'{}' is not a file; a safetensors file is expected", path.string()));
  std::optional<ByteSource> source;
  try {
    source.emplace(path);
  } catch (const Error& error) {
    throw Error(fmt::format("'{}' cannot be opened for reading: {}", path.string(), error.what()));
  }
  return Reader(*source, path.string()).read(with_data, visit);
}

struct KnownType {
  std::string_view name;
  std::size_t size;
};
constexpr KnownType kTypes[] = {{"BOOL", 1}, {"U8", 1},  {"I8", 1},  {"F8_E4M3", 1}, {"F8_E5M2", 1}, {"F8_E8M0", 1},
                                {"U16", 2},  {"I16", 2}, {"F16", 2}, {"BF16", 2},    {"U32", 4},     {"I32", 4},
                                {"F32", 4},  {"U64", 8}, {"I64", 8}, {"F64", 8},     {"C64", 8}};

void require_consistent(const TensorEntry& entry) {
  auto bytes = dtype_size(entry.dtype);
  for (const auto extent : entry.shape) bytes *= static_cast<std::size_t>(extent);
  if (dtype_size(entry.dtype) == 0 || bytes != entry.data.size() || entry.name == kMetadataKey)
    throw std::logic_error(fmt::format("tensor '{}' {} {} does not match its {} bytes", entry.name, entry.dtype,
                                       entry.shape, entry.data.size()));
}

}  // namespace

const TensorEntry* SafetensorsFile::find(std::string_view name) const {
  const auto found =
      std::find_if(tensors.begin(), tensors.end(), [&](const auto& entry) { return entry.name == name; });
  return found == tensors.end() ? nullptr : &*found;
}

std::size_t dtype_size(std::string_view dtype) {
  for (const auto& type : kTypes)
    if (type.name == dtype) return type.size;
  return 0;
}

SafetensorsFile read_safetensors(const std::filesystem::path& path) {
  return read_file(path, true);
}

SafetensorsFile read_safetensors(std::span<const std::byte> bytes, const std::string& name) {
  return Reader(ByteSource(bytes), name).read(true);
}

SafetensorsFile read_safetensors_header(const std::filesystem::path& path) {
  return read_file(path, false);
}

SafetensorsFile scan_safetensors(const std::filesystem::path& path, const Visit& visit) {
  return read_file(path, false, &visit);
}

void write_safetensors(const std::filesystem::path& path, const SafetensorsFile& file) {
  std::vector<const TensorEntry*> order;
  for (const auto& entry : file.tensors) order.push_back(&entry);
  std::stable_sort(order.begin(), order.end(),
                   [](const auto* a, const auto* b) { return dtype_size(a->dtype) > dtype_size(b->dtype); });
  Json header = Json::object();
  if (!file.metadata.empty()) header[kMetadataKey] = file.metadata;
  std::set<std::string> names;
  std::uint64_t end = 0;
  for (const auto* entry : order) {
    require_consistent(*entry);
    if (!names.insert(entry->name).second)
      throw std::logic_error(fmt::format("tensor '{}' is given twice", entry->name));
    // push_back of a pair appends without the linear search of operator[]: the names are known to be unique.
    header.push_back(
        {entry->name,
         {{"dtype", entry->dtype}, {"shape", entry->shape}, {"data_offsets", {end, end + entry->data.size()}}}});
    end += entry->data.size();
  }
  std::string text;
  try {
    text = header.dump();
  } catch (const Json::type_error&) {
    throw Error(fmt::format("'{}' cannot be written: a name or a metadata value is not UTF-8", path.string()));
  }
  text.append((8 - text.size() % 8) % 8, ' ');  // data begin aligned; the format allows trailing spaces
  if (text.size() > kMaxHeader)
    throw Error(fmt::format("'{}' cannot be written: its header would have {} bytes; at most {} are accepted",
                            path.string(), text.size(), kMaxHeader));
  const std::uint64_t length = text.size();
  AtomicFile output(path);
  output.write(std::as_bytes(std::span(&length, 1)));
  output.write(text);
  for (const auto* entry : order) output.write(entry->data);
  output.commit();
}

}  // namespace unveil
