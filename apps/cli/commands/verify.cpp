// coppice verify
#include <fmt/format.h>

#include "command.hpp"
#include "failure.hpp"
#include "json_value.hpp"
#include "pack_files.hpp"

namespace coppice::cli {

namespace {

/// What is wrong with a pack, or an empty text.
[[nodiscard]] std::string what_is_wrong(const pack_arguments& arguments, progress_bar& bar) {
  try {
    pack_files packs(arguments.all(), arguments.limits, bar);
    packs[packs.size() - 1].verify();
    return {};
  } catch (const command_error& why) {
    if (why.code() != errc_name(errc::corrupt)) throw;
    return why.what();
  } catch (const error& why) {
    if (why.code() != errc::corrupt) throw;
    return why.what();
  }
}

int run_verify(session& shared, const pack_arguments& arguments) {
  progress_bar bar(bytes_of_files(arguments.all()));
  const std::string wrong = what_is_wrong(arguments, bar);
  bar.clear();
  if (shared.json) {
    shared.out.line(json_line({{"file", arguments.file}, {"ok", wrong.empty()}, {"broken", wrong}}));
  } else {
    shared.out.line(wrong.empty() ? fmt::format("{}: sound", arguments.file)
                                  : fmt::format("{}: broken: {}", arguments.file, escaped(wrong)));
  }
  return wrong.empty() ? exit_ok : exit_no;
}

}  // namespace

void add_verify(CLI::App& parser, session& shared) {
  CLI::App& command =
      declare(parser, shared, "verify",
              {.summary = "Check a pack",
               .details = "Reads all of it and of its bases, and checks checksums, records, shapes, sizes, values and "
                          "hashes. Exit status 1: it is broken.",
               .examples = "  coppice verify monday.pack\n"
                           "  coppice verify tuesday.pack --base monday.pack"});
  auto arguments = std::make_shared<pack_arguments>();
  add_pack(command, *arguments);
  set_action(command, shared, [&shared, arguments] { return run_verify(shared, *arguments); });
}

}  // namespace coppice::cli
