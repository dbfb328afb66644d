#include "engine/graph/pixel_program.h"

namespace unveil {

PixelProgram::PixelProgram(Device& device, const Graph& graph, Tensor pictures, std::vector<Tensor> keep)
    : graph_(graph), width_(static_cast<int>(graph.shape(pictures)[2])) {
  // Does a tensor, at row y, depend on pixels of row y itself? And does it depend on the pictures at all?
  std::vector<bool> same_row(graph.tensor_count()), depends(graph.tensor_count());
  same_row[static_cast<std::size_t>(pictures.id)] = depends[static_cast<std::size_t>(pictures.id)] = true;
  for (int n = 0; n < static_cast<int>(graph.nodes().size()); ++n) {
    const auto& node = graph.nodes()[static_cast<std::size_t>(n)];
    bool row = false, any = false;
    for (const auto in : node.inputs) {
      row = row || (in && same_row[static_cast<std::size_t>(in.id)]);
      any = any || (in && depends[static_cast<std::size_t>(in.id)]);
    }
    row = row && node.op->newest_row() >= 0;
    for (const auto out : node.outputs) {
      same_row[static_cast<std::size_t>(out.id)] = row;
      depends[static_cast<std::size_t>(out.id)] = any;
      keep.push_back(out);
    }
    if (any) (row ? by_pixel_ : by_row_).push_back(n);
  }
  program_ = std::make_unique<Program>(device, graph, ProgramOptions{.name = "incremental sampling", .keep = keep});
}

void PixelProgram::record(Recorder& recorder, int y, int x) {
  RecordContext context(*program_, recorder);
  if (x == 0)
    for (const int n : by_row_)
      for (int column = 0; column < width_; ++column) {
        const auto& node = graph_.nodes()[static_cast<std::size_t>(n)];
        node.op->record_pixel(context, node, y, column);
      }
  for (const int n : by_pixel_) {
    const auto& node = graph_.nodes()[static_cast<std::size_t>(n)];
    node.op->record_pixel(context, node, y, x);
  }
}

}  // namespace unveil
