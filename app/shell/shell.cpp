#include "app/shell/shell.h"

#include <GLFW/glfw3.h>
#include <fmt/format.h>

#include <fstream>
#include <memory>
#include <optional>
#include <sstream>
#include <utility>

#include "app/interruption.h"
#include "app/shell/card_pictures.h"
#include "app/shell/course_map.h"
#include "app/shell/driver/driver.h"
#include "app/shell/frame_clock.h"
#include "app/shell/gallery.h"
#include "app/shell/inspector.h"
#include "app/shell/keys_overlay.h"
#include "app/shell/leave_question.h"
#include "app/shell/open_dialog.h"
#include "app/shell/palette.h"
#include "app/shell/panel.h"
#include "app/shell/rail.h"
#include "app/shell/settings.h"
#include "app/shell/shortcuts.h"
#include "app/shell/stage.h"
#include "app/shell/status_bar.h"
#include "app/shell/timeline.h"
#include "app/shell/transport_bar.h"
#include "app/shell/window.h"
#include "engine/data/picture.h"
#include "engine/error.h"
#include "engine/gpu/findings.h"
#include "engine/train/device_host.h"

namespace unveil {
namespace {

constexpr int kSettlingFrames = 3;  // after input ImGui needs a few frames to come to rest
// Seconds between looks at a trainer that did not wake us.
constexpr double kPlayingPoll = 0.016;
constexpr double kIdlePoll = 0.1;
constexpr float kZoomStep = 0.1f;
constexpr float kPresenting = 1.25f;  // times as large in presentation
constexpr double kWorthKeeping = 4;   // seconds in front, for the picture of its card

// How large things are drawn: as large as is wanted, but no larger than the smallest layout that is of use has room
// for.
struct Zoom {
  float user = 1, fixed = 0, applied = 0;
  bool presentation = false;  // the panels' room goes to type and pictures
  float wanted(const Window& window) const {
    return (fixed > 0 ? fixed : window.content_scale()) * user * (presentation ? kPresenting : 1);
  }
  float fitting(const Window& window) const { return std::min(wanted(window), largest_scale(window.size())); }
};

// The parts of the window and what each remembers.
struct Parts {
  TransportState transport;
  InspectorState inspector;
  TimelineState timeline;
  OpenDialog open;
  RecentPaths recent;
  RailState rail;
  CourseMapState course;
  CardPictures cards{findings_file("cards")};
  Palette palette;
  bool keys = false, presentation = false, dark = true;
  std::filesystem::path settings_file;
  WindowSettings settings;     // as remembered: what the command line asks for is not
  float dragged = 0;           // the inspector's width while its edge is being dragged, design units
  bool remembers_zoom = true;  // not where the command line fixed the scale
};

// What is read back from the frame before it is presented.
struct Captures {
  std::optional<std::filesystem::path> screenshot;
  std::optional<ExportOffer> view;
  // An exhibit that is left in this frame, and where its view is.
  struct Left {
    std::string exhibit;
    Rect view;
  };
  std::optional<Left> left;
};

void parse_size(const std::string& text, int& width, int& height) {
  char end = 0;
  if (std::sscanf(text.c_str(), "%dx%d%c", &width, &height, &end) != 2 || width < 320 || height < 240 ||
      width > 16384 || height > 16384) {
    throw UsageError("--size '" + text + "': WIDTHxHEIGHT in pixels is accepted, such as 1440x900");
  }
}

void apply_scale(Ui& ui, Window& window, Zoom& zoom) {
  const float wanted = zoom.fitting(window);
  if (wanted == zoom.applied) return;
  zoom.applied = ui.scale = wanted;
  ui.fonts = load_fonts(wanted);
  window.upload_fonts();
  apply_style(ui.theme, wanted);
}

void set_theme(Ui& ui, Parts& parts, bool dark) {
  parts.dark = dark;
  ui.theme = dark ? dark_theme() : light_theme();
  apply_style(ui.theme, ui.scale);
}

void save_checkpoint(ShellContext& context, Gallery& gallery) {
  RunView* run = gallery.run();
  if (!run || !run->status().ready) return;
  const std::string stem = fmt::format("{}-step-{}", gallery.current()->name, run->status().step);
  const std::string extensions[] = {".safetensors"};
  auto path = fresh_path(std::filesystem::current_path(), stem, extensions);
  path += extensions[0];
  try {
    run->save(path);
  } catch (const Error& error) {
    context.notices.error(error.what());
  }
}

// Writes the view's picture, and what else its owner offers, side by side.
void write_export(ShellContext& context, const Window& window, const ExportOffer& offer) {
  std::vector<std::string> extensions{".png"};
  for (const auto& file : offer.files) extensions.push_back(file.extension);
  try {
    const auto stem = fresh_path(std::filesystem::current_path(), offer.name, extensions);
    const float pixels = ImGui::GetIO().DisplayFramebufferScale.x;
    int width = static_cast<int>((offer.max.x - offer.min.x) * pixels),
        height = static_cast<int>((offer.max.y - offer.min.y) * pixels);
    auto rgba = window.read_pixels(static_cast<int>(offer.min.x * pixels), static_cast<int>(offer.min.y * pixels),
                                   width, height);
    save_png(stem.string() + ".png", {width, height, 4, std::move(rgba)});
    std::string also;
    for (const auto& file : offer.files) {
      file.write(stem.string() + file.extension);
      also += ", " + stem.filename().string() + file.extension;
    }
    context.notices.info("Exported " + stem.string() + ".png" + also);
  } catch (const Error& error) {
    context.notices.error(error.what());
  }
}

void take_captures(ShellContext& context, const Window& window, Captures& captures, CardPictures& cards) {
  if (captures.screenshot) {
    const ImVec2 size = window.size();
    const float pixels = ImGui::GetIO().DisplayFramebufferScale.x;
    int width = static_cast<int>(size.x * pixels), height = static_cast<int>(size.y * pixels);
    auto rgba = window.read_pixels(0, 0, width, height);
    try {
      save_png(*captures.screenshot, {width, height, 4, std::move(rgba)});
    } catch (const Error& error) {
      context.notices.error(error.what());
    }
    captures.screenshot.reset();
  }
  if (captures.left) {
    const float pixels = ImGui::GetIO().DisplayFramebufferScale.x;
    const Rect& view = captures.left->view;
    int width = static_cast<int>(view.width() * pixels), height = static_cast<int>(view.height() * pixels);
    auto rgba = window.read_pixels(static_cast<int>(view.min.x * pixels), static_cast<int>(view.min.y * pixels),
                                   width, height);
    cards.take(captures.left->exhibit, {width, height, 4, std::move(rgba)});
    captures.left.reset();
  }
  if (captures.view) {
    write_export(context, window, *captures.view);
    captures.view.reset();
  }
}

void open_path(const std::string& path, ShellContext& context, Gallery& gallery, RecentPaths& recent) {
  recent.add(path);
  gallery.open(path, context);
  context.ui.animate(0.2);
}

void visit(int index, ShellContext& context, Gallery& gallery) {
  try {
    gallery.visit(index, context);
  } catch (const Error& error) {
    context.notices.error(error.what());
  }
}

bool update(ShellContext& context, Gallery& gallery) {
  try {
    return gallery.exhibit()->update(context);
  } catch (const Error& error) {
    context.notices.error(error.what());
    return true;
  }
}

void change_zoom(ShellContext& context, const Window& window, Zoom& zoom, int steps) {
  const float before = zoom.user, most = largest_scale(window.size());
  zoom.user = std::clamp(std::round((zoom.user + kZoomStep * static_cast<float>(steps)) * 10) / 10, 0.6f, 2.5f);
  // Nothing is kept that would not be seen.
  if (steps > 0 && zoom.wanted(window) > most + 1e-3f && zoom.fitting(window) == zoom.applied) {
    zoom.user = before;
    context.notices.info("Everything is as large as fits this window.");
  }
}

// One frame's worth of window: every part into its place.
void draw_parts(ShellContext& context, Gallery& gallery, Parts& parts, Window& window, const FrameClock& clock,
                Captures& captures, Zoom& zoom) {
  Ui& ui = context.ui;
  const bool unfolded = ImGui::IsPopupOpen(nullptr, ImGuiPopupFlags_AnyPopup);
  const bool covered = parts.keys || parts.open.shown() || parts.palette.shown() || gallery.leaving() ||
                       parts.transport.seed_shown || unfolded;
  KeyRequests keys = poll_shortcuts(covered);
  const int front = gallery.current_index();
  const bool home = gallery.at_home();
  // A glance leaves no picture: most exhibits need a few seconds before there is something to see.
  const bool worth_keeping =
      gallery.run() && gallery.run()->status().ready && !covered && ui.now > gallery.current()->since + kWorthKeeping;
  context.presentation = parts.presentation;
  const bool folded = parts.settings.folded.value_or(ImGui::GetIO().DisplaySize.y < kLowWindow * ui.scale);
  const WindowLayout layout = compute_layout(
      ImGui::GetIO().DisplaySize, ui.scale,
      {parts.presentation, home, folded, parts.dragged > 0 ? parts.dragged : parts.settings.inspector});
  WindowSettings chosen = parts.settings;

  draw_separators(ui, layout);
  // Remembered when the hand lets go.
  const float edge = drag_inspector_edge(ui, layout);
  if (edge > 0) parts.dragged = std::clamp(edge / ui.scale, kLeastInspector, kMostInspector), ui.animate(0.1);
  if (edge < 0) chosen.inspector = parts.dragged = 0, ui.animate(0.1);
  if (parts.dragged > 0 && !ImGui::IsMouseDown(0)) chosen.inspector = std::exchange(parts.dragged, 0.0f);
  draw_transport_bar(context, gallery.run(), layout.transport, parts.transport);
  const RailResult rail = draw_rail(context, gallery, layout.rail, parts.rail);
  Rect view;
  int visited = rail.visit;
  bool open_asked = false, fold = false;
  if (home) {
    const int chosen = draw_course_map(context, gallery, parts.cards, layout.stage, parts.course, covered);
    if (chosen >= 0) visited = chosen;
  } else {
    view = draw_stage(context, gallery, layout.stage);
    open_asked = draw_inspector(context, gallery, layout.inspector, parts.inspector);
    fold = draw_timeline(context, gallery.run(), layout.timeline, parts.timeline, folded);
  }
  draw_status_bar(context, gallery.run(), layout.status, clock.frames_per_second(ui.now));
  parts.palette.draw(context, keys);

  ask_run(gallery.run(), keys);
  if (!home && (fold || keys.fold)) chosen.folded = !folded, ui.animate(0.1);
  if (keys.find && (!covered || parts.palette.shown())) parts.palette.show(gallery, parts.inspector), ui.animate(0.1);
  if (visited >= 0) visit(visited, context, gallery);
  if (rail.home || keys.home) {
    if (home)
      visit(gallery.current_index(), context, gallery);
    else
      gallery.go_home(), parts.course.selected = -1;
    ui.animate(0.2);
  }
  if (!home && worth_keeping && (gallery.current_index() != front || gallery.at_home()))
    captures.left = {gallery.rooms()[static_cast<std::size_t>(front)].name, view};
  // What is to be shown in the panels brings them back.
  if (keys.panels && parts.presentation) keys.presentation = true;
  if (keys.presentation) zoom.presentation = parts.presentation = !parts.presentation, ui.animate(0.1);
  // One dialog at a time.
  if (parts.palette.shown() && (keys.keys || keys.open || gallery.leaving())) parts.palette.hide();
  if (rail.keys || keys.keys) parts.keys = !parts.keys, ui.animate(0.1);
  if (rail.open || open_asked || keys.open) parts.open.show(), ui.animate(0.1);
  if (keys.save) save_checkpoint(context, gallery);
  if (keys.full_screen) window.toggle_full_screen();
  if (rail.theme || keys.theme) set_theme(ui, parts, !parts.dark), chosen.dark = parts.dark, ui.animate(0.1);
  if (keys.zoom != 0) change_zoom(context, window, zoom, keys.zoom);
  if (keys.reset_zoom) zoom.user = 1;
  if ((keys.zoom != 0 || keys.reset_zoom) && parts.remembers_zoom) chosen.zoom = zoom.user;
  if (chosen != parts.settings) write_settings(parts.settings_file, parts.settings = chosen);
  if (keys.export_view) {
    if (const ExportOffer* offer = context.exports.under(ImGui::GetIO().MousePos))
      captures.view = *offer;
    else
      context.notices.info("Nothing to export under the mouse: point at a picture or a plot first.");
  }
  if (parts.keys && !draw_keys_overlay(context)) parts.keys = false, ui.animate(0.1);
  // They ask the disk, so only while they are shown.
  const auto suggestions =
      gallery.exhibit() && parts.open.shown() ? gallery.exhibit()->suggestions() : std::vector<OpenSuggestion>{};
  if (const auto path = parts.open.draw(context, suggestions, parts.recent))
    open_path(*path, context, gallery, parts.recent);
  draw_leave_question(context, gallery);
  context.notices.draw(ui, layout.stage.min, layout.stage.max);

  ui.marks.state("shell.presentation", parts.presentation);
  ui.marks.state("shell.theme", parts.dark ? "dark" : "light");
  ui.marks.state("shell.scale", ui.scale);
  ui.marks.state("shell.zoom", std::round(10.0 * zoom.user) / 10);
  ui.marks.state("shell.fits", ui.scale <= largest_scale(window.size()));
  ui.marks.state("stage.width_share", layout.stage.width() / ImGui::GetIO().DisplaySize.x);
  ui.marks.state("stage.height_share", layout.stage.height() / ImGui::GetIO().DisplaySize.y);
  ui.marks.state("shell.folded", folded);
  ui.marks.state("inspector.width", std::round(layout.inspector.width() / ui.scale));
  ui.marks.state("shell.width", ImGui::GetIO().DisplaySize.x);
  ui.marks.state("shell.still", ui.animate_until <= ui.now);
  ui.marks.state("shell.keys", parts.keys);
  ui.marks.state("shell.home", gallery.at_home());
  // What a script waits for is of the exhibit in front: nothing of the one before.
  if (gallery.at_home() || gallery.current_index() != front) {
    for (const char* none : {"run.ready", "run.playing", "transport.playing"}) ui.marks.state(none, false);
    for (const char* none : {"run.build", "run.step"}) ui.marks.state(none, 0);
  }
  ui.marks.state("shell.exhibit", gallery.current() ? gallery.current()->name : "");
}

std::vector<ScriptCommand> read_script(const std::string& path) {
  std::ifstream in(path);
  if (!in) throw UsageError("--script " + path + ": cannot be read");
  std::ostringstream text;
  text << in.rdbuf();
  return parse_script(text.str());
}

}  // namespace

int run_window(const WindowOptions& options, const std::vector<ExhibitEntry>& exhibits,
               const std::function<void()>& context_ready) {
  int width = 0, height = 0;
  parse_size(options.size, width, height);
  auto commands = options.script.empty() ? std::vector<ScriptCommand>{} : read_script(options.script);
  const Interruption interruption;  // the session's end is noted, and acted upon between frames
  Window window(width, height, "Unveil");
  if (context_ready) context_ready();

  Ui ui;
  Notices notices;
  ExportOffers exports;
  ShellContext context{ui, notices, exports, std::make_shared<DeviceHost>(), false, [] { Window::wake(); }};
  Zoom zoom;
  zoom.fixed = static_cast<float>(options.scale);
  Parts parts;
  parts.settings_file = settings_file();
  parts.remembers_zoom = options.scale == 0;
  parts.settings = read_settings(parts.settings_file);
  if (parts.remembers_zoom) zoom.user = parts.settings.zoom;
  set_theme(ui, parts, options.theme.empty() ? parts.settings.dark : options.theme != "light");
  FrameClock clock;
  Captures captures;
  Gallery gallery(exhibits, options.exhibit);

  std::optional<Driver> driver;
  if (!options.script.empty()) {
    ui.marks.enabled = true;
    driver.emplace(std::move(commands), ui.marks,
                   DriverHost{[&](const std::string& path) { open_path(path, context, gallery, parts.recent); },
                              [&](int w, int h) { window.resize(w, h); },
                              [&](const std::filesystem::path& path) { captures.screenshot = path; },
                              [&] { return clock.take(glfwGetTime()); }, [&] { window.close(); }});
  }
  gallery.visit(gallery.current_index(), context, options.data, options.load);

  int settling = kSettlingFrames;
  std::uint64_t seen = window.input_serial();
  double drawn = -1, polled_second = 0;
  while (!window.should_close()) {
    double now = glfwGetTime();
    const bool moving = settling > 0 || now < ui.animate_until;
    const bool playing = gallery.run() && gallery.run()->status().playing;
    double timeout = moving ? std::max(0.0, clock.next_due() - now) : playing ? kPlayingPoll : kIdlePoll;
    timeout = std::min(timeout, std::max(0.0, ui.look_at - now));
    ui.look_at = 1e300;
    if (driver) timeout = std::min(timeout, driver->patience(now));
    window.wait(timeout);
    if (Interruption::asked()) {
      for (auto& room : gallery.rooms()) room.exhibit->keep();
      return exit_status_of(Interruption::signal());
    }
    now = ui.now = glfwGetTime();

    if (window.input_serial() != seen) seen = window.input_serial(), settling = kSettlingFrames;
    for (const auto& path : window.take_drops()) open_path(path, context, gallery, parts.recent);
    bool changed = false;
    if (gallery.run()) changed = update(context, gallery);
    // The last figures (frames per second, a notice leaving) come to rest once a second while something is shown
    // there.
    if (!notices.empty() && now - polled_second > 1) changed = true, polled_second = now;
    const bool scripted = driver && driver->advance(now);
    if (driver && driver->failed()) return 1;
    if (changed) settling = std::max(settling, 1);
    if (ImGui::GetCurrentContext() && drawn >= 0 && ImGui::GetIO().WantTextInput && now - drawn > 0.25)
      settling = std::max(settling, 1);
    if (zoom.fitting(window) != zoom.applied) settling = kSettlingFrames;
    if (!scripted && settling == 0 && now >= ui.animate_until) continue;
    if (now < clock.next_due()) continue;

    apply_scale(ui, window, zoom);
    ui.dt = drawn < 0 ? 0.0f : static_cast<float>(std::min(0.1, now - drawn));
    drawn = now;
    if (settling > 0) --settling;
    ui.marks.begin_frame();
    exports.begin_frame();
    window.begin_frame();
    if (driver) driver->apply_input();
    ImGui::NewFrame();
    draw_parts(context, gallery, parts, window, clock, captures, zoom);
    window.render(ui.theme.stage);
    take_captures(context, window, captures, parts.cards);
    window.present();
    clock.record(now, glfwGetTime());
    if (driver) driver->frame_drawn();
  }
  return driver && !driver->finished() && !driver->failed() ? 1 : 0;
}

}  // namespace unveil
