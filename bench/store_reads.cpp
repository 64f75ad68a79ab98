// Reading cases: get_snapshot, get_latest, iterate, open.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "store_suite.hpp"

namespace coppice::bench {
namespace {

std::size_t lookups_a_round(const fixture& fix) {
  const std::size_t least = sized(fix.run(), 200'000, 100'000);
  const std::size_t most = sized(fix.run(), 2'000'000, 300'000);
  return std::clamp(fix.entries(), least, most);
}

// ns a lookup, through open(body), which calls body(get).
template <class Open>
double measure_lookups(const workload& work, std::size_t count, Open&& open) {
  std::uint64_t sum = 0;
  std::size_t found = 0;
  stopwatch watch;
  open([&](auto&& get) {
    ring_index turns(work.entries());
    watch.start();
    for (std::size_t k = 0; k < count; ++k) {
      found += get(work.lookup_key(turns.next()), [&](bytes_view value) { sum += checksum_of(value); }) ? 1U : 0U;
    }
    watch.stop();
  });
  require(found == count, "a key was not found");
  require(sum == work.expected_lookup_sum(count), "the values read have another checksum");
  return watch.ns() / static_cast<double>(count);
}

// ns an entry, through walk(use).
template <class Walk>
double measure_walk(const workload& work, Walk&& walk) {
  const std::size_t repeats = std::max<std::size_t>(1, 200'000 / work.entries());
  std::uint64_t sum = 0;
  std::size_t seen = 0;
  stopwatch watch;
  watch.start();
  for (std::size_t k = 0; k < repeats; ++k) {
    walk([&](bytes_view value) {
      sum += checksum_of(value);
      ++seen;
    });
  }
  watch.stop();
  require(seen == repeats * work.entries(), "iteration saw another number of entries");
  require(sum == repeats * work.expected_total(), "the values iterated have another checksum");
  return watch.ns() / static_cast<double>(seen);
}

// One unmeasured round, then the rounds.
std::vector<series> warmed(int rounds, const std::vector<contestant>& contestants) {
  for (const contestant& each : contestants) each.measure();
  return interleave(rounds, contestants);
}

template <class Side>
double measure_open(const fixture& fix, bool read_one) {
  std::uint64_t sum = 0;
  stopwatch watch;
  watch.start();
  {
    const Side side(fix.file<Side>());
    if (read_one) {
      side.in_snapshot(
          [&](auto&& get) { get(fix.work().lookup_key(0), [&](bytes_view value) { sum += checksum_of(value); }); });
    }
  }
  watch.stop();
  if (read_one) require(sum == fix.work().expected_lookup_sum(1), "the opened store answers wrongly");
  return watch.ns() / 1e3;
}

}  // namespace

void run_get_snapshot(fixture& fix, report& out) {
  fix.clean();
  const std::size_t count = lookups_a_round(fix);
  std::vector<contestant> sides;
  if (fix.run().run_ours) {
    sides.push_back({store_side::name, [&] {
                       return measure_lookups(fix.work(), count, [&](auto&& body) { fix.ours().in_snapshot(body); });
                     }});
  }
  if (fix.run().run_lmdb) {
    sides.push_back({lmdb_side::name, [&] {
                       return measure_lookups(fix.work(), count, [&](auto&& body) { fix.lmdb().in_snapshot(body); });
                     }});
  }
  const std::vector<series> all = warmed(fix.rounds(), sides);
  out.add("get_snapshot", fix.entries(), "ns", find_series(all, store_side::name), {find_series(all, lmdb_side::name)},
          {target::kind::ratio, 0.2}, variant(fix));
}

void run_get_latest(fixture& fix, report& out) {
  fix.clean();
  const std::size_t count = lookups_a_round(fix);
  std::vector<contestant> sides;
  if (fix.run().run_ours) {
    sides.push_back({"visit", [&] {
                       return measure_lookups(fix.work(), count, [&](auto&& body) { fix.ours().in_latest(body); });
                     }});
    sides.push_back(
        {"copy",
         [&] { return measure_lookups(fix.work(), count, [&](auto&& body) { fix.ours().in_latest_copied(body); }); }});
  }
  if (fix.run().run_lmdb) {
    sides.push_back({lmdb_side::name, [&] {
                       return measure_lookups(fix.work(), count, [&](auto&& body) { fix.lmdb().in_latest(body); });
                     }});
  }
  add_forms(fix, out, "get_latest", "ns", warmed(fix.rounds(), sides),
            {{"visit", {target::kind::ratio, 0.25}}, {"copy", {}}});
}

void run_iterate(fixture& fix, report& out) {
  fix.clean();
  std::vector<contestant> sides;
  if (fix.run().run_ours) {
    sides.push_back(
        {"for_each", [&] { return measure_walk(fix.work(), [&](auto&& use) { fix.ours().iterate(use); }); }});
    sides.push_back({"iterator", [&] {
                       return measure_walk(fix.work(), [&](auto&& use) { fix.ours().iterate_by_iterator(use); });
                     }});
  }
  if (fix.run().run_lmdb) {
    sides.push_back(
        {lmdb_side::name, [&] { return measure_walk(fix.work(), [&](auto&& use) { fix.lmdb().iterate(use); }); }});
  }
  add_forms(fix, out, "iterate", "ns", warmed(fix.rounds(), sides),
            {{"for_each", {target::kind::ratio, 0.4}}, {"iterator", {target::kind::ratio, 0.4}}});
}

void run_open(fixture& fix, report& out) {
  fix.clean();
  fix.close();
  constexpr int rounds = 50;  // each takes well under a millisecond
  for (const bool read_one : {false, true}) {
    std::vector<contestant> sides;
    if (fix.run().run_ours) {
      sides.push_back({store_side::name, [&] { return measure_open<store_side>(fix, read_one); }});
    }
    if (fix.run().run_lmdb) {
      sides.push_back({lmdb_side::name, [&] { return measure_open<lmdb_side>(fix, read_one); }});
    }
    const std::vector<series> all = warmed(rounds, sides);
    nlohmann::json params = variant(fix);
    params["form"] = read_one ? "open_get_close" : "open_close";
    out.add("open", fix.entries(), "us", find_series(all, store_side::name), {find_series(all, lmdb_side::name)},
            {target::kind::absolute, 1'000}, params);
  }
  fix.reopen();
}

}  // namespace coppice::bench
