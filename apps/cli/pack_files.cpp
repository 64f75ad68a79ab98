#include "pack_files.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <charconv>

#include "failure.hpp"
#include "signals.hpp"
#include "size_text.hpp"

namespace coppice::cli {

result<std::span<const std::byte>> watched_source::read(std::uint64_t offset, std::size_t size,
                                                        std::vector<std::byte>& into) const {
  throw_if_stopped();
  bar_.add(size);
  return file_.read(offset, size, into);
}

result<void> watched_sink::append(std::span<const std::byte> bytes) {
  throw_if_stopped();
  bytes_ += bytes.size();
  bar_.add(bytes.size());
  return file_.append(bytes);
}

pack_files::pack_files(const std::vector<std::string>& paths, const pack_limits& limits, progress_bar& bar) {
  readers_.resize(paths.size());
  for (const std::string& path : paths) sources_.emplace_back(path, bar);
  // A pack can be opened once its base is, wherever that stands.
  std::vector<std::size_t> left(paths.size());
  for (std::size_t i = 0; i < left.size(); ++i) left[i] = i;
  while (!left.empty()) {
    const std::size_t before = left.size();
    std::erase_if(left, [&](std::size_t i) {
      const std::optional<pack_digest> base = pack_reader(sources_[i], limits).base();
      if (!base) {
        readers_[i] = &opened_.emplace_back(sources_[i], limits);
        return true;
      }
      const auto found =
          std::find_if(opened_.begin(), opened_.end(), [&](pack_reader& each) { return each.digest() == *base; });
      if (found == opened_.end()) return false;
      readers_[i] = &opened_.emplace_back(sources_[i], *found, limits);
      return true;
    });
    if (left.size() != before) continue;
    const std::size_t first = left.front();
    const pack_digest base = pack_reader(sources_[first], limits).base().value_or(pack_digest());
    throw command_error(
        "not_found", fmt::format("{} is made on a pack that is not among those given, of digest {} (`b2sum -l 256`); "
                                 "give it with --base",
                                 in_quotes(paths[first]), digest_text(base)));
  }
}

std::optional<std::uint64_t> bytes_of_files(const std::vector<std::string>& paths) {
  std::uint64_t sum = 0;
  for (const std::string& path : paths) {
    struct stat status = {};
    if (::stat(path.c_str(), &status) != 0) return std::nullopt;
    sum += static_cast<std::uint64_t>(status.st_size);
  }
  return sum;
}

std::string digest_text(const pack_digest& digest) {
  std::string text;
  for (const std::byte each : digest) text += fmt::format("{:02x}", std::to_integer<unsigned>(each));
  return text;
}

const char* kind_text(pack_version::kind kind) noexcept {
  return kind == pack_version::kind::map ? "map" : kind == pack_version::kind::set ? "set" : "vector";
}

std::string version_text(const pack_version& version, std::size_t index) {
  return version.name.empty() ? std::to_string(index) : version.name;
}

std::size_t find_version(const pack_reader& pack, const std::string& path, const std::string& wanted) {
  const auto& versions = pack.versions();
  if (versions.empty()) throw command_error("not_found", fmt::format("there is no version in {}", in_quotes(path)));
  if (wanted.empty()) return versions.size() - 1;
  for (std::size_t i = 0; i < versions.size(); ++i) {
    if (versions[i].name == wanted) return i;
  }
  std::size_t place = 0;
  const auto parsed = std::from_chars(wanted.data(), wanted.data() + wanted.size(), place);
  if (parsed.ec == std::errc() && parsed.ptr == wanted.data() + wanted.size() && place < versions.size()) return place;
  throw command_error("not_found",
                      fmt::format("there is no version {} in {}, which has {}; `coppice inspect` lists them",
                                  in_quotes(wanted), in_quotes(path), versions.size()));
}

std::vector<std::string> pack_arguments::all() const {
  std::vector<std::string> paths = bases;
  paths.push_back(file);
  return paths;
}

void add_limits(CLI::App& command, pack_limits& limits) {
  command
      .add_option_function<std::string>(
          "--max-decompressed",
          [&limits](const std::string& text) {
            const auto parsed = parse_size(text);
            if (!parsed) {
              throw CLI::ValidationError("--max-decompressed", in_quotes(text) + " is no size; try 512MiB or 8GiB");
            }
            limits.max_decompressed_bytes = *parsed;
          },
          "Refuse what decompresses to more (default 4GiB)")
      ->type_name("SIZE");
}

void add_pack(CLI::App& command, pack_arguments& arguments) {
  command.add_option("FILE", arguments.file, "A pack")->required();
  command.add_option("--base", arguments.bases, "A pack that it, or its base, is made on; for each one, in any order")
      ->type_name("FILE");
  add_limits(command, arguments.limits);
}

void add_compression(CLI::App& command, pack_options& options) {
  command
      .add_option_function<int>(
          "--zstd",
          [&options](int level) {
            options.compression = pack_compression::zstd;
            options.level = level;
          },
          "Compress, from 1, fast, to 19, small (3 if not said)")
      ->check(CLI::Range(1, 19))
      ->expected(0, 1)
      ->default_str("3")
      ->type_name("LEVEL");
}

}  // namespace coppice::cli
