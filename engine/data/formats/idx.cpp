// IDX, the format of MNIST: two zero bytes, the element type, the number of dimensions, the dimensions as big-endian
// 32-bit integers, the elements in C order. Plain or gzipped.
#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>

#include "engine/data/format.h"
#include "engine/data/split.h"
#include "engine/error.h"

namespace unveil {
namespace {

namespace fs = std::filesystem;

constexpr int kUnsignedByte = 0x08;
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
  std::vector<std::uint8_t> elements;
};

std::string shape_text(const std::vector<std::uint64_t>& shape) {
  return fmt::format("[{}]", fmt::join(shape, ", "));
}

IdxArray read_idx(const fs::path& path, int dimensions, const char* what) {
  IdxFile file(path);
  std::uint8_t magic[4];
  const std::size_t got = file.read(magic, 4);
  if (got < 4) throw Error(fmt::format("{}: {} bytes, too short for an IDX file", file.path(), got));
  if (magic[0] || magic[1] || magic[2] != kUnsignedByte || magic[3] != dimensions)
    throw Error(fmt::format("{}: begins with {:02x} {:02x} {:02x} {:02x}; {} begin with 00 00 08 {:02x}", file.path(),
                            magic[0], magic[1], magic[2], magic[3], what, dimensions));
  std::vector<std::uint8_t> header(4 * dimensions);
  if (file.read(header.data(), header.size()) < header.size())
    throw Error(fmt::format("{}: truncated inside the IDX header", file.path()));
  IdxArray array;
  std::uint64_t size = 1;
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
    throw Error(fmt::format("{}: truncated: the header promises {} bytes, the file can hold at most {}", file.path(),
                            fmt::join(array.shape, "×"), limit));
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

bool has_magic(const fs::path& path, int dimensions) {
  std::error_code error;
  if (!fs::is_regular_file(path, error)) return false;
  try {
    std::uint8_t magic[4];
    IdxFile file(path);
    return file.read(magic, 4) == 4 && magic[0] == 0 && magic[1] == 0 && magic[2] == kUnsignedByte &&
           magic[3] == dimensions;
  } catch (const Error&) {
    return false;
  }
}

// "train-images-idx3-ubyte.gz" → "train-labels-idx1-ubyte" with or without ".gz", '-' or '.' before idx; empty when
// absent.
fs::path labels_beside(const fs::path& images) {
  std::string name = images.filename().string();
  if (name.ends_with(".gz")) name.resize(name.size() - 3);
  const auto replace = [&](const char* from, const char* to) {
    if (const auto at = name.rfind(from); at != std::string::npos) name.replace(at, std::string(from).size(), to);
  };
  replace("images", "labels");
  replace("idx3", "idx1");
  std::string other = name;
  if (const auto at = other.rfind("idx1"); at != std::string::npos && at > 0)
    other[at - 1] = other[at - 1] == '-' ? '.' : '-';
  std::error_code error;
  for (const std::string& candidate : {name, name + ".gz", other, other + ".gz"}) {
    const fs::path path = images.parent_path() / candidate;
    if (path.filename() != images.filename() && fs::is_regular_file(path, error)) return path;
  }
  return {};
}

ImageSet read_pair(const fs::path& images) {
  IdxArray pixels = read_idx(images, 3, "IDX images");
  ImageSet set;
  set.count = static_cast<int>(pixels.shape[0]);
  set.height = static_cast<int>(pixels.shape[1]);
  set.width = static_cast<int>(pixels.shape[2]);
  set.pixels = std::move(pixels.elements);
  if (const fs::path path = labels_beside(images); !path.empty()) {
    IdxArray labels = read_idx(path, 1, "IDX labels");
    if (labels.shape[0] != pixels.shape[0])
      throw Error(fmt::format("{}: {} labels for the {} images of {}; as many are expected", path.string(),
                              labels.shape[0], pixels.shape[0], images.filename().string()));
    set.labels = std::move(labels.elements);
  }
  return set;
}

bool is_test_name(const fs::path& path) {
  const std::string name = path.filename().string();
  return name.find("t10k") != std::string::npos || name.find("test") != std::string::npos;
}

// The image files of a folder, by content; the plain one where both "name" and "name.gz" are there.
std::vector<fs::path> image_files(const fs::path& folder) {
  std::map<std::string, fs::path> found;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, fs::directory_options::skip_permission_denied, error)) {
    std::string name = entry.path().filename().string();
    const bool gzipped = name.ends_with(".gz");
    // By content, but a damaged file that is plainly meant must be complained of rather than overlooked.
    if (name.find("images-idx3") == std::string::npos && name.find("images.idx3") == std::string::npos &&
        !has_magic(entry.path(), 3))
      continue;
    if (gzipped) name.resize(name.size() - 3);
    if (!gzipped || !found.contains(name)) found[name] = entry.path();
  }
  std::vector<fs::path> files;
  for (auto& [name, path] : found) files.push_back(path);
  return files;
}

bool recognises(const fs::path& path) {
  std::error_code error;
  if (!fs::is_directory(path, error)) return has_magic(path, 3);
  for (const auto& entry : fs::directory_iterator(path, fs::directory_options::skip_permission_denied, error))
    if (has_magic(entry.path(), 3)) return true;
  return false;
}

Dataset load(const fs::path& path, const DatasetOptions& options, DataKind) {
  std::error_code error;
  std::vector<fs::path> files;
  if (fs::is_directory(path, error)) {
    files = image_files(path);
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
