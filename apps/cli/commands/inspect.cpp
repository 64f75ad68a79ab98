// coppice inspect
#include <fmt/chrono.h>
#include <fmt/format.h>

#include "command.hpp"
#include "failure.hpp"
#include "json_value.hpp"
#include "pack_files.hpp"
#include "size_text.hpp"

namespace coppice::cli {

namespace {

struct inspect_arguments {
  pack_arguments pack;
  std::size_t largest = 5;
};

[[nodiscard]] const char* record_text(pack_statistics::record kind) noexcept {
  constexpr const char* names[] = {"branch", "leaf", "value", "collection"};
  return names[static_cast<std::size_t>(kind)];
}
[[nodiscard]] bool is_of_store(const pack_version& version) {
  return version.committed_at != std::chrono::system_clock::time_point();
}
[[nodiscard]] std::string time_text(const pack_version& version) {
  return fmt::format("{:%Y-%m-%d %H:%M:%S}", fmt::gmtime(std::chrono::system_clock::to_time_t(version.committed_at)));
}
[[nodiscard]] std::string elements_text(const pack_version& version) {
  return version.elements.empty() ? "values" : version.elements;
}

nlohmann::json versions_tree(const pack_reader& pack) {
  nlohmann::json versions = nlohmann::json::array();
  for (const pack_version& each : pack.versions()) {
    nlohmann::json row{{"name", each.name},
                       {"kind", kind_text(each.collection)},
                       {"size", each.size},
                       {"elements", elements_text(each)}};
    if (is_of_store(each)) {
      row["version"] = each.store_version;
      row["committed_at"] = time_text(each) + "Z";
    }
    versions.push_back(std::move(row));
  }
  return versions;
}

void print_versions(output_file& out, const pack_reader& pack) {
  std::size_t widest = 4;
  for (std::size_t i = 0; i < pack.versions().size(); ++i) {
    widest = std::max(widest, escaped(version_text(pack.versions()[i], i)).size());
  }
  if (!pack.versions().empty()) out.line(fmt::format("  {:<{}}  {:<6} {:>14}  of", "NAME", widest, "KIND", "SIZE"));
  for (std::size_t i = 0; i < pack.versions().size(); ++i) {
    const pack_version& each = pack.versions()[i];
    out.line(fmt::format("  {:<{}}  {:<6} {:>14}  {}{}", escaped(version_text(each, i)), widest,
                         kind_text(each.collection), grouped(each.size), escaped(elements_text(each)),
                         is_of_store(each) ? ", " + time_text(each) : ""));
  }
}

nlohmann::json statistics_tree(const pack_statistics& found) {
  const auto sum = [](const pack_statistics::sum& of) {
    return nlohmann::json{{"nodes", of.nodes}, {"bytes", of.bytes}};
  };
  nlohmann::json largest = nlohmann::json::array();
  for (const pack_statistics::node& each : found.largest) {
    largest.push_back({{"number", each.number},
                       {"kind", record_text(each.kind)},
                       {"bytes", each.bytes},
                       {"entries", each.entries},
                       {"version", each.version}});
  }
  return {{"bytes", found.file_bytes},
          {"raw_bytes", found.raw_bytes},
          {"sections", found.sections},
          {"branches", sum(found.branches)},
          {"leaves", sum(found.leaves)},
          {"values", sum(found.values)},
          {"collections", sum(found.collections)},
          {"base_nodes", found.base.nodes},
          {"alone", sum(found.versions)},
          {"sharing", found.sharing()},
          {"largest", std::move(largest)}};
}

void print_statistics(output_file& out, const pack_statistics& found) {
  const auto row = [&](std::string_view label, const pack_statistics::sum& of) {
    if (of.nodes != 0) out.line(fmt::format("  {:<12}{:>14} {:>12}", label, grouped(of.nodes), size_text(of.bytes)));
  };
  out.line(fmt::format("{} in {} sections, {} decompressed", size_text(found.file_bytes), grouped(found.sections),
                       size_text(found.raw_bytes)));
  row("branches", found.branches);
  row("leaves", found.leaves);
  row("values", found.values);
  row("collections", found.collections);
  if (found.base.nodes != 0) out.line(fmt::format("  {:<12}{:>14}", "of the base", grouped(found.base.nodes)));
  row("alone", found.versions);
  out.line(fmt::format("each node is used {:.1f} times over", found.sharing()));
  for (const pack_statistics::node& each : found.largest) {
    out.line(fmt::format("  {:>10}  {:<10} node {}{}{}", size_text(each.bytes), record_text(each.kind), each.number,
                         each.entries != 0 ? fmt::format(", {} entries", each.entries) : "",
                         each.version.empty() ? "" : ", of " + escaped(each.version)));
  }
}

int run_inspect(session& shared, const inspect_arguments& arguments) {
  const std::vector<std::string> paths = arguments.pack.all();
  progress_bar bar(bytes_of_files(paths));
  // Without its bases there is less to tell of a pack, but not nothing.
  const watched_source source(arguments.pack.file, bar);
  pack_reader alone(source, arguments.pack.limits);
  const bool whole = !alone.base() || !arguments.pack.bases.empty();
  std::optional<pack_files> packs;
  if (whole) packs.emplace(paths, arguments.pack.limits, bar);
  pack_reader& pack = packs ? (*packs)[packs->size() - 1] : alone;
  std::optional<pack_statistics> found;
  if (whole) found = pack.statistics(arguments.largest);
  const pack_digest digest = pack.digest();
  bar.clear();
  if (shared.json) {
    nlohmann::json tree{
        {"file", arguments.pack.file}, {"digest", digest_text(digest)}, {"versions", versions_tree(pack)}};
    if (const auto base = pack.base()) tree["base"] = digest_text(*base);
    if (found) tree.update(statistics_tree(*found));
    shared.out.line(json_line(tree));
    return exit_ok;
  }
  shared.out.line(fmt::format("{}: {} versions, digest {}", arguments.pack.file, grouped(pack.versions().size()),
                              digest_text(digest)));
  if (const auto base = pack.base()) {
    shared.out.line(fmt::format("made on {}{}", digest_text(*base), whole ? "" : "; more is to be seen with --base"));
  }
  print_versions(shared.out, pack);
  if (found) print_statistics(shared.out, *found);
  return exit_ok;
}

}  // namespace

void add_inspect(CLI::App& parser, session& shared) {
  CLI::App& command = declare(
      parser, shared, "inspect",
      {.summary = "Tell what is in a pack",
       .details = "Its versions, what they take and what they would take alone, and the largest nodes. Of a pack "
                  "on another one only the\nversions, unless its bases are given.",
       .examples = "  coppice inspect monday.pack\n"
                   "  coppice inspect tuesday.pack --base monday.pack --largest 20\n"
                   "  coppice inspect monday.pack --json | jq -r '.versions[].name'"});
  auto arguments = std::make_shared<inspect_arguments>();
  add_pack(command, arguments->pack);
  command.add_option("--largest", arguments->largest, "How many of the largest nodes (default 5)")
      ->check(CLI::Range(0, 100'000))
      ->type_name("N");
  set_action(command, shared, [&shared, arguments] { return run_inspect(shared, *arguments); });
}

}  // namespace coppice::cli
