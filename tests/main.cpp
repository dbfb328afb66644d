#define CATCH_CONFIG_MAIN  // Catch2 2 writes its main here; 3 is given one below
#include "tests/catch.h"

#if CATCH_VERSION_MAJOR >= 3
int main(int argc, char** argv) {
  return Catch::Session().run(argc, argv);
}
#endif
