#include "engine/graph/graph.h"

#include <fmt/format.h>

#include <algorithm>

namespace unveil {

void Op::backward(Graph&, Gradients&, const Node&) const {
  throw std::logic_error(fmt::format("operation {} has no gradient", name()));
}

void Op::record_pixel(RecordContext&, const Node&, int, int) const {
  throw std::logic_error(fmt::format("operation {} cannot compute single pixels", name()));
}

double Op::flop(const Graph&, const Node&) const {
  return 0;
}

std::uint64_t Op::scratch_bytes(const Node&, const std::function<Layout(Tensor)>&) const {
  return 0;
}

Tensor Graph::add_tensor(TensorInfo info) {
  info.group = static_cast<int>(groups_.size());
  groups_.push_back({info.group});
  tensors_.push_back(std::move(info));
  return {static_cast<int>(tensors_.size()) - 1};
}

Tensor Graph::input(std::string name, const Shape& shape, DType dtype) {
  TensorInfo info;
  info.name = std::move(name);
  info.shape = shape;
  info.dtype = dtype;
  info.place = TensorInfo::Place::input;
  return add_tensor(std::move(info));
}

namespace {
void require_count(const std::string& name, const Shape& shape, std::size_t count) {
  if (static_cast<std::int64_t>(count) != shape.elements())
    throw std::logic_error(fmt::format("constant {}: {} elements for {}", name, count, shape.text()));
}
}  // namespace

Tensor Graph::constant(std::string name, const Shape& shape, std::vector<float> values) {
  require_count(name, shape, values.size());
  const Tensor tensor = input(std::move(name), shape);
  tensors_.back().values = std::make_shared<const std::vector<float>>(std::move(values));
  return tensor;
}

Tensor Graph::constant(std::string name, const Shape& shape, std::vector<std::uint32_t> words) {
  require_count(name, shape, words.size());
  const Tensor tensor = input(std::move(name), shape, DType::u32);
  tensors_.back().words = std::make_shared<const std::vector<std::uint32_t>>(std::move(words));
  return tensor;
}

Tensor Graph::external(const DeviceTensor& tensor) {
  for (std::size_t i = 0; i < tensors_.size(); ++i)
    if (tensors_[i].external == &tensor) return {static_cast<int>(i)};
  TensorInfo info;
  info.name = tensor.name;
  info.shape = tensor.shape;
  info.dtype = tensor.dtype;
  info.place = TensorInfo::Place::external;
  info.external = &tensor;
  return add_tensor(std::move(info));
}

Tensor Graph::activation(const Shape& shape, DType dtype) {
  TensorInfo info;
  info.shape = shape;
  info.dtype = dtype;
  return add_tensor(std::move(info));
}

void Graph::add(std::unique_ptr<Op> op, std::vector<Tensor> inputs, std::vector<Tensor> outputs) {
  const int index = static_cast<int>(nodes_.size());
  for (const auto output : outputs) {
    auto& info = tensors_[static_cast<std::size_t>(output.id)];
    info.producer = index;
    if (info.name.empty()) info.name = fmt::format("{}#{}", op->name(), index);
  }
  nodes_.push_back({std::move(op), std::move(inputs), std::move(outputs)});
}

int Graph::root(int group) const {
  while (groups_[static_cast<std::size_t>(group)].parent != group)
    group = groups_[static_cast<std::size_t>(group)].parent;
  return group;
}

void Graph::join(Tensor a, Tensor b) {
  const int x = root(info(a).group), y = root(info(b).group);
  if (x == y) return;
  auto& keep = groups_[static_cast<std::size_t>(x)];
  auto& gone = groups_[static_cast<std::size_t>(y)];
  keep.halo = std::max(keep.halo, gone.halo);
  gone.parent = x;
}

void Graph::require_halo(Tensor tensor, int halo) {
  auto& group = groups_[static_cast<std::size_t>(root(info(tensor).group))];
  group.halo = std::max(group.halo, halo);
}

Layout Graph::layout(Tensor tensor) const {
  const auto& about = info(tensor);
  const Layout layout = make_layout(about.shape, groups_[static_cast<std::size_t>(root(about.group))].halo);
  if (about.external && about.external->layout != layout && about.dtype != DType::u8)
    throw std::logic_error(
        fmt::format("external tensor {} lacks the halo its users need: copy it first", about.name));
  return layout;
}

bool Graph::place(Tensor tensor, const DeviceTensor& place) {
  auto& about = tensors_[static_cast<std::size_t>(tensor.id)];
  if (about.shape != place.shape)
    throw std::logic_error(fmt::format("tensor {} {} cannot be placed in {} {}", about.name, about.shape.text(),
                                       place.name, place.shape.text()));
  if (about.place != TensorInfo::Place::activation) return false;
  about.place = TensorInfo::Place::external;
  about.external = &place;
  return true;
}

Tensor Gradients::of(Tensor x) const {
  return static_cast<std::size_t>(x.id) < gradients_.size() ? gradients_[static_cast<std::size_t>(x.id)] : Tensor{};
}

Tensor Gradients::take(Tensor x) {
  const Tensor sofar = of(x);
  if (sofar) gradients_[static_cast<std::size_t>(x.id)] = Tensor{};
  return sofar;
}

void Gradients::add(Tensor x, Tensor contribution) {
  if (graph_.shape(x) != graph_.shape(contribution))
    throw std::logic_error(fmt::format("the gradient of {} {} has shape {}", graph_.info(x).name,
                                       graph_.shape(x).text(), graph_.shape(contribution).text()));
  if (static_cast<std::size_t>(x.id) >= gradients_.size()) gradients_.resize(static_cast<std::size_t>(x.id) + 1);
  const Tensor sofar = gradients_[static_cast<std::size_t>(x.id)];
  const Tensor sum = sofar ? sum_(graph_, sofar, contribution) : contribution;
  gradients_[static_cast<std::size_t>(x.id)] = sum;
}

std::vector<Tensor> differentiate(Graph& graph, Tensor output, Tensor seed, std::span<const Tensor> with_respect_to,
                                  AddTensors sum) {
  // Forward sweep: a tensor wants a gradient when it depends on one of those asked for.
  const std::size_t node_count = graph.nodes().size();
  std::vector<bool> wanted(graph.tensor_count());
  for (const auto tensor : with_respect_to) wanted[static_cast<std::size_t>(tensor.id)] = true;
  for (std::size_t n = 0; n < node_count; ++n) {
    const auto& node = graph.nodes()[n];
    bool depends = false;
    for (const auto in : node.inputs) depends = depends || (in && wanted[static_cast<std::size_t>(in.id)]);
    if (depends)
      for (const auto out : node.outputs) wanted[static_cast<std::size_t>(out.id)] = true;
  }
  Gradients gradients(graph, wanted, sum);
  gradients.add(output, seed);
  for (std::size_t n = node_count; n-- > 0;) {
    const Node& node = graph.nodes()[n];
    bool reached = false;
    for (const auto out : node.outputs) reached = reached || (gradients.wanted(out) && gradients.of(out));
    if (reached) node.op->backward(graph, gradients, node);
  }
  std::vector<Tensor> found;
  for (const auto tensor : with_respect_to) found.push_back(gradients.of(tensor));
  return found;
}

std::vector<HostTensor> run_reference(const Graph& graph, const std::vector<std::pair<Tensor, HostTensor>>& given) {
  std::vector<HostTensor> values(graph.tensor_count());
  for (std::size_t id = 0; id < values.size(); ++id) {
    const auto& info = graph.info({static_cast<int>(id)});
    if (!info.values && !info.words) continue;
    values[id] = HostTensor(info.shape);
    if (info.values) std::copy(info.values->begin(), info.values->end(), values[id].values.begin());
    if (info.words) std::copy(info.words->begin(), info.words->end(), values[id].values.begin());
  }
  for (const auto& [tensor, value] : given) values[static_cast<std::size_t>(tensor.id)] = value;
  for (const auto& node : graph.nodes()) {
    std::vector<const HostTensor*> in;
    std::vector<HostTensor*> out;
    for (const auto tensor : node.inputs)
      in.push_back(tensor ? &values[static_cast<std::size_t>(tensor.id)] : nullptr);
    for (const auto tensor : node.outputs) {
      auto& value = values[static_cast<std::size_t>(tensor.id)];
      if (value.values.empty()) value = HostTensor(graph.shape(tensor));
      out.push_back(&value);
    }
    node.op->reference(in, out);
  }
  return values;
}

}  // namespace unveil
