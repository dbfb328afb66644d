#include "engine/graph/tensor.h"

#include <fmt/format.h>

#include <cstring>

namespace unveil {
namespace {

template <class T>
std::vector<T> read_as(Device& device, const DeviceTensor& tensor) {
  const auto& layout = tensor.layout;
  std::vector<T> raw(static_cast<std::size_t>(layout.floats()));
  device.read(*tensor.buffer, tensor.offset, std::as_writable_bytes(std::span(raw)));
  std::vector<T> values(static_cast<std::size_t>(tensor.shape.elements()));
  for (std::int64_t r = 0; r < tensor.shape.rows(); ++r)
    std::memcpy(values.data() + r * layout.cols, raw.data() + physical_row(layout, tensor.shape, r) * layout.stride,
                static_cast<std::size_t>(layout.cols) * sizeof(T));
  return values;
}

template <class T>
void write_as(Device& device, const DeviceTensor& tensor, std::span<const T> values) {
  if (static_cast<std::int64_t>(values.size()) != tensor.shape.elements())
    throw std::logic_error(
        fmt::format("tensor {} {} was given {} values", tensor.name, tensor.shape.text(), values.size()));
  const auto& layout = tensor.layout;
  std::vector<T> raw(static_cast<std::size_t>(layout.floats()));
  for (std::int64_t r = 0; r < tensor.shape.rows(); ++r)
    std::memcpy(raw.data() + physical_row(layout, tensor.shape, r) * layout.stride, values.data() + r * layout.cols,
                static_cast<std::size_t>(layout.cols) * sizeof(T));
  device.write(*tensor.buffer, tensor.offset, std::as_bytes(std::span(raw)));
}

}  // namespace

std::vector<float> read_tensor(Device& device, const DeviceTensor& tensor) {
  return read_as<float>(device, tensor);
}
void write_tensor(Device& device, const DeviceTensor& tensor, std::span<const float> values) {
  write_as(device, tensor, values);
}
std::vector<std::uint32_t> read_tensor_u32(Device& device, const DeviceTensor& tensor) {
  return read_as<std::uint32_t>(device, tensor);
}
void write_tensor_u32(Device& device, const DeviceTensor& tensor, std::span<const std::uint32_t> values) {
  write_as(device, tensor, values);
}

}  // namespace unveil
