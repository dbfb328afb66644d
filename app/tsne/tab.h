#pragma once
#include <memory>

#include "app/exhibit/run_tab.h"
#include "engine/models/model.h"

namespace unveil {

// Whether a model has anything that t-SNE could lay out: codes of its own, or data that are pictures.
bool offers_tsne(const ModelDeclaration& model);

// t-SNE of a model's codes, or of the pixels, forming and following while the model trains.
std::unique_ptr<RunTab> make_tsne_tab(const ModelDeclaration& model);

}  // namespace unveil
