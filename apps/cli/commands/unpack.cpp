// coppice unpack
#include <fmt/format.h>

#include "command.hpp"
#include "failure.hpp"
#include "json_value.hpp"
#include "pack_files.hpp"

namespace coppice::cli {

namespace {

struct unpack_arguments {
  pack_arguments pack;
  std::string name;
  std::string version;
  bool replace = false;
  store_options options;
};

int run_unpack(session& shared, const unpack_arguments& arguments) {
  const std::vector<std::string> paths = arguments.pack.all();
  progress_bar bar(bytes_of_files(paths));
  pack_files packs(paths, arguments.pack.limits, bar);
  pack_reader& pack = packs[packs.size() - 1];
  const std::size_t index = find_version(pack, arguments.pack.file, arguments.version);
  std::uint64_t entries = 0;
  if (arguments.replace) {
    store into = open_to_write(arguments.name);
    into.restore(pack, index);
    entries = into.size();
  } else {
    entries = store::create_from(pack, index, arguments.name, arguments.options).size();
  }
  bar.clear();
  const std::string version = version_text(pack.versions()[index], index);
  if (shared.json) {
    shared.out.line(json_line({{"unpacked", version}, {"name", arguments.name}, {"entries", entries}}));
  } else {
    shared.out.line(fmt::format("unpacked {} into {}: {} entries", version, arguments.name, grouped(entries)));
  }
  return exit_ok;
}

}  // namespace

void add_unpack(CLI::App& parser, session& shared) {
  CLI::App& command = declare(
      parser, shared, "unpack",
      {.summary = "Make a store of a pack",
       .details = "A version of a pack becomes a new store, or with --replace the content of one that is there, "
                  "at once for all who read it.\nMaps of C++ programs can be unpacked too, if their keys and "
                  "values are numbers, text, bytes or booleans.",
       .examples = "  coppice unpack monday.pack restored\n"
                   "  coppice unpack tuesday.pack packages --base monday.pack --replace\n"
                   "  coppice unpack all.pack old --version packages@17"});
  auto arguments = std::make_shared<unpack_arguments>();
  add_pack(command, arguments->pack);
  add_name(command, arguments->name);
  command.add_option("--version", arguments->version, "Which version, by name or by place (default: the last)")
      ->type_name("NAME");
  command.add_flag("--replace", arguments->replace, "Into a store that is there, in the place of all its entries");
  add_limit(command, arguments->options.limit_bytes);
  add_mode(command, arguments->options.file_mode);
  set_action(command, shared, [&shared, arguments] { return run_unpack(shared, *arguments); });
}

}  // namespace coppice::cli
