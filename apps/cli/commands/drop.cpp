// coppice drop
#include <fmt/format.h>

#include "command.hpp"
#include "failure.hpp"
#include "json_value.hpp"

namespace coppice::cli {

void add_drop(CLI::App& parser, session& shared) {
  CLI::App& command = declare(
      parser, shared, "drop",
      {.summary = "Destroy a store",
       .details = "Its file goes, and handles that other processes hold answer `closed` from then on. Asks nothing.",
       .examples = "  coppice drop packages"});
  auto name = std::make_shared<std::string>();
  add_name(command, *name);
  set_action(command, shared, [&shared, name] {
    store::destroy(*name);
    if (shared.json) shared.out.line(json_line({{"dropped", *name}}));
    return exit_ok;
  });
}

}  // namespace coppice::cli
