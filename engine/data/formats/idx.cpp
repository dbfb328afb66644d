// IDX, the format of MNIST: two zero bytes, the element type, the number of dimensions, the dimensions as big-endian
// 32-bit integers, the elements in C order. Plain or gzipped.
#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <map>
#include <memory>

#include "engine/data/format.h"
#include "engine/data/split.h"
#include "engine/error.h"

namespace unveil {
namespace {

namespace fs = std::filesystem;

// The element types of IDX, and how they are called when they are refused.
struct ElementType {
  int code, bytes;
  const char* name;
};
constexpr ElementType kTypes[] = {{0x08, 1, "unsigned bytes"},  {0x09, 1, "signed bytes"},
                                  {0x0b, 2, "16-bit integers"}, {0x0c, 4, "32-bit integers"},
                                  {0x0d, 4, "32-bit floats"},   {0x0e, 8, "64-bit floats"}};

const ElementType* type_of(const std::uint8_t* magic) {
  if (magic[0] || magic[1]) return nullptr;
  for (const ElementType& type : kTypes)
    if (type.code == magic[2]) return &type;
  return nullptr;
}
// A deflate stream cannot expand by more than this (zlib's technical notes), which bounds what a file can hold.
constexpr std::uint64_t kDeflateLimit = 1032;

// Reads plain and gzipped files alike; zlib checks the length and CRC of each gzip member as it is read to its end.
class IdxFile {
 public:
  explicit IdxFile(const fs::path& path) : path_(path.string()) {
    std::error_code error;
    if (!fs::is_regular_file(path, error)) throw Error(fmt::format("{}: not a readable file", path_));
    file_size_ = fs::file_size(path, error);
    file_.reset(gzopen(path_.c_str(), "rb"));
    if (error || !file_) throw Error(fmt::format("{}: cannot be opened for reading", path_));
  }

  // Up to `size` bytes; fewer only at the end of a sound file.
  std::size_t read(std::uint8_t* out, std::size_t size) {
    std::size_t done = 0;
    while (done < size) {
      const int got =
          gzread(file_.get(), out + done, static_cast<unsigned>(std::min<std::size_t>(size - done, 1 << 24)));
      int status = Z_OK;
      const char* reason = gzerror(file_.get(), &status);
      if (got < 0 || (status != Z_OK && status != Z_STREAM_END))
        throw Error(fmt::format("{}: the gzip stream is {} ({}); a whole IDX file was expected", path_,
                                status == Z_BUF_ERROR ? "truncated" : "corrupt", reason));
      if (got == 0) break;
      done += static_cast<std::size_t>(got);
    }
    return done;
  }

  // The most bytes that can come out of a file of this size.
  std::uint64_t capacity() const { return gzdirect(file_.get()) ? file_size_ : file_size_ * kDeflateLimit; }
  const std::string& path() const { return path_; }

