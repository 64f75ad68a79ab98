// Packs on the command line: files with the bases that they are made on, and how far reading and writing them is.
//
// Thread safety: none; one command, one thread.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "coppice/pack.hpp"
#include "progress.hpp"

namespace coppice::cli {

/// A file of a pack, which counts what is read. Ctrl-C ends the reading.
class watched_source final : public pack_source {
 public:
  watched_source(const std::string& path, progress_bar& bar) : file_(path), bar_(bar) {}
  [[nodiscard]] std::uint64_t size_bytes() const noexcept override { return file_.size_bytes(); }
  [[nodiscard]] std::string name() const override { return file_.name(); }
  [[nodiscard]] result<std::span<const std::byte>> read(std::uint64_t offset, std::size_t size,
                                                        std::vector<std::byte>& into) const override;

 private:
  pack_file_source file_;
  progress_bar& bar_;
};

/// A new file of a pack, which counts what is written.
class watched_sink final : public pack_sink {
 public:
  watched_sink(const std::string& path, progress_bar& bar) : file_(path), bar_(bar) {}
  [[nodiscard]] result<void> append(std::span<const std::byte> bytes) override;
  [[nodiscard]] result<void> finish() override { return file_.finish(); }
  [[nodiscard]] std::uint64_t bytes() const noexcept { return bytes_; }

 private:
  pack_file_sink file_;
  progress_bar& bar_;
  std::uint64_t bytes_ = 0;
};

/// Packs that are opened together: each with its base, which must be among them. Errors name the file.
class pack_files {
 public:
  pack_files(const std::vector<std::string>& paths, const pack_limits& limits, progress_bar& bar);
  /// In the order of the paths.
  [[nodiscard]] pack_reader& operator[](std::size_t index) { return *readers_[index]; }
  [[nodiscard]] std::size_t size() const noexcept { return readers_.size(); }

 private:
  std::deque<watched_source> sources_;
  std::deque<pack_reader> opened_;
  std::vector<pack_reader*> readers_;  // by path
};

/// Bytes of several files together, for a progress bar; nothing if one cannot be read.
[[nodiscard]] std::optional<std::uint64_t> bytes_of_files(const std::vector<std::string>& paths);

/// "0123abcd...": a digest as b2sum prints it.
[[nodiscard]] std::string digest_text(const pack_digest& digest);

/// "map", "set", "vector"
[[nodiscard]] const char* kind_text(pack_version::kind kind) noexcept;

/// The name of a version, or its place.
[[nodiscard]] std::string version_text(const pack_version& version, std::size_t index);

/// The place of the version that is meant: by name, by place, or, without either, the last one. Throws command_error.
[[nodiscard]] std::size_t find_version(const pack_reader& pack, const std::string& path, const std::string& wanted);

/// Declares FILE and --base, and how much a reader takes upon itself.
struct pack_arguments {
  std::string file;
  std::vector<std::string> bases;
  pack_limits limits;
  /// The bases, and the file last.
  [[nodiscard]] std::vector<std::string> all() const;
};
void add_pack(CLI::App& command, pack_arguments& arguments);
/// Declares --max-decompressed.
void add_limits(CLI::App& command, pack_limits& limits);
/// Declares --zstd.
void add_compression(CLI::App& command, pack_options& options);

}  // namespace coppice::cli
