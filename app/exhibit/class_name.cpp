#include "app/exhibit/class_name.h"

#include "app/widgets/format.h"
#include "engine/data/dataset.h"

namespace unveil {

std::string class_name(const RunStage& stage, int index) {
  return stage.snapshot->data ? stage.snapshot->data->class_name(index) : std::to_string(index);
}

std::string class_in_words(const RunStage& stage, int index) {
  const auto name = class_name(stage, index);
  return name == std::to_string(index) ? with_article(name) : name;
}

}  // namespace unveil
