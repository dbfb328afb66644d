#pragma once
#include <string>
#include <vector>

namespace unveil {

// "9" before "10", "cat" before "Dog": runs of digits by their number, letters without their case.
bool natural_less(const std::string& a, const std::string& b);

// What the folders that items lie in say about them.
struct ClassFolders {
  enum Part : signed char { left_out = -1, training, held_out };
  std::vector<Part> parts;           // [items]
  bool split = false;                // by folders "train" and "test"; else all that is not left out is for training
  std::vector<int> labels;           // [items], of those not left out; empty without classes
  std::vector<std::string> classes;  // in natural order, at most 256
  std::string why_none;              // without classes: the reason where one is not plain to see
  std::vector<std::string> passed_over;  // "1 picture beside the class folders (readme.png)"
};

// paths: relative ones with '/', of each item. The class is the first folder below whatever holds all of them, or
// below folders "train" and "test" (also "training", "testing", "val", "valid", "validation", in any case), which are
// a split where both sides are there. A few items beside class folders are left out; many mean that there are no
// classes. `item` and `items`: what they are called, "picture" and "pictures".
ClassFolders class_folders(const std::vector<std::string>& paths, const std::string& item, const std::string& items);

}  // namespace unveil
