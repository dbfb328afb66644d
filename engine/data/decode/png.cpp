// PNG by libpng: checksums and the end of the file are checked, eXIf's orientation is applied.
#include <png.h>

#include <csetjmp>
#include <cstring>

#include "engine/data/decode/decoder.h"

namespace unveil::decode {
namespace {

constexpr std::string_view kMagic = "\x89PNG\r\n\x1a\n";

// All that a decoding holds: libpng leaves by longjmp, which must not pass over anything with a destructor.
struct Job {
  explicit Job(Bytes bytes) : file(bytes) {}
  Job(const Job&) = delete;
  Job& operator=(const Job&) = delete;
  ~Job() { png_destroy_read_struct(&png, &info, &rest); }

  Bytes file;
  std::size_t at = 0;
  bool ended = false;  // the file, before the picture did
  char reason[160] = "";
  std::jmp_buf jump;
  png_structp png = nullptr;
  png_infop info = nullptr, rest = nullptr;
  Picture picture;
  std::vector<png_bytep> rows;
};

void read(png_structp png, png_bytep out, std::size_t size) {
  Job& job = *static_cast<Job*>(png_get_io_ptr(png));
  if (size > job.file.size() - job.at) {
    job.ended = true;
    png_error(png, "truncated");
  }
  std::memcpy(out, job.file.data() + job.at, size);
  job.at += size;
}

[[noreturn]] void fail(png_structp png, png_const_charp message) {
  Job& job = *static_cast<Job*>(png_get_error_ptr(png));
  std::strncpy(job.reason, message, sizeof(job.reason) - 1);
  std::longjmp(job.jump, 1);
}

void ignore(png_structp, png_const_charp) {}

void read_header(Job& job) {
  png_set_read_fn(job.png, &job, read);
  png_set_crc_action(job.png, PNG_CRC_ERROR_QUIT, PNG_CRC_ERROR_QUIT);
  png_set_user_limits(job.png, 0x7fffffff, 0x7fffffff);  // check_size says it in words
  png_read_info(job.png, job.info);
  // 8 bits a channel; of 16 the upper ones.
  png_set_expand(job.png);
  png_set_strip_16(job.png);
  png_set_interlace_handling(job.png);
  png_read_update_info(job.png, job.info);
}

void read_rows(Job& job) {
  png_read_image(job.png, job.rows.data());
  png_read_end(job.png, job.rest);
}

void run(Job& job, void (*step)(Job&)) {
  if (setjmp(job.jump) == 0) return step(job);
  if (job.ended) refuse_truncated("PNG", job.file);
  refuse("PNG", job.reason);
}

int orientation(const Job& job) {
  png_bytep exif = nullptr;
  png_uint_32 size = 0;
  if (!png_get_eXIf_1(job.png, job.info, &size, &exif) && !png_get_eXIf_1(job.png, job.rest, &size, &exif)) return 1;
  return exif_orientation({reinterpret_cast<const std::byte*>(exif), size});
}

Picture decode(Bytes file) {
  Job job(file);
  job.png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &job, fail, ignore);
  job.info = job.png ? png_create_info_struct(job.png) : nullptr;
  job.rest = job.png ? png_create_info_struct(job.png) : nullptr;
  if (!job.info || !job.rest) throw Error("the PNG cannot be read: out of memory");
  run(job, read_header);
  const std::uint32_t width = png_get_image_width(job.png, job.info),
                      height = png_get_image_height(job.png, job.info);
  check_size("PNG", width, height, file);
  job.picture = {static_cast<int>(width), static_cast<int>(height), png_get_channels(job.png, job.info), {}};
  const std::size_t stride = png_get_rowbytes(job.png, job.info);
  if (stride != std::size_t{width} * static_cast<std::size_t>(job.picture.channels))
    refuse("PNG", "its rows are not of 8 bits a channel");
  job.picture.pixels.resize(stride * height);
  job.rows.resize(height);
  for (std::size_t y = 0; y < height; ++y) job.rows[y] = &job.picture.pixels[y * stride];
  run(job, read_rows);
  return upright(std::move(job.picture), orientation(job));
}

}  // namespace

const PictureDecoder& png_decoder() {
  static const PictureDecoder decoder = {"PNG", [](Bytes head) { return starts_with(head, kMagic); }, &decode};
  return decoder;
}

}  // namespace unveil::decode
