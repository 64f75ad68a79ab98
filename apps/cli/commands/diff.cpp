// coppice diff
#include <fmt/format.h>

#include <filesystem>
#include <fstream>

#include "command.hpp"
#include "failure.hpp"
#include "json_value.hpp"
#include "pack_files.hpp"
#include "signals.hpp"

namespace coppice::cli {

namespace {

struct diff_arguments {
  std::string older;
  std::string newer;
  std::vector<std::string> bases;
  std::int64_t most_changes = std::numeric_limits<std::int64_t>::max();
  pack_limits limits;
};

/// A store, or a version of a pack.
struct operand {
  std::string path;
  std::string version;
  bool is_pack = false;
};

[[nodiscard]] bool is_pack_file(const std::string& path) {
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(path, ignored)) return false;  // opening a pipe would wait for who writes to it
  std::ifstream file(path, std::ios::binary);
  char begin[4] = {};
  return file.read(begin, sizeof(begin)) && std::string_view(begin, sizeof(begin)) ==
                                                "\x89"
                                                "CPK";
}

/// FILE, FILE:VERSION or the name of a store.
[[nodiscard]] operand parse_operand(const std::string& text) {
  if (is_pack_file(text)) return {text, {}, true};
  const std::size_t colon = text.rfind(':');
  if (colon != std::string::npos && is_pack_file(text.substr(0, colon))) {
    return {text.substr(0, colon), text.substr(colon + 1), true};
  }
  return {text, {}, false};
}

[[nodiscard]] std::string plain_text(const value_view& of) {
  if (const auto text = of.as_string()) return escaped(*text);
  return json_line(to_json(of).tree);
}

class change_printer {
 public:
  change_printer(session& shared, std::int64_t most) : shared_(shared), left_(most) {}

  /// False: no more are wanted.
  [[nodiscard]] bool print(const pack_change& change) {
    throw_if_stopped();
    any_ = true;
    if (left_ == 0) return false;
    --left_;
    shared_.out.line(shared_.json ? json_text(change) : text(change));
    return left_ != 0;
  }
  [[nodiscard]] bool any() const noexcept { return any_; }

 private:
  [[nodiscard]] static std::string text(const pack_change& change) {
    const std::string key = plain_text(change.key);
    if (change.kind == diff_kind::added) return fmt::format("+ {}\t{}", key, plain_text(change.after));
    if (change.kind == diff_kind::removed) return fmt::format("- {}\t{}", key, plain_text(change.before));
    return fmt::format("~ {}\t{}\t{}", key, plain_text(change.before), plain_text(change.after));
  }
  [[nodiscard]] static std::string json_text(const pack_change& change) {
    constexpr const char* kinds[] = {"added", "removed", "changed"};
    nlohmann::json tree{{"change", kinds[static_cast<std::size_t>(change.kind)]}, {"key", to_json(change.key).tree}};
    if (change.kind != diff_kind::added) tree["before"] = to_json(change.before).tree;
    if (change.kind != diff_kind::removed) tree["after"] = to_json(change.after).tree;
    return json_line(tree);
  }

  session& shared_;
  std::int64_t left_;
  bool any_ = false;
};

int run_diff(session& shared, const diff_arguments& arguments) {
  const operand sides[] = {parse_operand(arguments.older), parse_operand(arguments.newer)};
  std::vector<std::string> paths = arguments.bases;
  for (const operand& side : sides) {
    if (side.is_pack && std::find(paths.begin(), paths.end(), side.path) == paths.end()) paths.push_back(side.path);
  }
  progress_bar bar(bytes_of_files(paths));
  pack_files packs(paths, arguments.limits, bar);
  const auto pack_of = [&](const operand& side) -> pack_reader& {
    return packs[static_cast<std::size_t>(std::find(paths.begin(), paths.end(), side.path) - paths.begin())];
  };
  // What of a store is not in the other side's pack goes to one in memory.
  pack_memory_sink sink;
  std::optional<pack_memory_source> source;
  std::optional<pack_reader> of_stores;
  if (!sides[0].is_pack && !sides[1].is_pack) {
    pack_writer writer(sink, {.fixed_seed = 0});
    for (const operand& side : sides) writer.add(open_to_read(side.path).snapshot());
    writer.finish();
    of_stores.emplace(source.emplace(sink.bytes()));
  } else if (!sides[0].is_pack || !sides[1].is_pack) {
    const operand &store_side = sides[sides[0].is_pack ? 1 : 0], &pack_side = sides[sides[0].is_pack ? 0 : 1];
    pack_writer writer(sink, pack_of(pack_side));
    writer.add(open_to_read(store_side.path).snapshot());
    writer.finish();
    of_stores.emplace(source.emplace(sink.bytes()), pack_of(pack_side));
  }
  const auto place_of = [&](std::size_t i) -> std::pair<pack_reader*, std::size_t> {
    if (sides[i].is_pack) {
      pack_reader& pack = pack_of(sides[i]);
      return {&pack, find_version(pack, sides[i].path, sides[i].version)};
    }
    return {of_stores ? &*of_stores : nullptr, i == 1 && !sides[0].is_pack ? 1 : 0};
  };
  const auto [older, older_index] = place_of(0);
  const auto [newer, newer_index] = place_of(1);
  bar.clear();
  change_printer printer(shared, arguments.most_changes);
  diff(*older, older_index, *newer, newer_index, [&](const pack_change& change) { return printer.print(change); });
  return printer.any() ? exit_no : exit_ok;
}

}  // namespace

void add_diff(CLI::App& parser, session& shared) {
  CLI::App& command = declare(
      parser, shared, "diff",
      {.summary = "Tell what differs between two versions",
       .details = "Each is a store, a pack (its last version) or FILE:VERSION. A line for each difference: + key, "
                  "tab, value; - key, tab, value;\n~ key, tab, old value, tab, new value. Versions of one pack, or "
                  "of a chain, are compared without reading what they share.\nExit status 1: something differs.",
       .examples = "  coppice diff monday.pack packages\n"
                   "  coppice diff week.pack:packages@17 week.pack:packages@23 --json\n"
                   "  coppice diff monday.pack tuesday.pack --limit 20"});
  auto arguments = std::make_shared<diff_arguments>();
  command.add_option("OLD", arguments->older, "The older version")->required();
  command.add_option("NEW", arguments->newer, "The newer version")->required();
  command.add_option("--base", arguments->bases, "A pack that one of them is made on")->type_name("FILE");
  add_limits(command, arguments->limits);
  command.add_option("--limit", arguments->most_changes, "At most N differences")
      ->check([](const std::string& text) { return text.starts_with('-') ? "must not be negative" : std::string(); })
      ->type_name("N");
  set_action(command, shared, [&shared, arguments] { return run_diff(shared, *arguments); });
}

}  // namespace coppice::cli
