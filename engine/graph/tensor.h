#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "engine/gpu/recorder.h"
#include "engine/graph/layout.h"
#include "engine/graph/shape.h"

namespace unveil {

// Elements on the device are 32 bits wide; data sets stay 8 bit and unpadded until an operation converts them.
enum class DType { f32, u32, u8 };

// A handle to a tensor of one Graph.
struct Tensor {
  int id = -1;
  explicit operator bool() const { return id >= 0; }
  bool operator==(const Tensor&) const = default;
};

// A tensor that has its place in device memory: what kernels are given.
struct DeviceTensor {
  std::string name;
  Shape shape;
  DType dtype = DType::f32;
  Layout layout;  // of f32 and u32 tensors; u8 tensors are packed bytes
  Buffer* buffer = nullptr;
  std::uint64_t offset = 0;  // bytes from the start of the buffer

  std::uint64_t address() const { return buffer->address() + offset; }
  std::uint64_t bytes() const {
    return dtype == DType::u8 ? static_cast<std::uint64_t>(shape.elements()) : layout.bytes();
  }
  AddressRange range() const { return {address(), address() + bytes()}; }
};

// A tensor on the host in logical order, in double precision: what the naive references compute with.
struct HostTensor {
  Shape shape;
  std::vector<double> values;

  HostTensor() = default;
  explicit HostTensor(const Shape& s) : shape(s), values(static_cast<std::size_t>(s.elements())) {}
  double& at(std::int64_t row, std::int64_t col) {
    return values[static_cast<std::size_t>(row * shape.cols() + col)];
  }
  double at(std::int64_t row, std::int64_t col) const {
    return values[static_cast<std::size_t>(row * shape.cols() + col)];
  }
};

// Logical elements of a device tensor, pads left out (read) or set to zero (write). write_tensor takes
// shape.elements() values. u32 tensors are carried through bit-exactly by the _u32 variants.
std::vector<float> read_tensor(Device& device, const DeviceTensor& tensor);
void write_tensor(Device& device, const DeviceTensor& tensor, std::span<const float> values);
std::vector<std::uint32_t> read_tensor_u32(Device& device, const DeviceTensor& tensor);
void write_tensor_u32(Device& device, const DeviceTensor& tensor, std::span<const std::uint32_t> values);

}  // namespace unveil
