#pragma once
#include <memory>
#include <string>
#include <vector>

#include "app/exhibit/run_exhibit.h"

namespace unveil {

// The exhibit that a model folder alone makes: what the model declares says what there is to see. Tabs of its own
// come first; then reconstructions, weights and t-SNE, where the model has them. lessons/<model>.md explains it, and
// it opens on pretrained/<model>-*.safetensors where there is one.
class DefaultExhibit : public RunExhibit {
 public:
  explicit DefaultExhibit(const std::string& model, std::vector<std::unique_ptr<RunTab>> own_tabs = {});

 protected:
  std::unique_ptr<RunStage> make_stage(Trainer& trainer) override { return std::make_unique<RunStage>(trainer); }
};

std::unique_ptr<Exhibit> make_default_exhibit(const std::string& model);

}  // namespace unveil
