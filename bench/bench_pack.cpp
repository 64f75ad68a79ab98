// The `pack` suite: many versions kept, written as a pack and read again; against mutable maps that are cloned, and
// against MessagePack of each version; for stores against copying the file. README.md says how each case is measured.
#include <malloc.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "arena_transaction.hpp"
#include "collection_command.hpp"
#include "coppice/map.hpp"
#include "coppice/pack.hpp"
#include "coppice/store.hpp"
#include "coppice/store_arena.hpp"
#include "report.hpp"
#include "scratch_directory.hpp"

namespace coppice::bench {
namespace {

constexpr std::size_t entries = 100'000;
constexpr std::size_t versions = 1'000;

void require(bool ok, const char* what) {
  if (!ok) throw std::runtime_error(what);
}

using number_map = map<std::uint64_t, std::uint64_t>;

/// e3-hamt's benchmark: so many inserts of (i, i), then so many versions with one value changed, all kept.
template <class Map>
[[nodiscard]] double keep_versions(bool moved) {
  const std::int64_t started = now_ns();
  Map base;
  for (std::uint64_t i = 0; i < entries; ++i) base = moved ? std::move(base).set(i, i) : std::as_const(base).set(i, i);
  std::vector<Map> kept;
  kept.reserve(versions);
  for (std::uint64_t i = 0; i < versions; ++i) kept.push_back(base.set(i, 2 * i));
  const double took = static_cast<double>(now_ns() - started) / 1e6;
  std::uint64_t sum = 0;
  for (std::uint64_t i = 0; i < versions; ++i) sum += *kept[i].find(i);
  require(sum == versions * (versions - 1) && kept.back().size() == entries, "a version is another one");
  return took;
}

/// The same with a mutable map, which must be cloned for each version.
[[nodiscard]] double keep_clones() {
  const std::int64_t started = now_ns();
  std::unordered_map<std::uint64_t, std::uint64_t> base;
  for (std::uint64_t i = 0; i < entries; ++i) base.insert_or_assign(i, i);
  std::vector<std::unordered_map<std::uint64_t, std::uint64_t>> kept;
  kept.reserve(versions);
  for (std::uint64_t i = 0; i < versions; ++i) kept.emplace_back(base).insert_or_assign(i, 2 * i);
  const double took = static_cast<double>(now_ns() - started) / 1e6;
  std::uint64_t sum = 0;
  for (std::uint64_t i = 0; i < versions; ++i) sum += kept[i].at(i);
  require(sum == versions * (versions - 1), "a version is another one");
  return took;
}

[[nodiscard]] std::vector<number_map> changed_versions() {
  number_map base;
  for (std::uint64_t i = 0; i < entries; ++i) base = std::move(base).set(i, i);
  std::vector<number_map> made;
  for (std::uint64_t i = 0; i < versions; ++i) made.push_back(base.set(i * 97 % entries, entries + i));
  return made;
}

/// A version as MessagePack would have it.
[[nodiscard]] std::vector<std::uint8_t> to_messagepack(const number_map& version) {
  nlohmann::json tree = nlohmann::json::array();
  for (const auto& [key, value] : version) tree.push_back({key, value});
  return nlohmann::json::to_msgpack(tree);
}
[[nodiscard]] number_map from_messagepack(const std::vector<std::uint8_t>& bytes) {
  const nlohmann::json tree = nlohmann::json::from_msgpack(bytes);
  std::vector<std::pair<std::uint64_t, std::uint64_t>> elements;
  elements.reserve(tree.size());
  for (const auto& each : tree) elements.emplace_back(each[0].get<std::uint64_t>(), each[1].get<std::uint64_t>());
  return number_map(elements);
}

/// Bytes of memory at the most, above what there was, while f runs. Of this process; nothing if the system does not
/// tell.
template <class F>
[[nodiscard]] std::optional<double> high_water_of(const F& f) {
  const auto field = [](const std::string& name) {
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);) {
      if (line.starts_with(name)) return std::stod(line.substr(name.size() + 1)) * 1024;
    }
    return 0.0;
  };
  ::malloc_trim(0);  // what is free already would be used again, and not be seen
  std::ofstream reset("/proc/self/clear_refs");
  if (!(reset << "5" << std::flush)) return std::nullopt;
  const double before = field("VmRSS");
  f();
  return field("VmHWM") - before;
}

class pack_suite {
 public:
  pack_suite(const collection_command& wanted, report& out) : wanted_(wanted), out_(out) {}

