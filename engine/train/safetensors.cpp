#include "engine/train/safetensors.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <bit>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <stdexcept>

#include "engine/data/atomic_file.h"
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

class Reader {
 public:
  explicit Reader(const std::filesystem::path& path) : path_(path) {}

  SafetensorsFile read(bool with_data) {
    open();
    const auto header = parse(read_header());
    SafetensorsFile file;
    for (const auto& [name, value] : header.items())
      if (name == kMetadataKey)
        file.metadata = metadata(value);
      else
        file.tensors.push_back(describe(name, value));
    load(file, with_data);
    return file;
  }

 private:
  [[noreturn]] void fail(const std::string& found) const {
    throw Error(fmt::format("'{}' is not a usable safetensors file: {}", path_.string(), found));
  }

  static std::string quoted(const std::string& name) {  // names may hold anything, also line breaks
    return Json(name.size() > 100 ? name.substr(0, 100) : name).dump(-1, ' ', true, Json::error_handler_t::replace);
  }

  void open() {
    std::error_code error;
    const auto status = std::filesystem::status(path_, error);
    if (!std::filesystem::exists(status)) throw Error(fmt::format("'{}' does not exist", path_.string()));
    if (!std::filesystem::is_regular_file(status))
      throw Error(fmt::format("'{}' is not a file; a safetensors file is expected", path_.string()));
    size_ = std::filesystem::file_size(path_, error);
    stream_.open(path_, std::ios::binary);
    if (error || !stream_) throw Error(fmt::format("'{}' cannot be opened for reading", path_.string()));
  }

  void read_bytes(void* to, std::uint64_t count) {
    stream_.read(static_cast<char*>(to), static_cast<std::streamsize>(count));
    if (static_cast<std::uint64_t>(stream_.gcount()) != count) fail("it could not be read to its end");
  }

  std::string read_header() {
    if (size_ < kLengthBytes)
      fail(fmt::format("it has {} bytes; at least 8 are needed for the header's length", size_));
    std::uint64_t length = 0;
    read_bytes(&length, kLengthBytes);
    if (length > kMaxHeader)
      fail(fmt::format("its header claims {} bytes; at most {} are accepted", length, kMaxHeader));
    if (length > size_ - kLengthBytes)
      fail(fmt::format("its header claims {} bytes; the file has {} after the length", length, size_ - kLengthBytes));
    if (length < 2) fail(fmt::format("its header has {} bytes; a JSON object is expected", length));
    data_begin_ = kLengthBytes + length;
    std::string header(length, '\0');
    read_bytes(header.data(), length);
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
    if (element == 0) tensor_fail(fmt::format("dtype {}; F32, U32 and U8 are accepted", quoted(entry.dtype)));

    const auto shape = value.find("shape");
    if (shape == value.end() || !shape->is_array()) tensor_fail("its shape is missing");
    if (shape->size() > kMaxRank)
      tensor_fail(fmt::format("{} dimensions; at most {} are accepted", shape->size(), kMaxRank));
    std::uint64_t bytes = element;
    for (const auto& extent : *shape) {
      if (!extent.is_number_unsigned()) tensor_fail("its shape holds something other than whole numbers from 0");
      const auto n = extent.get<std::uint64_t>();
      // A product that exceeds the file's size can only be wrong; stopping there also keeps it from overflowing.
      if (n > size_ || (n > 0 && bytes > size_ / n))
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
    if (range.end - range.begin != bytes)
      tensor_fail(fmt::format("data_offsets [{}, {}] hold {} bytes; {} of shape {} needs {}", range.begin, range.end,
                              range.end - range.begin, entry.dtype, shape->dump(), bytes));
    ranges_.push_back(range);
    return entry;
  }

  void load(SafetensorsFile& file, bool with_data) {
    std::vector<std::size_t> order(file.tensors.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
      return std::pair(ranges_[a].begin, ranges_[a].end) < std::pair(ranges_[b].begin, ranges_[b].end);
    });
    std::uint64_t end = 0;
    for (const auto i : order) {
      if (ranges_[i].begin != end)
        fail(fmt::format("tensor {} begins at byte {} of the data; the one before it ends at {}",
                         quoted(file.tensors[i].name), ranges_[i].begin, end));
      end = ranges_[i].end;
    }
    if (end != size_ - data_begin_)
      fail(fmt::format("its tensors take {} bytes of data; the file has {}", end, size_ - data_begin_));
    std::vector<TensorEntry> sorted;
    for (const auto i : order) {
      auto& entry = file.tensors[i];
      if (with_data) {
        entry.data.resize(ranges_[i].end - ranges_[i].begin);
        read_bytes(entry.data.data(), entry.data.size());
      }
      sorted.push_back(std::move(entry));
    }
    file.tensors = std::move(sorted);
  }

  struct Range {
    std::uint64_t begin, end;  // bytes, counted from the end of the header
  };

  std::filesystem::path path_;
  std::ifstream stream_;
  std::uint64_t size_ = 0, data_begin_ = 0;
  std::vector<Range> ranges_;
};

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
  if (dtype == "F32" || dtype == "U32") return 4;
  return dtype == "U8" ? 1 : 0;
}

SafetensorsFile read_safetensors(const std::filesystem::path& path) {
  return Reader(path).read(true);
}

SafetensorsFile read_safetensors_header(const std::filesystem::path& path) {
  return Reader(path).read(false);
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
