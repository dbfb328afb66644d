#include <cctype>

#include "app/exhibit/exhibit.h"
#include "tests/app/script.h"

using namespace unveil;
using namespace unveil::test;

// 1024×768, and 1280×720 at 1.4 as on a projector: nothing of a view lies outside the window.
TEST_CASE("every tab of every exhibit is whole in small windows and at a projector's size", "[window]") {
  std::string script = "wait-for run.build >= 1 within 120\n";
  for (const auto& entry : registered_exhibits()) {
    const auto exhibit = entry.make();
    script += "key ctrl+k\nwait-for palette.shown == true\ntype \"" + exhibit->title() +
              "\"\nwait-for palette.first == \"" + exhibit->title() +
              "\"\nkey enter\nwait-for shell.exhibit == " + std::string(entry.name) +
              "\nwait-for run.build >= 1 within 120\nwait-for run.ready == true within 120\n";
    for (std::string tab : exhibit->tabs()) {
      const std::string name = tab;
      for (char& c : tab) c = c == ' ' ? '_' : static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
      script +=
          "click tab." + tab + "\nwait-for stage.tab == \"" + name + "\"\nwait 0.3\nexpect stage.cut == false\n";
    }
  }
  script += "quit\n";
  const TemporaryFolder folder;
  for (const std::string size : {"--size 1024x768 --scale 1", "--size 1280x720 --scale 1.4"}) {
    INFO(size);
    run_script(folder, "--exhibit vae " + size, script);
  }
}
