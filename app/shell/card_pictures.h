#pragma once
#include <filesystem>
#include <map>
#include <string>

#include "app/widgets/texture.h"
#include "engine/data/picture.h"

namespace unveil {

// What the exhibits looked like when they were left, for the map of the course: kept from one start to the next; at
// first those that the program ships with (assets/cards, made by the same program from the same checkpoints).
class CardPictures {
 public:
  // folder: where they are kept; empty: nowhere.
  explicit CardPictures(std::filesystem::path folder) : folder_(std::move(folder)) {}

  // view: RGBA or RGB. What cannot be written is no error.
  void take(const std::string& exhibit, const Picture& view);
  // Its middle at width × height pixels; null where there is none.
  const Texture* texture(const std::string& exhibit, int width, int height);

 private:
  struct Card {
    Picture source;
    Texture texture;
    bool looked = false, stale = true;
  };
  std::filesystem::path folder_;
  std::map<std::string, Card> cards_;
};

}  // namespace unveil