 private:
  struct Close {
    void operator()(gzFile file) const { gzclose_r(file); }
  };
  std::string path_;
  std::uint64_t file_size_ = 0;
  std::unique_ptr<gzFile_s, Close> file_;
};

struct IdxArray {
  std::vector<std::uint64_t> shape;
  const ElementType* type = nullptr;
  std::vector<std::uint8_t> elements;  // of the file; bytes after to_bytes
};

std::string shape_text(const std::vector<std::uint64_t>& shape) {
  return fmt::format("[{}]", fmt::join(shape, ", "));
}

// An array of `least` to `most` dimensions.
IdxArray read_idx(const fs::path& path, int least, int most, const char* what) {
  IdxFile file(path);
  std::uint8_t magic[4];
  const std::size_t got = file.read(magic, 4);
  if (got < 4) throw Error(fmt::format("{}: {} bytes, too short for an IDX file", file.path(), got));
  IdxArray array;
  array.type = type_of(magic);
  if (!array.type)
    throw Error(fmt::format("{}: begins with {:02x} {:02x} {:02x} {:02x}; {} begin with 00 00 08 {:02x}", file.path(),
                            magic[0], magic[1], magic[2], magic[3], what, least));
  const int dimensions = magic[3];
  if (dimensions < least || dimensions > most)
    throw Error(fmt::format("{}: an IDX array of {} dimension{}; {} have {}", file.path(), dimensions,
                            dimensions == 1 ? "" : "s", what, least));
  std::vector<std::uint8_t> header(4 * dimensions);
  if (file.read(header.data(), header.size()) < header.size())
    throw Error(fmt::format("{}: truncated inside the IDX header", file.path()));
  std::uint64_t size = static_cast<std::uint64_t>(array.type->bytes);
  const std::uint64_t limit = file.capacity();
  bool fits = true;
  for (int i = 0; i < dimensions; ++i) {
    const std::uint8_t* b = &header[4 * i];
    array.shape.push_back(std::uint64_t{b[0]} << 24 | b[1] << 16 | b[2] << 8 | b[3]);
    fits = fits && (array.shape[i] == 0 || size <= limit / array.shape[i]);
    if (fits) size *= array.shape[i];
  }
  for (int i = 0; i < dimensions; ++i)
    if (array.shape[i] == 0 || array.shape[i] > (i == 0 ? 0x7fffffffu : 4096u))
      throw Error(fmt::format("{}: the header says {}; 1 to 2^31-1 items of 1 to 4096 pixels a side are accepted",
                              file.path(), shape_text(array.shape)));
  if (!fits)
    throw Error(fmt::format("{}: truncated: the header promises {} {}, the file can hold at most {} bytes",
                            file.path(), fmt::join(array.shape, "×"), array.type->name, limit));
  // Grown as the bytes arrive, so that a header that lies within the bound above still cannot take memory for
  // nothing.
  constexpr std::uint64_t kPiece = 1 << 24;
  while (array.elements.size() < size) {
    const std::size_t before = array.elements.size(), wanted = std::min<std::uint64_t>(kPiece, size - before);
    array.elements.resize(before + wanted);
    const std::size_t read = file.read(&array.elements[before], wanted);
    if (read < wanted)
      throw Error(fmt::format("{}: truncated: {} bytes of data, the header {} promises {}", file.path(),
                              before + read, shape_text(array.shape), size));
  }
  std::uint8_t extra;
  if (file.read(&extra, 1) > 0)
    throw Error(fmt::format("{}: more data than the {} bytes that the header {} promises", file.path(), size,
                            shape_text(array.shape)));
  return array;
}

double element(const IdxArray& array, std::size_t i) {
  const std::uint8_t* p = &array.elements[i * static_cast<std::size_t>(array.type->bytes)];
  std::uint64_t bits = 0;
  for (int k = 0; k < array.type->bytes; ++k) bits = bits << 8 | p[k];
  switch (array.type->code) {
    case 0x09: return static_cast<std::int8_t>(bits);
    case 0x0b: return static_cast<std::int16_t>(bits);
    case 0x0c: return static_cast<std::int32_t>(bits);
    case 0x0d: return std::bit_cast<float>(static_cast<std::uint32_t>(bits));
    case 0x0e: return std::bit_cast<double>(bits);
    default: return static_cast<double>(bits);
  }
}

// Every step-th element as a byte: whole numbers of 0 to 255 as they are; floats, where all are 0 to 1, of that range
// and else of 0 to 255. Throws Error for values outside.
std::vector<std::uint8_t> to_bytes(const fs::path& path, IdxArray array, std::size_t step, bool labels) {
  if (array.type->code == 0x08 && step == 1) return std::move(array.elements);
  const std::size_t count = array.elements.size() / static_cast<std::size_t>(array.type->bytes) / step;
  double least = 0, most = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const double v = element(array, i * step);
    if (std::isnan(v) || (labels && v != std::round(v)))
      throw Error(fmt::format("{}: {} number {} is {}; whole numbers of 0 to 255 are accepted", path.string(),
                              labels ? "label" : "value", i + 1, v));
    least = std::min(least, v), most = std::max(most, v);
  }
  if (least < 0 || most > 255)
    throw Error(fmt::format("{}: {} of {} to {}; 0 to 255 are accepted{}", path.string(), array.type->name, least,
                            most, labels ? " as labels" : ", and floats of 0 to 1"));
  const double scale = array.type->code >= 0x0d && !labels && most <= 1 ? 255 : 1;
  std::vector<std::uint8_t> bytes(count);
  for (std::size_t i = 0; i < count; ++i)
    bytes[i] = static_cast<std::uint8_t>(std::lround(element(array, i * step) * scale));
  return bytes;
}

// Whether a file begins as IDX images do, of whatever numbers.
bool has_magic(const fs::path& path) {
  std::error_code error;
  if (!fs::is_regular_file(path, error)) return false;
  try {
    std::uint8_t magic[4];
    IdxFile file(path);
    return file.read(magic, 4) == 4 && type_of(magic) && magic[3] == 3;
  } catch (const Error&) {
    return false;
  }
}

// What twins have in common, plain and gzipped, with '-' and '.' before idx: "train-images-idx3".
std::string stem_of(const fs::path& path) {
  std::string name = path.filename().string();
  if (name.ends_with(".gz")) name.resize(name.size() - 3);
  if (const auto at = name.rfind("idx"); at != std::string::npos && at > 0) {
    if (name[at - 1] == '.') name[at - 1] = '-';
    if (at + 4 < name.size()) name.resize(at + 4);
  }
  return name;
}

bool is_named_idx(const fs::path& path) {
  const std::string stem = stem_of(path);
  const auto at = stem.rfind("-idx");
  return at != std::string::npos && at + 5 == stem.size();
}

// The files of a folder, and those of folders that are named like an IDX file, as some unpackers make them. Plain
// ones before gzipped ones, and those of the folder itself before others.
std::vector<fs::path> files_of(const fs::path& folder) {
  std::vector<fs::path> files;
  const auto look_into = [&](const fs::path& where, bool deeper, const auto& self) -> void {
    std::error_code error, ignored;
    std::vector<fs::path> here, folders;
    fs::directory_iterator at(where, fs::directory_options::skip_permission_denied, error), end;
    for (; !error && at != end; at.increment(error)) {
      if (at->path().filename().string().starts_with('.')) continue;
      if (at->is_regular_file(ignored))
        here.push_back(at->path());
      else if (deeper && is_named_idx(at->path()) && at->is_directory(ignored))
        folders.push_back(at->path());
    }
    const auto gzipped = [](const fs::path& path) { return path.extension() == ".gz"; };
    std::sort(here.begin(), here.end(),
              [&](const fs::path& a, const fs::path& b) { return gzipped(a) != gzipped(b) ? gzipped(b) : a < b; });
    std::sort(folders.begin(), folders.end());
    files.insert(files.end(), here.begin(), here.end());
    for (const fs::path& inner : folders) self(inner, false, self);
  };
  look_into(folder, true, look_into);
  return files;
}

// Where the files of images lie: the folder, its "raw", the "raw" of a folder in it (MNIST/raw), or a folder in it.
std::vector<fs::path> places_in(const fs::path& folder) {
  const auto has_images = [](const fs::path& where) {
    const auto files = files_of(where);
    return std::any_of(files.begin(), files.end(),
                       [](const fs::path& file) { return is_named_idx(file) && has_magic(file); });
  };
  std::vector<fs::path> places;
  if (has_images(folder)) return {folder};
  if (has_images(folder / "raw")) return {folder / "raw"};
  std::error_code error, ignored;
  fs::directory_iterator at(folder, fs::directory_options::skip_permission_denied, error), end;
  for (; !error && at != end; at.increment(error)) {
    if (at->path().filename().string().starts_with('.') || !at->is_directory(ignored)) continue;
    if (has_images(at->path() / "raw"))
      places.push_back(at->path() / "raw");
    else if (has_images(at->path()))
      places.push_back(at->path());
  }
  std::sort(places.begin(), places.end());
  return places;
}

// "train-images-idx3-ubyte.gz" → "train-labels-idx1-ubyte", or "-idx2-int" whose first column is the class, among
// twins of any name; empty when absent.
fs::path labels_beside(const fs::path& images) {
  std::string one = stem_of(images);
  const auto replace = [&](const char* from, const char* to) {
    if (const auto at = one.rfind(from); at != std::string::npos) one.replace(at, std::string(from).size(), to);
  };
  replace("images", "labels");
  replace("idx3", "idx1");
  std::string columns = one;
  if (columns.ends_with("idx1")) columns.back() = '2';
  // In a folder of the file's own name its labels lie beside that folder.
  const fs::path parent = images.parent_path();
  const bool nested = is_named_idx(parent) && stem_of(parent) == stem_of(images);
  for (const fs::path& file : files_of(nested ? parent.parent_path() : parent))
    if (const std::string stem = stem_of(file); (stem == one || stem == columns) && stem != stem_of(images))
      return file;
  return {};
}

ImageSet read_pair(const fs::path& images) {
  IdxArray pixels = read_idx(images, 3, 3, "IDX images");
  ImageSet set;
  set.count = static_cast<int>(pixels.shape[0]);
  set.height = static_cast<int>(pixels.shape[1]);
  set.width = static_cast<int>(pixels.shape[2]);
  set.pixels = to_bytes(images, std::move(pixels), 1, false);
  if (const fs::path path = labels_beside(images); !path.empty()) {
    IdxArray labels = read_idx(path, 1, 2, "IDX labels");
    if (labels.shape[0] != static_cast<std::uint64_t>(set.count))
      throw Error(fmt::format("{}: {} labels for the {} images of {}; as many are expected", path.string(),
                              labels.shape[0], set.count, images.filename().string()));
    const std::size_t columns = labels.shape.size() == 2 ? labels.shape[1] : 1;
    set.labels = to_bytes(path, std::move(labels), columns, true);
  }
  return set;
}

bool is_test_name(const fs::path& path) {
  const std::string name = path.filename().string();
  return name.find("t10k") != std::string::npos || name.find("test") != std::string::npos;
}

// Whether two plain files hold the same bytes.
bool same_content(const fs::path& a, const fs::path& b) {
  std::error_code error;
  if (fs::file_size(a, error) != fs::file_size(b, error) || error) return false;
  IdxFile left(a), right(b);
  std::vector<std::uint8_t> one(1 << 16), two(1 << 16);
  for (std::size_t got; (got = left.read(one.data(), one.size())) > 0;)
    if (right.read(two.data(), two.size()) != got || !std::equal(one.begin(), one.begin() + got, two.begin()))
      return false;
  return true;
}

// The image files of a folder, by content; one of twins, the plain one.
std::vector<fs::path> image_files(const fs::path& folder) {
  std::map<std::string, fs::path> found;
  for (const fs::path& file : files_of(folder)) {
    // By content, but a damaged file that is plainly meant must be complained of rather than overlooked.
    const auto is_called = [&](const char* what) { return file.filename().string().find(what) != std::string::npos; };
    if (is_called("labels") || (!(is_named_idx(file) && is_called("images")) && !has_magic(file))) continue;
    const auto [twin, fresh] = found.emplace(stem_of(file), file);
    if (!fresh && file.extension() != ".gz" && twin->second.extension() != ".gz" && !same_content(file, twin->second))
      throw Error(fmt::format("{} and {} are of one name and differ; say which by its path", twin->second.string(),
                              file.string()));
  }
  std::vector<fs::path> files;
  for (auto& [name, path] : found) files.push_back(path);
  return files;
}

bool recognises(const fs::path& path) {
  std::error_code error;
  if (!fs::is_directory(path, error)) return has_magic(path);
  const auto files = files_of(path);
  return std::any_of(files.begin(), files.end(), has_magic) || !places_in(path).empty();
}

Dataset load(const fs::path& path, const DatasetOptions& options, DataKind) {
  std::error_code error;
  std::vector<fs::path> files;
  if (fs::is_directory(path, error)) {
    fs::path folder = path;
    files = image_files(folder);
    if (const auto places = places_in(folder); files.empty() && !places.empty()) {
      if (places.size() > 1)
        throw Error(fmt::format("{}: holds IDX images in {} folders ({}, {} …); say which", path.string(),
                                places.size(), places[0].lexically_relative(path).string(),
                                places[1].lexically_relative(path).string()));
      files = image_files(folder = places[0]);
    }
    if (files.empty())
      throw Error(
          fmt::format("{}: no IDX images there; train-images-idx3-ubyte and t10k-images-idx3-ubyte, plain or .gz, or "
                      "one such file are accepted",
                      path.string()));
    if (files.size() > 2 || (files.size() == 2 && is_test_name(files[0]) == is_test_name(files[1])))
      throw Error(
          fmt::format("{}: {} IDX image files ({}, {} …); a training and a test file or a single one are accepted",
                      path.string(), files.size(), files[0].filename().string(), files[1].filename().string()));
    if (files.size() == 2 && is_test_name(files[0])) std::swap(files[0], files[1]);
  } else {
    files = {path};
  }
  Dataset dataset;
  dataset.train = read_pair(files[0]);
  std::string origin = files[0].filename().string();
  if (files.size() == 2) {
    dataset.test = read_pair(files[1]);
    if (dataset.test.height != dataset.train.height || dataset.test.width != dataset.train.width)
      throw Error(fmt::format("{}: images of {}×{}, those of {} are {}×{}; one size is expected", files[1].string(),
                              dataset.test.height, dataset.test.width, origin, dataset.train.height,
                              dataset.train.width));
    if (dataset.train.labels.empty() != dataset.test.labels.empty()) {
      dataset.train.labels.clear();
      dataset.test.labels.clear();
    }
    origin += " and " + files[1].filename().string();
  } else {
    std::vector<std::string> keys(dataset.train.count);
    for (std::size_t i = 0; i < keys.size(); ++i) keys[i] = std::to_string(i);
    split_by_hash(dataset.train, keys, options.seed, dataset.train, dataset.test);
    origin += ", a tenth held out";
  }
  for (const ImageSet* set : {&dataset.train, &dataset.test})
    for (const std::uint8_t label : set->labels) dataset.classes = std::max(dataset.classes, label + 1);
  const bool mnist = dataset.train.count == 60000 && dataset.test.count == 10000 && dataset.train.height == 28 &&
                     dataset.train.width == 28;
  dataset.title = mnist ? "MNIST or its like (IDX)" : "Images (IDX)";
  dataset.description =
      fmt::format("{} training and {} held-out images of {}×{} grey pixels, {} (IDX: {}).", dataset.train.count,
                  dataset.test.count, dataset.train.height, dataset.train.width,
                  dataset.classes ? fmt::format("{} classes", dataset.classes) : "no labels", origin);
  return dataset;
}

}  // namespace

const DataFormat& idx_data_format() {
  static const DataFormat format = {
      "idx", "a folder of IDX files as MNIST comes in, or one file of images; plain or gzipped", false, &recognises,
      &load};
  return format;
}

}  // namespace unveil
