#pragma once
#include <string>
#include <string_view>

#include "engine/data/npy.h"

namespace unveil {

// What lies between an NPY file and its array; for npy*.cpp alone.

struct NpyTypeRow {
  NpyType type;
  const char* name;
  char kind;  // as in NumPy's descr
  int size;   // bytes; 0: the file says it
};
const NpyTypeRow& npy_type_row(NpyType type);

extern const char* const kNpyAccepted;  // for errors

struct NpyHeader {
  bool fortran_order = false, swapped = false;
};
// The header is a Python dictionary literal with three keys in any order: {'descr': '<f4', 'fortran_order': False,
// 'shape': (3, 4), }. Fills the array's type, size and shape. Throws Error, beginning with `name`.
NpyHeader parse_npy_header(std::string_view text, const std::string& name, NpyArray& array);

}  // namespace unveil
