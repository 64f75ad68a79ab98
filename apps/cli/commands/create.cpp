// coppice create
#include <fmt/format.h>

#include "command.hpp"
#include "failure.hpp"
#include "json_value.hpp"
#include "size_text.hpp"

namespace coppice::cli {

namespace {

struct create_arguments {
  std::string name;
  store_options options;
};

int run_create(session& shared, const create_arguments& arguments) {
  const store made = store::open(arguments.name, arguments.options);
  const std::uint64_t limit_bytes = made.stats().limit_bytes;
  if (shared.json) {
    shared.out.line(json_line({{"created", made.name()}, {"path", made.path()}, {"limit_bytes", limit_bytes}}));
  } else {
    shared.out.line(fmt::format("created {}, at most {}", made.path(), size_text(limit_bytes)));
  }
  return exit_ok;
}

}  // namespace

void add_create(CLI::App& parser, session& shared) {
  CLI::App& command = declare(parser, shared, "create",
                              {.summary = "Create an empty store",
                               .details = "An error if there is a store of that name already.",
                               .examples = "  coppice create packages\n"
                                           "  coppice create packages --limit 512MiB --mode 0640\n"
                                           "  coppice create /srv/cache/packages"});
  auto arguments = std::make_shared<create_arguments>();
  arguments->options.mode = open_mode::create_new;
  add_name(command, arguments->name);
  add_limit(command, arguments->options.limit_bytes);
  add_mode(command, arguments->options.file_mode);
  set_action(command, shared, [&shared, arguments] { return run_create(shared, *arguments); });
}

}  // namespace coppice::cli
