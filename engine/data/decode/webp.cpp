// WebP by libwebp, lossy and lossless; of an animation the first frame. EXIF's orientation is applied.
#include <webp/decode.h>
#include <webp/demux.h>

#include <memory>

#include "engine/data/decode/decoder.h"

namespace unveil::decode {
namespace {

Picture decode(Bytes file) {
  // A RIFF file says how long it is.
  if (file.size() < 12 || little_endian(data_of(file) + 4, 4) > file.size() - 8) refuse_truncated("WebP", file);
  const WebPData data = {data_of(file), file.size()};
  const std::unique_ptr<WebPDemuxer, void (*)(WebPDemuxer*)> demuxer(WebPDemux(&data), &WebPDemuxDelete);
  if (!demuxer) refuse("WebP", "its chunks do not fit together");
  const std::uint64_t width = WebPDemuxGetI(demuxer.get(), WEBP_FF_CANVAS_WIDTH);
  const std::uint64_t height = WebPDemuxGetI(demuxer.get(), WEBP_FF_CANVAS_HEIGHT);
  check_size("WebP", width, height, file);

  WebPIterator frame = {};
  const std::unique_ptr<WebPIterator, void (*)(WebPIterator*)> release(&frame, &WebPDemuxReleaseIterator);
  if (!WebPDemuxGetFrame(demuxer.get(), 1, &frame)) refuse("WebP", "no picture in it");
  const auto x = static_cast<std::uint64_t>(frame.x_offset), y = static_cast<std::uint64_t>(frame.y_offset);
  const auto w = static_cast<std::uint64_t>(frame.width), h = static_cast<std::uint64_t>(frame.height);
  if (x + w > width || y + h > height) refuse("WebP", "a frame that leaves its canvas");
  WebPBitstreamFeatures features;
  if (WebPGetFeatures(frame.fragment.bytes, frame.fragment.size, &features) != VP8_STATUS_OK ||
      features.width != frame.width || features.height != frame.height)
    refuse("WebP", "a frame without a sound header");

  // What the frame leaves of its canvas is transparent.
  const bool alpha = features.has_alpha || w < width || h < height;
  Picture picture{static_cast<int>(width), static_cast<int>(height), alpha ? 4 : 3, {}};
  const std::uint64_t stride = width * static_cast<std::uint64_t>(picture.channels);
  picture.pixels.resize(stride * height);
  const std::uint64_t first = y * stride + x * static_cast<std::uint64_t>(picture.channels);
  const auto into = alpha ? &WebPDecodeRGBAInto : &WebPDecodeRGBInto;
  // The last row may end at the frame's right edge.
  if (!into(frame.fragment.bytes, frame.fragment.size, &picture.pixels[first], picture.pixels.size() - first,
            static_cast<int>(stride)))
    refuse("WebP", "its picture is truncated or corrupt");

  int orientation = 1;
  WebPChunkIterator exif = {};
  if (WebPDemuxGetChunk(demuxer.get(), "EXIF", 1, &exif))
    orientation = exif_orientation({reinterpret_cast<const std::byte*>(exif.chunk.bytes), exif.chunk.size});
  WebPDemuxReleaseChunkIterator(&exif);
  return upright(without_needless_colour(std::move(picture)), orientation);
}

bool recognises(Bytes head) {
  return head.size() >= 12 && starts_with(head, "RIFF") && starts_with(head.subspan(8), "WEBP");
}

}  // namespace

const PictureDecoder& webp_decoder() {
  static const PictureDecoder decoder = {"WebP", &recognises, &decode};
  return decoder;
}

}  // namespace unveil::decode
