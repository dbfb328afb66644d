#pragma once
#include <array>
#include <cstdint>
#include <initializer_list>
#include <string>

namespace unveil {

// Extents of a tensor, outermost first; rank 0 to 4. Images are [N, H, W, C], convolution weights [taps, in, out].
class Shape {
 public:
  Shape() = default;
  Shape(std::initializer_list<std::int64_t> extents) {
    for (const auto extent : extents) extents_[static_cast<std::size_t>(rank_++)] = extent;
  }
  int rank() const { return rank_; }
  std::int64_t operator[](int axis) const {
    return extents_[static_cast<std::size_t>(axis < 0 ? rank_ + axis : axis)];
  }
  void set(int axis, std::int64_t extent) {
    extents_[static_cast<std::size_t>(axis < 0 ? rank_ + axis : axis)] = extent;
  }
  std::int64_t cols() const { return rank_ == 0 ? 1 : (*this)[-1]; }
  std::int64_t rows() const {  // product of all axes but the last
    std::int64_t product = 1;
    for (int axis = 0; axis + 1 < rank_; ++axis) product *= (*this)[axis];
    return product;
  }
  std::int64_t elements() const { return rows() * cols(); }
  bool operator==(const Shape&) const = default;
  std::string text() const;  // "[16, 28, 28, 8]"

 private:
  std::array<std::int64_t, 4> extents_{};
  int rank_ = 0;
};

}  // namespace unveil
