// coppice pack
#include <fmt/format.h>

#include "command.hpp"
#include "failure.hpp"
#include "json_value.hpp"
#include "pack_files.hpp"
#include "size_text.hpp"

namespace coppice::cli {

namespace {

struct pack_command_arguments {
  std::string name;
  std::string file;
  std::string version;
  std::vector<std::string> bases;
  bool for_others = false;
  pack_options options;
  pack_limits limits;
};

int run_pack(session& shared, const pack_command_arguments& arguments) {
  const store opened = open_to_read(arguments.name);
  const auto version = opened.snapshot();
  pack_options options = arguments.options;
  if (arguments.for_others) options.seed = pack_seed::fresh;
  const std::string name =
      arguments.version.empty() ? fmt::format("{}@{}", opened.name(), version.version()) : arguments.version;
  progress_bar bar(bytes_of_files(arguments.bases));
  pack_files bases(arguments.bases, arguments.limits, bar);
  watched_sink sink(arguments.file, bar);
  std::uint64_t nodes = 0;
  const auto write = [&](pack_writer&& writer) {
    writer.add(name, version);
    writer.finish();
    nodes = writer.nodes();
  };
  if (bases.size() == 0) {
    write(pack_writer(sink, options));
  } else {
    write(pack_writer(sink, bases[bases.size() - 1], options));
  }
  bar.clear();
  if (shared.json) {
    shared.out.line(json_line({{"packed", name},
                               {"file", arguments.file},
                               {"entries", version.size()},
                               {"nodes", nodes},
                               {"bytes", sink.bytes()}}));
  } else {
    shared.out.line(fmt::format("packed {}: {} entries, {} nodes, {} in {}", name, grouped(version.size()),
                                grouped(nodes), size_text(sink.bytes()), arguments.file));
  }
  return exit_ok;
}

}  // namespace

void add_pack_command(CLI::App& parser, session& shared) {
  CLI::App& command = declare(
      parser, shared, "pack",
      {.summary = "Write a store to a file",
       .details = "The newest version, as a pack; writers go on meanwhile. With --base only what the last of those "
                  "packs lacks, which is then\nneeded to read it. A pack has the hash seed of the store; whoever "
                  "knows that can choose keys that collide, so give\nothers packs made with --for-others.",
       .examples = "  coppice pack packages monday.pack --zstd\n"
                   "  coppice pack packages tuesday.pack --base monday.pack\n"
                   "  coppice pack packages wednesday.pack --base monday.pack --base tuesday.pack"});
  auto arguments = std::make_shared<pack_command_arguments>();
  add_name(command, arguments->name);
  command.add_option("FILE", arguments->file, "The file; one that is there is replaced when the pack is whole")
      ->required();
  command.add_option("--as", arguments->version, "Name of the version in the pack (default NAME@VERSION)")
      ->type_name("NAME");
  command.add_option("--base", arguments->bases, "Write only what this pack lacks; with its own bases before it")
      ->type_name("FILE");
  command.add_flag("--for-others", arguments->for_others, "Under a seed of the pack's own");
  add_compression(command, arguments->options);
  add_limits(command, arguments->limits);
  set_action(command, shared, [&shared, arguments] { return run_pack(shared, *arguments); });
}

}  // namespace coppice::cli
