#pragma once
#include <cstddef>
#include <string>
#include <vector>

#include "engine/data/table.h"

namespace unveil {

// What the user says of a table's columns; what is empty is found out.
struct RoleOptions {
  std::string columns;  // coordinates: names, numbers from 1 or ranges A..B of them, by commas
  std::string label;    // one name or number
};

// Which columns are a point's coordinates, which are what points may be told apart by, and which are neither and why.
struct TableRoles {
  struct LeftOut {
    std::size_t column;
    std::string why;  // "row number", "150 different words"
  };
  std::vector<std::size_t> coordinates, labels;  // the first label is the one that was asked for
  std::vector<LeftOut> left_out;
};

// Unasked: columns z0, z1, … are coordinates, as `encode` writes them, and so are x and y behind a `row` or `item`,
// as `embed` and the window do; else every column of numbers, but for a first one that counts the rows and one called
// label, class, target, species or the like that has few different values. Labels are those and columns of words with
// few different ones. Throws Error naming the columns there are, UsageError for what the user says amiss, and Error
// with line and column where a column of numbers holds what is none.
TableRoles find_roles(const Table& table, const RoleOptions& options = {});

std::string column_names(const Table& table);  // for errors: the first of them, by commas

// One line: "150 rows; coordinates: sepal_length … petal_width; labels: species (3); left out: the unnamed row
// number". What is unusual of the form is added: "separated by semicolons, decimal commas, no header, UTF-16, 1
// comment line". classes: how many each label has.
std::string roles_text(const Table& table, const TableRoles& roles, const std::vector<std::size_t>& classes);

}  // namespace unveil
