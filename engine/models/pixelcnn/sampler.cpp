#include "engine/models/pixelcnn/sampler.h"

#include <cstring>

#include "engine/data/philox.h"
#include "engine/graph/tiles.h"

namespace unveil::pixelcnn {
namespace {

struct DrawPush {
  std::uint64_t logits, canvas, uniforms, given, probabilities, temperature;
  std::int32_t logits_step, canvas_step;
  TileFields tile;
};

constexpr std::uint32_t kDrawTag = 0x64726177;  // "draw"

}  // namespace

std::vector<float> uniform_numbers(std::uint64_t seed, int pictures, int pixels) {
  std::vector<float> numbers;
  numbers.reserve(static_cast<std::size_t>(pictures) * static_cast<std::size_t>(pixels));
  for (int picture = 0; picture < pictures; ++picture) {
    PhiloxStream stream(seed, static_cast<std::uint32_t>(picture), 0, kDrawTag);
    for (int pixel = 0; pixel < pixels; ++pixel) numbers.push_back(stream.uniform());
  }
  return numbers;
}

Sampler::Sampler(ParameterStore& store, const Architecture& architecture, int pictures, int height, int width,
                 bool averaged)
    : device_(store.device()),
      pictures_(pictures),
      height_(height),
      width_(width),
      conditional_(architecture.classes > 0) {
  images_ = graph_.input("canvas", {pictures, height, width, 1});
  if (conditional_) labels_ = graph_.input("labels", {pictures}, DType::u32);
  logits_ = network(graph_, architecture, averaged ? averages_of(graph_, store) : weights_of(graph_, store), images_,
                    labels_);
  network_ = std::make_unique<PixelProgram>(device_, graph_, images_, std::vector{logits_});
  tables_ = device_.allocate(static_cast<std::uint64_t>(3 * pixels() * pictures_ + 8) * 4, MemoryKind::host,
                             "sampling tables");
  lists_.resize(static_cast<std::size_t>(pixels()));
  set_temperature(1);
  set_given(std::vector<float>(static_cast<std::size_t>(pixels() * pictures_), -1.0f));
}

namespace {
// [pictures][pixels] to [pixels][pictures] and back: the device reads one pixel of all pictures together.
std::vector<float> transposed(const std::vector<float>& values, int rows, int columns) {
  std::vector<float> result(values.size());
  for (int r = 0; r < rows; ++r)
    for (int c = 0; c < columns; ++c)
      result[static_cast<std::size_t>(c * rows + r)] = values[static_cast<std::size_t>(r * columns + c)];
  return result;
}
}  // namespace

void Sampler::write_table(int number, const std::vector<float>& values) {
  const auto table = transposed(values, pictures_, pixels());
  device_.write(tables_, static_cast<std::uint64_t>(number) * table.size() * 4, std::as_bytes(std::span(table)));
}

void Sampler::set_uniforms(const std::vector<float>& uniforms) {
  write_table(0, uniforms);
}
void Sampler::set_given(const std::vector<float>& given) {
  write_table(1, given);
}
void Sampler::set_labels(const std::vector<std::uint32_t>& labels) {
  if (conditional_) network_->whole().write_u32(labels_, labels);
}
void Sampler::set_temperature(float temperature) {
  device_.write(tables_, static_cast<std::uint64_t>(3 * pixels() * pictures_) * 4,
                std::as_bytes(std::span(&temperature, 1)));
}

void Sampler::begin_at(const std::vector<float>& canvas) {
  network_->whole().write(images_, canvas);
  network_->whole().run();
}

void Sampler::begin() {
  const std::vector<float> blank(static_cast<std::size_t>(pixels() * pictures_));
  // Activations are computed before they are read, except the classes' rows, which only the whole program computes.
  if (conditional_)
    begin_at(blank);
  else
    network_->whole().write(images_, blank);
}

const CommandList& Sampler::pixel(int index) {
  auto& list = lists_[static_cast<std::size_t>(index)];
  if (list) return *list;
  const int y = index / width_, x = index % width_;
  Recorder recorder(device_);
  network_->record(recorder, y, x);

  Program& whole = network_->whole();
  RecordContext context(whole, recorder);
  const auto &logits = whole.tensor(logits_), &canvas = whole.tensor(images_);
  const std::uint64_t row = static_cast<std::uint64_t>(pictures_) * 4,
                      table = row * static_cast<std::uint64_t>(pixels());
  const std::uint64_t at = tables_.address() + row * static_cast<std::uint64_t>(index);
  DrawPush push{pixel_address(logits, y, x),
                pixel_address(canvas, y, x),
                at,
                at + table,
                at + 2 * table,
                tables_.address() + 3 * table,
                static_cast<std::int32_t>(logits.layout.image_rows * logits.layout.stride * 4),
                static_cast<std::int32_t>(canvas.layout.image_rows * canvas.layout.stride * 4),
                {}};
  push.tile.count = pictures_;
  const int lanes = device_.info().lanes;
  const Specialisation constants[] = {{92, 1}, {93, lanes}};
  const auto& kernel = device_.kernel("models/pixelcnn/draw", constants, sizeof(push));
  const Accesses touched{
      {logits.range(), {at, at + row}, {at + table, at + table + row}, {push.temperature, push.temperature + 4}},
      {canvas.range(), {at + 2 * table, at + 2 * table + row}}};
  for (int first = 0; first * lanes < pictures_; first += 16) {
    push.tile.first = first;
    const auto groups = static_cast<std::uint32_t>(std::min(16, (pictures_ + lanes - 1) / lanes - first));
    recorder.dispatch(kernel, {groups, 1, 1}, std::as_bytes(std::span(&push, 1)), touched);
  }
  list = std::make_unique<CommandList>(recorder.finish());
  return *list;
}

void Sampler::draw(int first, int last) {
  std::vector<const CommandList*> lists;
  for (int index = first; index < last; ++index) lists.push_back(&pixel(index));
  device_.run(lists);
}

std::vector<float> Sampler::canvas() const {
  return network_->whole().read(images_);
}
std::vector<float> Sampler::incremental_logits() const {
  return network_->whole().read(logits_);
}

std::vector<float> Sampler::probabilities() const {
  std::vector<float> table(static_cast<std::size_t>(pixels() * pictures_));
  device_.read(tables_, static_cast<std::uint64_t>(2 * pixels() * pictures_) * 4,
               std::as_writable_bytes(std::span(table)));
  return transposed(table, pixels(), pictures_);
}

std::vector<float> Sampler::full_logits() {
  network_->whole().run();
  return incremental_logits();
}

}  // namespace unveil::pixelcnn
