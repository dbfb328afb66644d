// JPEG by libjpeg-turbo: baseline, progressive, grey, colour, CMYK; EXIF's orientation is applied.
#include <cstdio>  // jpeglib.h needs it

#include <jpeglib.h>

#include <jerror.h>

#include <csetjmp>

#include "engine/data/decode/decoder.h"

namespace unveil::decode {
namespace {

// A progressive picture may refine itself endlessly; real ones have some ten scans.
constexpr int kMostScans = 100;

// All that a decoding holds: libjpeg leaves by longjmp, which must not pass over anything with a destructor.
struct Job {
  explicit Job(Bytes bytes) : file(bytes) {}
  Job(const Job&) = delete;
  Job& operator=(const Job&) = delete;
  ~Job() { jpeg_destroy_decompress(&jpeg); }

  Bytes file;
  bool ended = false;  // the file, before the picture did
  char reason[JMSG_LENGTH_MAX] = "";
  std::jmp_buf jump;
  jpeg_error_mgr errors = {};
  jpeg_progress_mgr progress = {};
  jpeg_decompress_struct jpeg = {};
  std::size_t stride = 0;
  std::vector<std::uint8_t> pixels;
};

[[noreturn]] void fail(j_common_ptr jpeg) {
  Job& job = *static_cast<Job*>(jpeg->client_data);
  jpeg->err->format_message(jpeg, job.reason);
  std::longjmp(job.jump, 1);
}

// libjpeg goes on over damage and paints the rest grey. What leaves every pixel as it was meant may pass.
void warn(j_common_ptr jpeg, int level) {
  if (level >= 0) return;
  switch (jpeg->err->msg_code) {
    case JWRN_ADOBE_XFORM:
    case JWRN_BOGUS_PROGRESSION:
    case JWRN_EXTRANEOUS_DATA:
    case JWRN_JFIF_MAJOR:
    case JWRN_NOT_SEQUENTIAL: return;
    case JWRN_JPEG_EOF: static_cast<Job*>(jpeg->client_data)->ended = true; [[fallthrough]];
    default: fail(jpeg);
  }
}

void limit_scans(j_common_ptr common) {
  if (reinterpret_cast<j_decompress_ptr>(common)->input_scan_number <= kMostScans) return;
  Job& job = *static_cast<Job*>(common->client_data);
  std::snprintf(job.reason, sizeof(job.reason), "more than %d scans", kMostScans);
  std::longjmp(job.jump, 1);
}

void read_header(Job& job) {
  jpeg_create_decompress(&job.jpeg);
  job.jpeg.client_data = &job;
  job.jpeg.progress = &job.progress;
  jpeg_mem_src(&job.jpeg, data_of(job.file), job.file.size());
  jpeg_save_markers(&job.jpeg, JPEG_APP0 + 1, 0xffff);
  jpeg_read_header(&job.jpeg, TRUE);
  switch (job.jpeg.jpeg_color_space) {
    case JCS_GRAYSCALE: job.jpeg.out_color_space = JCS_GRAYSCALE; break;
    case JCS_CMYK:
    case JCS_YCCK: job.jpeg.out_color_space = JCS_CMYK; break;
    default: job.jpeg.out_color_space = JCS_RGB;
  }
  jpeg_calc_output_dimensions(&job.jpeg);
}

void read_rows(Job& job) {
  jpeg_start_decompress(&job.jpeg);
  while (job.jpeg.output_scanline < job.jpeg.output_height) {
    JSAMPROW row = &job.pixels[job.jpeg.output_scanline * job.stride];
    jpeg_read_scanlines(&job.jpeg, &row, 1);
  }
  jpeg_finish_decompress(&job.jpeg);
}

void run(Job& job, void (*step)(Job&)) {
  if (setjmp(job.jump) == 0) return step(job);
  if (job.ended) refuse_truncated("JPEG", job.file);
  refuse("JPEG", job.reason);
}

int orientation(const Job& job) {
  for (jpeg_saved_marker_ptr marker = job.jpeg.marker_list; marker; marker = marker->next) {
    const Bytes content(reinterpret_cast<const std::byte*>(marker->data), marker->data_length);
    if (marker->marker == JPEG_APP0 + 1 && starts_with(content, "Exif")) return exif_orientation(content);
  }
  return 1;
}

// Such files hold Adobe's inverted inks: 255 is none.
std::vector<std::uint8_t> rgb_of_cmyk(const std::vector<std::uint8_t>& cmyk) {
  std::vector<std::uint8_t> rgb;
  rgb.reserve(cmyk.size() / 4 * 3);
  for (std::size_t i = 0; i + 3 < cmyk.size(); i += 4)
    for (std::size_t k = 0; k < 3; ++k)
      rgb.push_back(static_cast<std::uint8_t>((cmyk[i + k] * cmyk[i + 3] + 127) / 255));
  return rgb;
}

Picture decode(Bytes file) {
  Job job(file);
  job.jpeg.err = jpeg_std_error(&job.errors);
  job.jpeg.client_data = &job;
  job.errors.error_exit = fail;
  job.errors.emit_message = warn;
  job.progress.progress_monitor = limit_scans;
  run(job, read_header);
  check_size("JPEG", job.jpeg.output_width, job.jpeg.output_height, file);
  job.stride = std::size_t{job.jpeg.output_width} * static_cast<std::size_t>(job.jpeg.out_color_components);
  job.pixels.resize(job.stride * job.jpeg.output_height);
  const int stands = orientation(job);  // read now: the markers go with the decompression's end
  run(job, read_rows);
  Picture picture{static_cast<int>(job.jpeg.output_width), static_cast<int>(job.jpeg.output_height),
                  job.jpeg.out_color_components, std::move(job.pixels)};
  if (picture.channels == 4) picture.pixels = rgb_of_cmyk(picture.pixels), picture.channels = 3;
  return upright(std::move(picture), stands);
}

}  // namespace

const PictureDecoder& jpeg_decoder() {
  static const PictureDecoder decoder = {"JPEG", [](Bytes head) { return starts_with(head, "\xff\xd8\xff"); },
                                         &decode};
  return decoder;
}

}  // namespace unveil::decode