  void run() {
    if (wanted_.asks_for("e3")) run_e3();
    if (wanted_.asks_for("write") || wanted_.asks_for("read") || wanted_.asks_for("bytes")) run_typed();
    if (wanted_.asks_for("store_write") || wanted_.asks_for("store_read")) run_store();
  }

 private:
  void run_e3() {
    const std::vector<contestant> sides{
        {"atomic", [] { return keep_versions<number_map>(false); }},
        {"local",
         [] {
           return keep_versions<map<std::uint64_t, std::uint64_t, hash<std::uint64_t>, std::equal_to<>, local_heap>>(
               false);
         }},
        {"arena",
         [] {
           double took = 0;
           in_transaction([&] { took = keep_versions<arena_map<std::uint64_t, std::uint64_t>>(false); });
           return took;
         }},
        {"atomic_moved", [] { return keep_versions<number_map>(true); }},
        {"local_moved", [] {
           return keep_versions<map<std::uint64_t, std::uint64_t, hash<std::uint64_t>, std::equal_to<>, local_heap>>(
               true);
         }}};
    const std::vector<series> all = interleave(wanted_.rounds(), sides);
    std::vector<const series*> rivals;
    std::vector<series> clones;
    if (!wanted_.quick) {
      // Takes seconds, and gigabytes, which the system takes back while the next one runs: so by itself.
      clones = interleave(wanted_.rounds(), {{"std", [] { return keep_clones(); }}});
      rivals.push_back(&clones.front());
    }
    for (const series& each : all) {
      const target goal = each.name == "arena"         ? target{target::kind::absolute, 25}
                          : each.name == "local_moved" ? target{target::kind::absolute, 12}
                                                       : target{};
      out_.add("e3", entries, "ms", &each, rivals, goal, {{"form", each.name}, {"versions", versions}});
    }
  }

  void run_typed() {
    const std::vector<number_map> all = changed_versions();
    std::vector<std::byte> pack;
    const std::optional<double> write_peak = high_water_of([&] { pack = serialize(all); });
    std::vector<number_map> read;
    const std::optional<double> read_peak = high_water_of([&] { read = deserialize<number_map>(pack); });
    require(read == all, "what was read is not what was written");
    read.clear();
    const auto bytes = static_cast<double>(pack.size());
    // A version by itself; all of them would be a hundred times as much as these.
    constexpr std::size_t sample = 10;
    std::vector<std::vector<std::uint8_t>> messages;
    for (std::size_t i = 0; i < sample; ++i) messages.push_back(to_messagepack(all[i]));
    require(from_messagepack(messages[3]) == all[3], "MessagePack gives something else");
    const auto timed = [](const auto& f) {
      const std::int64_t started = now_ns();
      f();
      return static_cast<double>(now_ns() - started);
    };
    const double scale = static_cast<double>(versions) / sample;
    const auto rows = interleave(
        wanted_.rounds(),
        {{"write", [&] { return timed([&] { require(serialize(all).size() == pack.size(), "another size"); }); }},
         {"write_rival",
          [&] {
            return scale * timed([&] {
                     for (std::size_t i = 0; i < sample; ++i) require(!to_messagepack(all[i]).empty(), "nothing");
                   });
          }},
         {"read",
          [&] { return timed([&] { require(deserialize<number_map>(pack).size() == versions, "another number"); }); }},
         {"read_rival", [&] {
            return scale * timed([&] {
                     for (const auto& each : messages)
                       require(from_messagepack(each).size() == entries, "another size");
                   });
          }}});
    const auto in_ms = [](const series& of, const char* name) {
      series made{name, of.rounds};
      for (double& each : made.rounds) each /= 1e6;
      return made;
    };
    const auto per_byte = [&](series of) {
      for (double& each : of.rounds) each /= bytes;
      return of;
    };
    const nlohmann::json params{{"form", "map"}, {"versions", versions}};
    const auto details = [&](const series& of, const std::optional<double>& peak) {
      nlohmann::json made{{"mb_per_s", bytes / of.median() * 1e3}, {"pack_bytes", pack.size()}};
      if (peak) made["high_water_bytes"] = *peak;
      return made;
    };
    // All versions: for the rival a sample of ten, times a hundred.
    const series write = in_ms(rows[0], "ours"), write_rival = in_ms(rows[1], "messagepack");
    const series read_ours = in_ms(rows[2], "ours"), read_rival = in_ms(rows[3], "messagepack");
    out_.add("write_versions", entries, "ms", &write, {nullptr, &write_rival}, {}, params,
             details(rows[0], write_peak));
    out_.add("read_versions", entries, "ms", &read_ours, {nullptr, &read_rival}, {}, params,
             details(rows[2], read_peak));
    const series write_byte = per_byte(rows[0]), read_byte = per_byte(rows[2]);
    out_.add("write", entries, "ns/byte", &write_byte, {}, {target::kind::absolute, 1e3 / 500}, params,
             details(rows[0], write_peak));
    out_.add("read", entries, "ns/byte", &read_byte, {}, {target::kind::absolute, 1e3 / 300}, params,
             details(rows[2], read_peak));
    const auto add_peak = [&](const char* of, const std::optional<double>& peak) {
      if (!peak) return;
      const series high{"ours", {*peak}};
      out_.add("high_water", entries, "bytes", &high, {}, {}, {{"form", of}, {"versions", versions}});
    };
    add_peak("write", write_peak);
    add_peak("read", read_peak);
    pack_reader reader(pack);
    const pack_statistics found = reader.statistics();
    const auto distinct = static_cast<double>(found.branches.bytes + found.leaves.bytes + found.values.bytes);
    const series ratio{"ours", {bytes / distinct}};
    out_.add("bytes", entries, "ratio", &ratio, {}, {target::kind::absolute, 1.2}, params,
             {{"pack_bytes", pack.size()}, {"distinct_bytes", distinct}, {"sharing", found.sharing()}});
    const series size{"ours", {bytes}};
    const series rival_size{"messagepack", {static_cast<double>(versions * messages[0].size())}};
    out_.add("pack_bytes", entries, "bytes", &size, {nullptr, &rival_size}, {}, params);
  }

