#include "app/exhibits/default_exhibit.h"

#include <algorithm>

#include "app/pictures/reconstructions_tab.h"
#include "app/tsne/tab.h"
#include "app/weights/tab.h"

namespace unveil {
namespace {

std::vector<std::unique_ptr<RunTab>> tabs_of(const ModelDeclaration& model,
                                             std::vector<std::unique_ptr<RunTab>> tabs) {
  if (!model.reconstructs.empty()) tabs.push_back(make_reconstructions_tab(find_model(model.name)));
  tabs.push_back(make_weights_tab());
  if (offers_tsne(model)) tabs.push_back(make_tsne_tab(model));
  return tabs;
}

}  // namespace

DefaultExhibit::DefaultExhibit(const std::string& model, std::vector<std::unique_ptr<RunTab>> own_tabs)
    : RunExhibit(
          model, [](Run&) -> std::function<void(RunStage&)> { return [](RunStage&) {}; },
          tabs_of(find_model(model).declaration(), std::move(own_tabs))) {}

std::unique_ptr<Exhibit> make_default_exhibit(const std::string& model) {
  return std::make_unique<DefaultExhibit>(model);
}

}  // namespace unveil
