#pragma once
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/gpu/device.h"
#include "engine/gpu/recorder.h"
#include "engine/graph/graph.h"

namespace unveil {

struct ProgramOptions {
  std::string name = "program";
  std::vector<Tensor> keep;  // outputs to be read after a run: their memory is not used again
  double segment_ms = 0;     // cut into lists of about this long; 0: one list
};

// Row and element masks: 1 where a row (an element) is logical, 0 in halo, guards and padding. One per layout,
// shared.
class MaskTable {
 public:
  explicit MaskTable(Device& device) : device_(device) {}
  std::uint64_t row_mask(const Layout& layout, const Shape& shape);  // float per row
  std::uint64_t element_mask(const Layout& layout,
                             const Shape& shape);  // float per element, layout.rows x layout.stride

 private:
  struct Mask {
    Layout layout;
    Shape shape;
    bool elements;
    Buffer buffer;
  };
  std::uint64_t find(const Layout& layout, const Shape& shape, bool elements);
  Device& device_;
  std::vector<Mask> masks_;
};

// A graph planned, recorded once and run again and again.
class Program {
 public:
  // Plans the memory of the nodes that `keep` and external tensors depend on, and records them. Throws Error with the
  // numbers when the device has too little memory. Externals must have their places by now; the graph must outlive
  // this.
  Program(Device& device, const Graph& graph, const ProgramOptions& options);
  ~Program();
  Program(const Program&) = delete;  // tensors point into the arenas
  Program& operator=(const Program&) = delete;

  void run(int times = 1);
  std::size_t segments() const { return lists_.size(); }
  void run_segment(std::size_t index);

  // An input, a kept output or an external of the graph.
  const DeviceTensor& tensor(Tensor tensor) const;
  void write(Tensor tensor, std::span<const float> values);
  void write_u32(Tensor tensor, std::span<const std::uint32_t> values);
  std::vector<float> read(Tensor tensor) const;

  // Each node's time on the device, in order: it is recorded and run alone, `repeats` times in turn with the others;
  // medians in milliseconds. Changes what the program changes, so not for a run that matters.
  struct NodeTime {
    std::string operation, result;  // "conv2d", "[16, 28, 28, 8]"
    double ms = 0;
  };
  std::vector<NodeTime> profile(int repeats);
  // What the recorder recorded, for the hazard checker.
  std::vector<RecordedCommand> commands() const;
  // What a run computes in products and convolutions (Op::flop), in 10⁹ operations.
  double gflop() const { return gflop_; }
  std::uint64_t arena_bytes() const { return arena_.size(); }
  const std::vector<CommandList>& lists() const { return lists_; }
  // Fills the arena (activations and scratch, inputs excepted) with NaN: what an operation must ignore may hold
  // anything.
  void poison();

 private:
  friend class RecordContext;
  struct Step {
    int node;
    AddressRange scratch;
  };
  void record_step(const Step& step, Recorder& recorder);
  const Graph& graph_;
  Device& device_;
  std::string name_;
  std::unique_ptr<MaskTable> masks_;
  Buffer arena_, inputs_;
  std::map<int, DeviceTensor> tensors_;  // by tensor id
  std::vector<Step> steps_;
  double gflop_ = 0;
  std::vector<CommandList> lists_;
  std::vector<Buffer> tables_;  // constant tables that operations asked for
};

// What an operation records with.
class RecordContext {
 public:
  RecordContext(Program& program, Recorder& recorder) : program_(program), recorder_(recorder) {}
  Device& device() { return program_.device_; }
  Recorder& recorder() { return recorder_; }
  const DeviceTensor& operator[](Tensor tensor) const { return program_.tensor(tensor); }
  // Memory of this node alone, as large as scratch_bytes() said.
  AddressRange scratch() const { return scratch_; }
  void set_scratch(AddressRange range) { scratch_ = range; }
  std::uint64_t row_mask(const DeviceTensor& tensor) {
    return program_.masks_->row_mask(tensor.layout, tensor.shape);
  }
  std::uint64_t element_mask(const DeviceTensor& tensor) {
    return program_.masks_->element_mask(tensor.layout, tensor.shape);
  }
  // A constant table that lives as long as the program; returns its address.
  std::uint64_t table(std::span<const std::byte> bytes);

 private:
  Program& program_;
  Recorder& recorder_;
  AddressRange scratch_;
};

}  // namespace unveil