  void run_store() {
    const scratch_directory directory;
    const std::string path = (directory.path() / "store").string(), copy = (directory.path() / "copy").string(),
                      pack = (directory.path() / "store.pack").string();
    store_options options;
    options.limit_bytes = std::uint64_t{1} << 30;
    store from = store::open(path, options);
    std::vector<std::string> keys;
    for (std::size_t i = 0; i < entries; ++i) keys.push_back("key" + std::to_string(1'000'000'000'000'000 + i));
    const std::string value(32, 'v');
    std::vector<key_value> content;
    for (const std::string& key : keys) content.push_back({key, value});
    from.set_many(content);
    const auto newest = from.snapshot();
    const auto write_pack = [&] {
      pack_file_sink sink(pack);
      from.pack(sink);
    };
    const auto timed = [](const auto& f) {
      const std::int64_t started = now_ns();
      f();
      return static_cast<double>(now_ns() - started) / 1e6;
    };
    const auto rows = interleave(
        wanted_.rounds(),
        {{"pack", [&] { return timed(write_pack); }},
         {"copy",
          [&] {
            return timed(
                [&] { std::filesystem::copy_file(path, copy, std::filesystem::copy_options::overwrite_existing); });
          }},
         {"unpack",
          [&] {
            const double took = timed([&] {
              const pack_file_source source(pack);
              pack_reader reader(source);
              const store made = store::create_from(reader, 0, copy + ".new", options);
              require(made.size() == entries, "another size");
            });
            std::filesystem::remove(copy + ".new");
            return took;
          }},
         {"copy", [&] {
            const double took = timed([&] {
              std::filesystem::copy_file(path, copy + ".new", std::filesystem::copy_options::overwrite_existing);
              const store made = store::open(copy + ".new");
              require(made.size() == entries, "another size");
            });
            std::filesystem::remove(copy + ".new");
            return took;
          }}});
    const nlohmann::json sizes{{"pack_bytes", std::filesystem::file_size(pack)},
                               {"file_bytes", std::filesystem::file_size(path)}};
    out_.add("store_write", entries, "ms", &rows[0], {nullptr, nullptr, &rows[1]}, {}, {{"form", "store"}}, sizes);
    out_.add("store_read", entries, "ms", &rows[2], {nullptr, nullptr, &rows[3]}, {}, {{"form", "store"}}, sizes);
  }

  const collection_command& wanted_;
  report& out_;
};

}  // namespace
}  // namespace coppice::bench

int main(int argc, char** argv) {
  using namespace coppice::bench;
  return run_collection_suite(argc, argv, "Measures packs of many versions", [](const collection_command& wanted) {
    report out("pack", {"std", "messagepack", "copy"}, wanted.out);
    pack_suite(wanted, out).run();
  });
}
