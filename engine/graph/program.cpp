#include "engine/graph/program.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <limits>

#include "engine/graph/memory_plan.h"

namespace unveil {
namespace {

// Taps reach before the first and past the last row of a picture tensor; what they read there is discarded by the
// mask, but it must be memory of ours. No tap walks along what has a single row.
std::uint64_t reach_bytes(const Layout& layout) {
  constexpr std::uint64_t kVectorReach = 4096;
  if (layout.rows == 1) return kVectorReach;
  const std::int64_t rows =
      static_cast<std::int64_t>(layout.halo) * layout.line_rows + layout.halo + kRowPad + vector_floats();
  return static_cast<std::uint64_t>(rows * layout.stride) * 4;
}

constexpr std::uint64_t round_up(std::uint64_t bytes, std::uint64_t multiple) {
  return (bytes + multiple - 1) / multiple * multiple;
}

// The nodes whose results are asked for or that change an external tensor.
std::vector<bool> live_nodes(const Graph& graph, const std::vector<Tensor>& keep) {
  std::vector<bool> wanted(graph.tensor_count()), live(graph.nodes().size());
  for (const auto tensor : keep) wanted[static_cast<std::size_t>(tensor.id)] = true;
  for (std::size_t n = graph.nodes().size(); n-- > 0;) {
    const auto& node = graph.nodes()[n];
    for (const auto out : node.outputs)
      live[n] =
          live[n] || wanted[static_cast<std::size_t>(out.id)] || graph.info(out).place == TensorInfo::Place::external;
    if (live[n])
      for (const auto in : node.inputs)
        if (in) wanted[static_cast<std::size_t>(in.id)] = true;
  }
  return live;
}

}  // namespace

std::uint64_t MaskTable::find(const Layout& layout, const Shape& shape, bool elements) {
  for (const auto& mask : masks_)
    if (mask.elements == elements && mask.layout == layout && mask.shape == shape) return mask.buffer.address();
  const std::int64_t width = elements ? layout.stride : 1;
  std::vector<float> values(static_cast<std::size_t>(layout.rows * width + kRowPad + vector_floats()));
  for (std::int64_t r = 0; r < shape.rows(); ++r) {
    const std::int64_t row = physical_row(layout, shape, r);
    std::fill_n(values.begin() + row * width, elements ? layout.cols : 1, 1.0f);
  }
  Buffer buffer = device_.allocate(values.size() * sizeof(float), MemoryKind::device, "a mask");
  device_.write(buffer, 0, std::as_bytes(std::span(values)));
  masks_.push_back({layout, shape, elements, std::move(buffer)});
  return masks_.back().buffer.address();
}

std::uint64_t MaskTable::row_mask(const Layout& layout, const Shape& shape) {
  return find(layout, shape, false);
}
std::uint64_t MaskTable::element_mask(const Layout& layout, const Shape& shape) {
  return find(layout, shape, true);
}

std::uint64_t RecordContext::table(std::span<const std::byte> bytes) {
  program_.tables_.push_back(program_.device_.allocate(bytes.size(), MemoryKind::device, "a table of constants"));
  program_.device_.write(program_.tables_.back(), 0, bytes);
  return program_.tables_.back().address();
}

Program::Program(Device& device, const Graph& graph, const ProgramOptions& options)
    : graph_(graph), device_(device), name_(options.name), masks_(std::make_unique<MaskTable>(device)) {
  const auto& nodes = graph.nodes();
  const int node_count = static_cast<int>(nodes.size());
  const auto live = live_nodes(graph, options.keep);
  const auto layout_of = [&](Tensor tensor) { return graph.layout(tensor); };

  // First and last use of every tensor; an input stays, so does what is kept.
  struct Use {
    int first = std::numeric_limits<int>::max(), last = -1;
  };
  std::vector<Use> uses(graph.tensor_count());
  for (int n = 0; n < node_count; ++n) {
    if (!live[static_cast<std::size_t>(n)]) continue;
    const auto touch = [&](Tensor tensor) {
      if (!tensor) return;
      auto& use = uses[static_cast<std::size_t>(tensor.id)];
      use.first = std::min(use.first, n);
      use.last = n;
    };
    for (const auto tensor : nodes[static_cast<std::size_t>(n)].inputs) touch(tensor);
    for (const auto tensor : nodes[static_cast<std::size_t>(n)].outputs) touch(tensor);
  }
  for (const auto tensor : options.keep) uses[static_cast<std::size_t>(tensor.id)].last = node_count;

  std::vector<Lifetime> blocks;
  std::vector<int> block_of(graph.tensor_count(), -1), scratch_of(nodes.size(), -1);
  std::uint64_t reach = 0, input_bytes = 0;
  std::vector<std::pair<int, std::uint64_t>> input_offsets;
  for (int id = 0; id < static_cast<int>(graph.tensor_count()); ++id) {
    const Tensor tensor{id};
    const auto& info = graph.info(tensor);
    if (info.place == TensorInfo::Place::external) {
      tensors_[id] = *info.external;
      continue;
    }
    const auto& use = uses[static_cast<std::size_t>(id)];
    const bool kept = std::find(options.keep.begin(), options.keep.end(), tensor) != options.keep.end();
    const bool given = info.place == TensorInfo::Place::input && !info.values && !info.words;
    if (use.last < 0 && !kept && !given) continue;
    const Layout layout = graph.layout(tensor);
    reach = std::max(reach, reach_bytes(layout));
    auto& placed = tensors_[id];
    placed.name = info.name;
    placed.shape = info.shape;
    placed.dtype = info.dtype;
    placed.layout = layout;
    if (info.place == TensorInfo::Place::input) {
      input_offsets.emplace_back(id, input_bytes);
      input_bytes += round_up(layout.bytes(), 256) + round_up(reach_bytes(layout), 256);
    } else {
      block_of[static_cast<std::size_t>(id)] = static_cast<int>(blocks.size());
      blocks.push_back({layout.bytes(), use.first, use.last});
    }
  }
  for (int n = 0; n < node_count; ++n) {
    if (!live[static_cast<std::size_t>(n)]) continue;
    const auto& node = nodes[static_cast<std::size_t>(n)];
    const auto bytes = node.op->scratch_bytes(node, layout_of);
    if (bytes == 0) continue;
    scratch_of[static_cast<std::size_t>(n)] = static_cast<int>(blocks.size());
    blocks.push_back({bytes, n, n});
  }

  const MemoryPlan plan = plan_memory(blocks);
  reach = round_up(reach, 256);
  arena_ = device.allocate(plan.bytes + 2 * reach, MemoryKind::device, fmt::format("{}: activations", name_));
  inputs_ = device.allocate(input_bytes + 2 * reach, MemoryKind::device, fmt::format("{}: inputs", name_));
  for (auto& [id, tensor] : tensors_) {
    const int block = block_of[static_cast<std::size_t>(id)];
    if (block < 0) continue;
    tensor.buffer = &arena_;
    tensor.offset = reach + plan.offsets[static_cast<std::size_t>(block)];
  }
  for (const auto& [id, offset] : input_offsets) {
    tensors_[id].buffer = &inputs_;
    tensors_[id].offset = reach + offset;
    const auto& info = graph.info({id});
    if (info.values) write_tensor(device, tensors_[id], *info.values);
    if (info.words) write_tensor_u32(device, tensors_[id], *info.words);
  }

  Recorder recorder(device);
  for (int n = 0; n < node_count; ++n) {
    if (!live[static_cast<std::size_t>(n)]) continue;
    Step step{n, {}};
    if (const int block = scratch_of[static_cast<std::size_t>(n)]; block >= 0) {
      const auto begin = arena_.address() + reach + plan.offsets[static_cast<std::size_t>(block)];
      step.scratch = {begin, begin + blocks[static_cast<std::size_t>(block)].bytes};
    }
    steps_.push_back(step);
    record_step(step, recorder);
    const auto& node = nodes[static_cast<std::size_t>(n)];
    gflop_ += node.op->flop(graph, node) / 1e9;
    if (options.segment_ms > 0 && recorder.estimated_ms() > options.segment_ms) lists_.push_back(recorder.finish());
  }
  if (!recorder.empty() || lists_.empty()) lists_.push_back(recorder.finish());
}

void Program::record_step(const Step& step, Recorder& recorder) {
  RecordContext context(*this, recorder);
  context.set_scratch(step.scratch);
  const auto& node = graph_.nodes()[static_cast<std::size_t>(step.node)];
  node.op->record(context, node);
}

std::vector<Program::NodeTime> Program::profile(int repeats) {
  std::vector<NodeTime> times;
  std::vector<CommandList> alone;
  for (const auto& step : steps_) {
    const auto& node = graph_.nodes()[static_cast<std::size_t>(step.node)];
    Recorder recorder(device_);
    record_step(step, recorder);
    alone.push_back(recorder.finish());
    times.push_back({std::string(node.op->name()), graph_.shape(node.outputs[0]).text(), 0});
  }
  std::vector<std::vector<double>> runs(alone.size());
  for (int repeat = 0; repeat < repeats; ++repeat)
    for (std::size_t i = 0; i < alone.size(); ++i) {
      const auto begin = std::chrono::steady_clock::now();
      device_.run(alone[i]);
      runs[i].push_back(std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count());
    }
  for (std::size_t i = 0; i < alone.size(); ++i) {
    std::sort(runs[i].begin(), runs[i].end());
    times[i].ms = runs[i][runs[i].size() / 2];
  }
  return times;
}

Program::~Program() = default;

void Program::run(int times) {
  std::vector<const CommandList*> lists;
  for (int i = 0; i < times; ++i)
    for (const auto& list : lists_) lists.push_back(&list);
  device_.run(lists);
}

void Program::run_segment(std::size_t index) {
  device_.run(lists_.at(index));
}

const DeviceTensor& Program::tensor(Tensor tensor) const {
  const auto found = tensors_.find(tensor.id);
  if (found == tensors_.end())
    throw std::logic_error(fmt::format("{}: tensor {} is neither an input, nor kept, nor used", name_, tensor.id));
  return found->second;
}

void Program::write(Tensor tensor, std::span<const float> values) {
  write_tensor(device_, this->tensor(tensor), values);
}
void Program::write_u32(Tensor tensor, std::span<const std::uint32_t> values) {
  write_tensor_u32(device_, this->tensor(tensor), values);
}
std::vector<float> Program::read(Tensor tensor) const {
  return read_tensor(device_, this->tensor(tensor));
}

std::vector<RecordedCommand> Program::commands() const {
  std::vector<RecordedCommand> all;
  for (const auto& list : lists_) {
    // Every list begins with a barrier against the one before.
    all.push_back({RecordedCommand::Kind::barrier, "list", {}, {}});
    all.insert(all.end(), list.commands().begin(), list.commands().end());
  }
  return all;
}

void Program::poison() {
  std::vector<float> nan(arena_.size() / 4, std::numeric_limits<float>::quiet_NaN());
  device_.write(arena_, 0, std::as_bytes(std::span(nan)));
}

}  // namespace unveil
