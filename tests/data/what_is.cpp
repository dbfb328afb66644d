#include "engine/data/what_is.h"

#include "tests/catch.h"
#include "tests/data/files.h"

namespace unveil {
namespace {

using namespace std::string_literals;

WhatItIs tell(const std::string& bytes) {
  return what_is(std::as_bytes(std::span(bytes)), bytes.size());
}

std::string zip_of(const std::string& first) {
  return "PK\3\4"s + std::string(22, '\0') + static_cast<char>(first.size()) + "\0\0\0"s + first + "content";
}

}  // namespace

TEST_CASE("what a file is, is told from its first bytes", "[data][what_is]") {
  const auto [bytes, kind, said] = GENERATE(table<std::string, FileKind, std::string>({
      {"", FileKind::empty, "an empty file"},
      {"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n", FileKind::pointer,
       "Git LFS pointer"},
      {"/annex/objects/SHA256E-s3--ab.png\n", FileKind::pointer, "git-annex pointer"},
      {"\n <!DOCTYPE HTML>\n<html>", FileKind::document, "HTML page"},
      {"<?xml version=\"1.0\"?>\n<html xmlns=\"x\">", FileKind::document, "HTML page"},
      {"\x89HDF\r\n\x1a\n"s + std::string(20, '\0'), FileKind::other_model, "HDF5"},
      {zip_of("archive/data.pkl"), FileKind::other_model, "PyTorch checkpoint"},
      {zip_of("model/version"), FileKind::other_model, "PyTorch checkpoint"},
      {zip_of("arr_0.npy"), FileKind::array, "NPZ"},
      {zip_of("[Content_Types].xml"), FileKind::document, "Office"},
      {zip_of("photos/a.jpg"), FileKind::archive, "a zip archive"},
      {"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19."s, FileKind::other_model, "PyTorch checkpoint"},
      {"\x80\x04\x95\x10\0\0\0\0\0\0\0}"s, FileKind::other_model, "pickle"},
      {"\x08\x07\x12\x07pytorch\x1a\x05"
       "1.13."s,
       FileKind::other_model, "ONNX"},
      {"\x93NUMPY\1\0v\0{'descr'"s, FileKind::array, "NPY"},
      {"\x89PNG\r\n\x1a\n"s, FileKind::picture, "PNG"},
      {"\xff\xd8\xff\xe0"s, FileKind::picture, "JPEG"},
      {"RIFF\x10\0\0\0WEBPVP8 "s, FileKind::picture, "WebP"},
      {"P2\n2 2\n255\n0 1 2 3\n", FileKind::picture, "Netpbm picture (P2)"},
      {"RIFF\x10\0\0\0WAVEfmt "s, FileKind::sound, "WAV"},
      {"RIFF\x10\0\0\0AVI LIST"s, FileKind::other_media, "AVI"},
      {"OggS\0\2"s + std::string(30, '\0'), FileKind::sound, "Ogg"},
      {"\0\0\0\x20"s + "ftypM4A ", FileKind::other_media, "MP4 recording"},
      {"\0\0\x08\x03\0\0\x27\x10"s, FileKind::idx, "IDX file of 3 dimensions"},
      {"\x1f\x8b\x08\0"s, FileKind::archive, "gzip"},
      {std::string(257, 'a') + "ustar", FileKind::archive, "tar"},
      {"%PDF-1.7", FileKind::document, "PDF"},
      {"\x02\0\0\0\0\0\0\0{}"s, FileKind::safetensors, "safetensors"},
      {"{\"a\": 1}", FileKind::text, "JSON"},
      {"sepal_length,sepal_width\n5.1,3.5\n", FileKind::text, "a text file"},
      {"na\xc3\xafve", FileKind::text, "a text file"},
      {"\xff\xfe"
       "a\0"s,
       FileKind::text, "UTF-16"},
      {"\0\5\x16\7\0\2\0\0Mac OS X"s, FileKind::system, "AppleDouble"},
      {std::string(64, '\0'), FileKind::unknown, "zero bytes"},
      {"\x01\x02\x03\x04\x05"s, FileKind::unknown, "begins with the bytes 01 02 03 04"},
      {"\xff\xfb\x90\x64\0 noise that is no second frame"s, FileKind::unknown, "no known kind"},
  }));
  const auto told = tell(bytes);
  INFO(told.text);
  CHECK(told.kind == kind);
  CHECK(told.text.find(said) != std::string::npos);
}

TEST_CASE("a path that is no file is told too", "[data][what_is]") {
  TestFolder folder;
  CHECK(what_is(folder.path).text == "a folder");
  CHECK(what_is(folder / "none").kind == FileKind::unknown);
  CHECK(what_is("/dev/null").text == "no regular file");
  write_text(folder / "a.png", "GIF89a");
  CHECK(what_is(folder / "a.png").text == "a GIF picture");
}

}  // namespace unveil
