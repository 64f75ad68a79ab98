// coppice compact
#include <fmt/format.h>

#include "command.hpp"
#include "failure.hpp"
#include "json_value.hpp"
#include "pack_files.hpp"
#include "size_text.hpp"

namespace coppice::cli {

namespace {

struct compact_arguments {
  std::vector<std::string> files;
  std::string to;
  pack_options options;
  pack_limits limits;
};

int run_compact(session& shared, const compact_arguments& arguments) {
  progress_bar bar(bytes_of_files(arguments.files));
  pack_files packs(arguments.files, arguments.limits, bar);
  std::vector<pack_reader*> all;
  all.reserve(packs.size());
  for (std::size_t i = 0; i < packs.size(); ++i) all.push_back(&packs[i]);
  watched_sink sink(arguments.to, bar);
  compact(all, sink, arguments.options);
  bar.clear();
  const pack_file_source made(arguments.to);
  const std::size_t versions = pack_reader(made).versions().size();
  if (shared.json) {
    shared.out.line(json_line({{"file", arguments.to}, {"versions", versions}, {"bytes", sink.bytes()}}));
  } else {
    shared.out.line(fmt::format("{}: {} versions, {}", arguments.to, grouped(versions), size_text(sink.bytes())));
  }
  return exit_ok;
}

}  // namespace

void add_compact(CLI::App& parser, session& shared) {
  CLI::App& command = declare(
      parser, shared, "compact",
      {.summary = "Make one pack of several",
       .details = "All versions of a chain of packs, the oldest first, or of packs that have nothing to do with "
                  "each other, in one that needs no\nbase. Of versions with one name the last one stays.",
       .examples = "  coppice compact monday.pack tuesday.pack wednesday.pack --out week.pack --zstd"});
  auto arguments = std::make_shared<compact_arguments>();
  command.add_option("FILE", arguments->files, "Packs, with all their bases")->required()->expected(1, -1);
  command.add_option("--out", arguments->to, "The new pack")->required()->type_name("FILE");
  add_compression(command, arguments->options);
  add_limits(command, arguments->limits);
  set_action(command, shared, [&shared, arguments] { return run_compact(shared, *arguments); });
}

}  // namespace coppice::cli
