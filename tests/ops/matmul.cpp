#include "engine/ops/matmul.h"

#include "tests/catch.h"
#include "tests/ops/check.h"

using namespace unveil;
using namespace unveil::test;

namespace {

OperationCheck product(const Shape& a, const Shape& b, const MatmulOptions& options = {}) {
  return {.inputs = {a, b},
          .build = [options](Graph& g, auto& x) { return matmul(g, x[0], x[1], options); },
          .tolerance = 1e-4,
          .gradient_tolerance = 1e-3};
}

}  // namespace

TEST_CASE("matrix products of odd sizes, with their gradients", "[ops]") {
  check_operation("1 x 1 x 1", product({1, 1}, {1, 1}));
  check_operation("5 x 7 x 3", product({5, 7}, {7, 3}));
  check_operation("13 x 300 x 17", product({13, 300}, {300, 17}));
  check_operation("210 x 5 x 40", product({210, 5}, {5, 40}));
  check_operation("9 x 16 x 136", product({9, 16}, {16, 136}));
}

TEST_CASE("either matrix may be given transposed", "[ops]") {
  check_operation("transposed", product({7, 5}, {11, 7}, {.transpose_a = true, .transpose_b = true}));
}

TEST_CASE("bias, residual and activation are part of the product", "[ops]") {
  const auto activation = GENERATE(Activation::relu, Activation::sigmoid, Activation::tanh);
  auto check = product({13, 9}, {9, 11});
  check.inputs.push_back({11});
  check.inputs.push_back({13, 11});
  check.build = [activation](Graph& g, auto& x) {
    return matmul(g, x[0], x[1], {.bias = x[2], .residual = x[3], .activation = activation});
  };
  check_operation("epilogue", check);
}

TEST_CASE("a matrix may be multiplied by itself", "[ops]") {
  auto check = product({12, 12}, {12, 12});
  check.inputs.pop_back();
  check.build = [](Graph& g, auto& x) { return matmul(g, x[0], x[0]); };
  check_operation("square", check);
}

TEST_CASE("the product for GPUs agrees", "[ops]") {
  check_operation("shared memory", product({70, 33}, {33, 67}, {.kernel = HotKernel::shared_memory}));
}

TEST_CASE("matrices that cannot be multiplied are refused", "[ops]") {
  Graph graph;
  REQUIRE_THROWS_WITH(matmul(graph, graph.input("a", {3, 4}), graph.input("b", {5, 4})),
                      Contains("[3, 4]") && Contains("[5, 4]"));
}
