#include "engine/data/picture.h"

#include <gif_lib.h>
#include <stb/stb_image_write.h>

#include <algorithm>
#include <memory>

#include "engine/data/dataset.h"
#include "tests/catch.h"
#include "tests/data/files.h"

namespace unveil {
namespace {

Picture pattern(int width, int height, int channels) {
  Picture picture = {width, height, channels, std::vector<std::uint8_t>(std::size_t(width) * height * channels)};
  for (std::size_t i = 0; i < picture.pixels.size(); ++i)
    picture.pixels[i] = static_cast<std::uint8_t>(i * 29 + (i * i) / 7);
  return picture;
}

std::string load_error(const std::filesystem::path& path) {
  return error_of([&] { load_picture(path); });
}

// The frames of a GIF as RGB, each painted over the one before.
struct Animation {
  std::vector<std::vector<std::uint8_t>> frames;
  std::vector<int> delays_cs;
  bool loops = false;
};

Animation read_gif(const std::filesystem::path& path) {
  int error = 0;
  GifFileType* gif = DGifOpenFileName(path.c_str(), &error);
  REQUIRE(gif);
  REQUIRE(DGifSlurp(gif) == GIF_OK);
  Animation animation;
  std::vector<std::uint8_t> canvas(std::size_t(gif->SWidth) * gif->SHeight * 3);
  for (int f = 0; f < gif->ImageCount; ++f) {
    const SavedImage& image = gif->SavedImages[f];
    const GifImageDesc& at = image.ImageDesc;
    for (int row = 0; row < at.Height; ++row)
      for (int column = 0; column < at.Width; ++column) {
        const GifColorType c = gif->SColorMap->Colors[image.RasterBits[row * at.Width + column]];
        std::uint8_t* out = &canvas[((std::size_t(at.Top) + row) * gif->SWidth + at.Left + column) * 3];
        out[0] = c.Red, out[1] = c.Green, out[2] = c.Blue;
      }
    animation.frames.push_back(canvas);
    GraphicsControlBlock control;
    REQUIRE(DGifSavedExtensionToGCB(gif, f, &control) == GIF_OK);
    animation.delays_cs.push_back(control.DelayTime);
    for (int e = 0; e < image.ExtensionBlockCount; ++e)
      animation.loops |= image.ExtensionBlocks[e].Function == APPLICATION_EXT_FUNC_CODE;
  }
  DGifCloseFile(gif, &error);
  return animation;
}

}  // namespace

TEST_CASE("a PNG comes back as it was saved, with any number of channels", "[data]") {
  const TestFolder folder;
  for (int channels = 1; channels <= 4; ++channels) {
    const Picture picture = pattern(13, 7, channels);
    save_png(folder / "a.png", picture);
    CHECK(is_picture_file(folder / "a.png"));
    const Picture back = load_picture(folder / "a.png");
    CHECK(back.width == 13);
    CHECK(back.height == 7);
    CHECK(back.channels == channels);
    CHECK(back.pixels == picture.pixels);
  }
  CHECK(folder.entries() == 1);
}

TEST_CASE("a truncated or corrupt PNG is refused wherever it is damaged", "[data]") {
  const TestFolder folder;
  save_png(folder / "a.png", pattern(20, 20, 3));
  const std::string sound = read_text(folder / "a.png");
  for (std::size_t size = 0; size < sound.size(); size += 11) {
    write_text(folder / "cut.png", sound.substr(0, size));
    CAPTURE(size);
    CHECK_THAT(load_error(folder / "cut.png"), Contains("cut.png"));
  }
  for (std::size_t at = 0; at < sound.size(); at += 3) {
    std::string bad = sound;
    bad[at] = static_cast<char>(bad[at] ^ 0x40);
    write_text(folder / "bad.png", bad);
    CAPTURE(at);
    CHECK_THAT(load_error(folder / "bad.png"), Contains("bad.png"));
  }
  CHECK_THAT(load_error(folder / "none.png"), Contains("none.png"));
  CHECK_THAT(load_error(folder.path), Contains("not a readable file"));
  write_text(folder / "text.png", "a name is not a format");
  CHECK_THAT(load_error(folder / "text.png"), Contains("not a picture") && Contains("PNG, JPEG"));
  write_text(folder / "huge.pgm", "P5 60000 60000 255\nx");
  CHECK_THAT(load_error(folder / "huge.pgm"), Contains("huge.pgm"));
  write_text(folder / "liar.pgm", "P5 10000 10000 255\nx");
  CHECK_THAT(load_error(folder / "liar.pgm"), Contains("liar.pgm"));
}

TEST_CASE("a truncated JPEG is refused", "[data]") {
  const TestFolder folder;
  const Picture picture = pattern(64, 48, 3);
  REQUIRE(stbi_write_jpg((folder / "a.jpg").c_str(), 64, 48, 3, picture.pixels.data(), 90));
  CHECK(load_picture(folder / "a.jpg").width == 64);
  const std::string sound = read_text(folder / "a.jpg");
  for (std::size_t size = 3; size < sound.size(); size += 97) {
    write_text(folder / "cut.jpg", sound.substr(0, size));
    CAPTURE(size);
    CHECK_THAT(load_error(folder / "cut.jpg"), Contains("cut.jpg"));
  }
}

TEST_CASE("fitting to grey averages areas, crops the middle and uses Rec. 601", "[data]") {
  CHECK(fit_grey({4, 2, 1, {9, 0, 100, 9, 9, 200, 100, 9}}, 1) == std::vector<std::uint8_t>{100});
  CHECK(fit_grey({2, 2, 1, {10, 20, 30, 40}}, 2) == std::vector<std::uint8_t>{10, 20, 30, 40});
  CHECK(fit_grey({3, 3, 1, {0, 0, 0, 90, 90, 90, 180, 180, 180}}, 2) == std::vector<std::uint8_t>{30, 30, 150, 150});
  CHECK(fit_grey({1, 1, 1, {7}}, 2) == std::vector<std::uint8_t>{7, 7, 7, 7});
  CHECK(fit_grey({1, 1, 3, {255, 0, 0}}, 1) == std::vector<std::uint8_t>{76});
  CHECK(fit_grey({1, 1, 3, {0, 255, 0}}, 1) == std::vector<std::uint8_t>{150});
  CHECK(fit_grey({1, 1, 4, {0, 0, 0, 0}}, 1) == std::vector<std::uint8_t>{255});  // transparent: the paper's white
}

TEST_CASE("a grey animation keeps its exact levels, frames and time", "[data]") {
  const TestFolder folder;
  std::vector<Picture> frames;
  for (int f = 0; f < 5; ++f) frames.push_back(f == 3 ? frames[2] : pattern(16, 9, 1));
  for (int f = 0; f < 5; ++f) frames[f].pixels[20 + (f == 3 ? 2 : f)] = 255;
  save_gif(folder / "a.gif", frames, {15, 15, 15, 15, 400});
  const Animation back = read_gif(folder / "a.gif");
  REQUIRE(back.frames.size() == 5);
  CHECK(back.loops);
  for (int f = 0; f < 5; ++f)
    for (std::size_t i = 0; i < frames[f].pixels.size(); ++i) REQUIRE(back.frames[f][3 * i] == frames[f].pixels[i]);
  // 15 ms four times is 60 ms: the rounding to hundredths is carried along.
  CHECK(back.delays_cs[0] + back.delays_cs[1] + back.delays_cs[2] + back.delays_cs[3] == 6);
  CHECK(back.delays_cs[4] == 40);
  CHECK(load_picture(folder / "a.gif").width == 16);
}

TEST_CASE("an animation of more than 256 colours stays close to them", "[data]") {
  const TestFolder folder;
  Picture picture = {64, 64, 3, {}};
  for (int row = 0; row < 64; ++row)
    for (int column = 0; column < 64; ++column)
      for (const int value : {row * 4, column * 4, 255 - row * 2 - column * 2})
        picture.pixels.push_back(static_cast<std::uint8_t>(value));
  save_gif(folder / "a.gif", {picture}, {100}, false);
  const Animation back = read_gif(folder / "a.gif");
  CHECK_FALSE(back.loops);
  double error = 0;
  for (std::size_t i = 0; i < picture.pixels.size(); ++i)
    error += std::abs(int{back.frames[0][i]} - int{picture.pixels[i]});
  CHECK(error / picture.pixels.size() < 6);
}

TEST_CASE("a picture that does not fit on the disk leaves the old file and no other", "[data]") {
  const TestFolder folder;
  save_png(folder / "a.png", pattern(4, 4, 1));
  const std::string old = read_text(folder / "a.png");
  {
    const FileSizeLimit full(2000);
    CHECK_THAT(error_of([&] { save_png(folder / "a.png", pattern(200, 200, 3)); }), Contains("a.png"));
    CHECK_THAT(error_of([&] { save_gif(folder / "a.png", {pattern(200, 200, 3)}, {50}); }), Contains("a.png"));
  }
  CHECK(read_text(folder / "a.png") == old);
  CHECK(folder.entries() == 1);
  CHECK_THAT(error_of([&] { save_png(folder / "no" / "such" / "a.png", pattern(4, 4, 1)); }), Contains("a.png"));
}

TEST_CASE("a folder of pictures is a data set; subfolders are classes; what cannot be read is counted", "[data]") {
  const TestFolder folder;
  for (const char* kind : {"cats", "dogs"}) {
    std::filesystem::create_directory(folder / kind);
    const std::uint8_t grey = kind[0] == 'c' ? 50 : 200;
    for (int i = 0; i < 6; ++i)
      save_png(folder / kind / (std::to_string(i) + ".picture"), {40, 30, 1, std::vector<std::uint8_t>(1200, grey)});
  }
  const std::string sound = read_text(folder / "cats" / "0.picture");
  write_text(folder / "dogs" / "broken.png", sound.substr(0, sound.size() / 2));
  write_text(folder / "dogs" / "notes.txt", "not a picture");
  const Dataset data = load_dataset(folder.path.string(), {.image_size = 8});
  CHECK(data.spec == "images:" + folder.path.string());
  CHECK(data.classes == 2);
  CHECK(data.train.count + data.test.count == 12);
  CHECK(data.test.count >= 1);
  for (const ImageSet* set : {&data.train, &data.test}) {
    CHECK(set->width == 8);
    REQUIRE(set->pixels.size() == std::size_t(set->count) * 64);
    for (int i = 0; i < set->count; ++i) CHECK(int{set->pixels[64 * i + 9]} == (set->labels[i] ? 200 : 50));
  }
  CHECK_THAT(data.description, Contains("1 unusable picture (broken.png: the PNG is truncated") &&
                                   Contains("(notes.txt)") && Contains("every picture is flat"));
  CHECK(data.class_names == std::vector<std::string>{"cats", "dogs"});
  // One beside the class folders is passed over; with many there are no classes. Either is said.
  write_text(folder / "top.png", sound);
  const Dataset one = load_dataset("images:" + folder.path.string());
  CHECK(one.classes == 2);
  CHECK(one.train.count + one.test.count == 12);
  CHECK_THAT(one.description, Contains("1 picture beside the class folders (top.png)"));
  for (int i = 0; i < 3; ++i) write_text(folder / ("top" + std::to_string(i) + ".png"), sound);
  const Dataset many = load_dataset("images:" + folder.path.string());
  CHECK(many.classes == 0);
  CHECK(many.class_names.empty());
  CHECK_THAT(many.description, Contains("no labels (4 of 16 lie in no class folder, as top.png)"));
}

TEST_CASE("a folder is in colour where one picture of it is and the asker takes it", "[data]") {
  const TestFolder folder;
  // One picture whose colour is in its left half alone, and greys stored in every way.
  Picture tinted{4, 4, 3, {}};
  for (int i = 0; i < 16; ++i)
    for (const int v : {i % 4 < 2 ? 250 : 60, 60, i % 4 < 2 ? 10 : 60})
      tinted.pixels.push_back(static_cast<std::uint8_t>(v));
  Picture hidden{4, 4, 4, std::vector<std::uint8_t>(64, 90)};  // a colour that cannot be seen
  hidden.pixels[0] = 255, hidden.pixels[3] = 0;
  CHECK_FALSE(is_grey(tinted));
  CHECK(is_grey(hidden));
  save_png(folder / "a.png", {4, 4, 1, std::vector<std::uint8_t>(16, 90)});
  save_png(folder / "b.png", {4, 4, 3, std::vector<std::uint8_t>(48, 90)});
  save_png(folder / "c.png", hidden);
  const auto load = [&](bool colour) {
    return load_dataset("images:" + folder.path.string(), {.image_size = 2, .colour = colour});
  };
  const Dataset greys = load(true);
  CHECK(greys.train.channels == 1);
  CHECK((greys.suits(true) && greys.suits(false) && load(false).suits(true)));
  CHECK(greys.train.pixels == load(false).train.pixels);
  CHECK(greys.description == load(false).description);

  save_png(folder / "d.png", tinted);
  const Dataset colour = load(true), grey = load(false);
  CHECK(colour.train.count == grey.train.count);
  CHECK((colour.suits(true) && !colour.suits(false) && grey.suits(false) && !grey.suits(true)));
  CHECK_THAT(colour.description, Contains("fitted to 2×2 colour pixels"));
  CHECK_THAT(grey.description, Contains("fitted to 2×2 grey pixels"));
  std::vector<std::uint8_t> in_colour, in_grey;
  for (const auto& [set, all] : {std::pair{&colour.train, &in_colour},
                                 {&colour.test, &in_colour},
                                 {&grey.train, &in_grey},
                                 {&grey.test, &in_grey}})
    all->insert(all->end(), set->pixels.begin(), set->pixels.end());
  CHECK(colour.test.channels == 3);
  REQUIRE(in_colour.size() == 3 * in_grey.size());
  const auto fitted = fit_colour(tinted, 2);
  CHECK(fitted == std::vector<std::uint8_t>{250, 60, 10, 60, 60, 60, 250, 60, 10, 60, 60, 60});
  CHECK(std::search(in_colour.begin(), in_colour.end(), fitted.begin(), fitted.end()) != in_colour.end());
  const auto luma = fit_grey(tinted, 2);
  CHECK(luma == grey_bytes({2, 2, 3, fitted}));
  CHECK(std::search(in_grey.begin(), in_grey.end(), luma.begin(), luma.end()) != in_grey.end());
  CHECK(std::count(in_colour.begin(), in_colour.end(), 90) >= 24);  // the greys before it, in three channels
}

TEST_CASE("a folder without a readable picture is refused", "[data]") {
  const TestFolder folder;
  const auto error = [&] { return error_of([&] { load_dataset("images:" + folder.path.string()); }); };
  CHECK_THAT(error(), Contains("holds no files"));
  write_text(folder / "a.png", "\x89PNG but no more");
  CHECK_THAT(error(), Contains("none of 1 file") && Contains("a.png"));
  CHECK_THAT(error_of([&] { load_dataset("images:" + (folder / "a.png").string()); }), Contains("not a folder"));
}

}  // namespace unveil
