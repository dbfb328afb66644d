#!/usr/bin/env bash
# Sets up, builds and runs all tests, with the Vulkan validation layer on. The last line is "N passed, N failed".
#   --asan    with AddressSanitizer and UndefinedBehaviorSanitizer (slower)
#   --peers   the comparisons with peers in tests/peers/ instead; they need what tests/peers/README.md says
# Further arguments go to the test program: names or [tags] of tests, as Catch2 takes them.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

preset=release peers=no arguments=()
for argument in "$@"; do
  case $argument in
    --asan) preset=asan ;;
    --peers) peers=yes ;;
    -h | --help) sed -n '2,/^set /{/^#/s/^# \{0,1\}//p}' "${BASH_SOURCE[0]}"; exit 0 ;;
    *) arguments+=("$argument") ;;
  esac
done

"$root/app/install-dependencies.sh" --tests
build=$root/build/$preset
# A build folder made with another compiler would keep neither the preset's options nor say so.
[ "$preset" = release ] || fresh=--fresh
cmake -S "$root" --preset "$preset" ${fresh:-} --log-level=WARNING >/dev/null
targets=(unveil unveil_tests)
[ "$peers" = no ] || targets=(unveil)
cmake --build "$build" --target "${targets[@]}"

if [ "$peers" = yes ]; then
  passed=0 failed=0
  for peer in "$root"/tests/peers/*.py; do
    [ -e "$peer" ] || continue
    echo "== ${peer#"$root/"}"
    if UNVEIL_PROGRAM=$build/unveil /usr/bin/python3 "$peer"; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
  done
  echo "$passed passed, $failed failed"
  [ "$failed" -eq 0 ]
  exit
fi

if [ "$preset" = asan ]; then
  # Leaks of Mesa and LLVM are theirs; whatever else the sanitizers say ends the program. (The slow unwinder of
  # allocations would wait for itself while lavapipe registers what it compiled.)
  export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_leaks=1:malloc_context_size=20}
  export LSAN_OPTIONS=${LSAN_OPTIONS:-suppressions=$root/tests/leaks.supp:print_suppressions=0}
  export UBSAN_OPTIONS=${UBSAN_OPTIONS:-print_stacktrace=1:halt_on_error=1}
fi

passed=0 failed=0
# run_tests DEVICE ARGUMENT…: DEVICE as UNVEIL_TEST_DEVICE has it, empty for the best.
run_tests() {
  local log=$build/tests${1:+-$1}.log status=0 now_passed now_failed
  # A display of its own, whether or not there is one: the window's tests look the same everywhere.
  UNVEIL_TEST_DEVICE=$1 xvfb-run -a -s '-screen 0 1600x1000x24' "$build/tests/unveil_tests" --min-duration 0.5 "${@:2}" 2>&1 |
    tee "$log" || status=$?
  # Catch2 ends with "All tests passed (A assertions in N test cases)" or "test cases: N | P passed | F failed …".
  now_passed=$(sed -nE 's/^All tests passed .* in ([0-9]+) test cases?\)$/\1/p; s/^test cases: .*\| +([0-9]+) passed.*$/\1/p' "$log" | tail -1)
  now_failed=$(sed -nE 's/^test cases: .*\| +([0-9]+) failed.*$/\1/p' "$log" | tail -1)
  if [ "$status" -ne 0 ] && [ "${now_failed:-0}" -eq 0 ]; then
    echo "The test program ended with status $status before or beside its summary."
    now_failed=1
  fi
  # What failed once more, where it is seen.
  grep -A 12 -E ': FAILED:$' "$log" || true
  passed=$((passed + ${now_passed:-0})) failed=$((failed + ${now_failed:-0}))
}

run_tests "" "${arguments[@]}"
# The sanitizers see the program, not the kernels, which the driver compiles: the rest is the same to them.
if [ ${#arguments[@]} -eq 0 ] && [ "$preset" != asan ]; then
  # Once more with the kernels formulated as for a GPU whose subgroups are what they like, and for one that can be told.
  for formulation in gpu-formulation gpu-formulation-subgroups; do
    echo "== $formulation"
    run_tests "$formulation" "[ops],[tsne]~[window]~[commands],[golden]~[window]"
  done
  # By the clang-format of Debian 12; other versions lay out a few things otherwise.
  echo "== clang-format"
  if ! clang-format --version 2>/dev/null | grep -q 'version 14\.'; then
    echo "clang-format 14 is not here: formatting is not checked."
  elif find "$root"/{app,engine,tests} -name '*.h' -print0 -o -name '*.cpp' -print0 | xargs -0 clang-format --dry-run --Werror; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
  fi
fi
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
