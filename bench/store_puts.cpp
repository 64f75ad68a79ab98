// Writing cases of one process: put_single and put_batch fill a new store, update_single rewrites the values of a full
// one.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "store_suite.hpp"
#include "store_updates.hpp"

namespace coppice::bench {
namespace {

// A sample of what a put case wrote.
template <class Side>
void require_filled(const workload& work, const Side& side) {
  require(side.size() == work.entries(), "the new store has another size");
  const std::size_t count = std::min<std::size_t>(work.entries(), 10'000);
  std::uint64_t sum = 0;
  std::size_t found = 0;
  side.in_snapshot([&](auto&& get) {
    for (std::size_t turn = 0; turn < count; ++turn) {
      found += get(work.lookup_key(turn), [&](bytes_view value) { sum += checksum_of(value); }) ? 1U : 0U;
    }
  });
  require(found == count, "a key that was put was not found");
  require(sum == work.expected_lookup_sum(count), "the values put have another checksum");
}

// ns a put of filling new stores by fill(side, count); creating and removing them is not counted.
template <class Side, class Fill>
double measure_filling(const fixture& fix, const Fill& fill) {
  const std::size_t entries = fix.entries();
  const std::size_t repeats = std::max<std::size_t>(1, 20'000 / entries);
  const auto file = fix.spare_file<Side>();
  stopwatch watch;
  for (std::size_t k = 0; k < repeats; ++k) {
    Side::destroy(file);
    {
      Side side(file);
      watch.start();
      fill(side);
      watch.stop();
      require_filled(fix.work(), side);
    }
    Side::destroy(file);
  }
  return watch.ns() / static_cast<double>(repeats * entries);
}

template <class Side>
void put_one_by_one(const workload& work, Side& side) {
  value_buffer values(work);
  for (std::size_t i = 0; i < work.entries(); ++i) side.put(work.key(i), values.make(i, 0));
}

template <class Side>
void put_in_one_transaction(const workload& work, Side& side) {
  value_buffer values(work);
  side.transact([&](auto&& put) {
    for (std::size_t i = 0; i < work.entries(); ++i) put(work.key(i), values.make(i, 0));
  });
}

// All values side by side, as a caller of set_many has them.
std::vector<std::byte> all_values(const workload& work) {
  std::vector<std::byte> flat;
  flat.reserve(work.entries() * work.value_bytes());
  value_buffer values(work);
  for (std::size_t i = 0; i < work.entries(); ++i) {
    const bytes_view value = values.make(i, 0);
    flat.insert(flat.end(), value.begin(), value.end());
  }
  return flat;
}

void put_many(const workload& work, const std::vector<std::byte>& flat, store_side& side) {
  std::vector<key_value> entries;
  entries.reserve(work.entries());
  for (std::size_t i = 0; i < work.entries(); ++i) {
    entries.push_back({work.key(i), bytes_view(flat).subspan(i * work.value_bytes(), work.value_bytes())});
  }
  side.put_many(entries);
}

}  // namespace

void run_put_single(fixture& fix, report& out) {
  const workload& work = fix.work();
  std::vector<contestant> sides;
  if (fix.run().run_ours) {
    sides.push_back({store_side::name, [&] {
                       return measure_filling<store_side>(fix, [&](auto& side) { put_one_by_one(work, side); });
                     }});
  }
  if (fix.run().run_lmdb) {
    sides.push_back({lmdb_side::name,
                     [&] { return measure_filling<lmdb_side>(fix, [&](auto& side) { put_one_by_one(work, side); }); }});
  }
  const std::vector<series> all = interleave(fix.rounds(), sides);
  out.add("put_single", fix.entries(), "ns", find_series(all, store_side::name), {find_series(all, lmdb_side::name)},
          {target::kind::ratio, 0.35}, variant(fix));
}

void run_put_batch(fixture& fix, report& out) {
  const workload& work = fix.work();
  const std::vector<std::byte> flat = fix.run().run_ours ? all_values(work) : std::vector<std::byte>();
  std::vector<contestant> sides;
  if (fix.run().run_ours) {
    sides.push_back({"transact", [&] {
                       return measure_filling<store_side>(fix, [&](auto& side) { put_in_one_transaction(work, side); });
                     }});
    sides.push_back({"set_many", [&] {
                       return measure_filling<store_side>(fix, [&](auto& side) { put_many(work, flat, side); });
                     }});
  }
  if (fix.run().run_lmdb) {
    sides.push_back({lmdb_side::name, [&] {
                       return measure_filling<lmdb_side>(fix, [&](auto& side) { put_in_one_transaction(work, side); });
                     }});
  }
  add_forms(fix, out, "put_batch", "ns", interleave(fix.rounds(), sides),
            {{"transact", {target::kind::ratio, 0.35}}, {"set_many", {target::kind::ratio, 0.35}}});
}

void run_update_single(fixture& fix, report& out) {
  fix.for_updates();
  const std::size_t count = std::clamp(fix.entries(), std::size_t{100'000}, sized(fix.run(), 1'000'000, 300'000));
  const auto measure = [&fix, count](auto& side, std::uint64_t first_generation) {
    stopwatch watch;
    watch.start();
    update_values(fix, side, first_generation, count, [](std::size_t, auto&& put) { put(); });
    watch.stop();
    return watch.ns() / static_cast<double>(count);
  };
  const std::vector<series> all = interleave(fix.rounds(), updating_contestants(fix, fix.rounds(), count, measure));
  fix.require_same();
  out.add("update_single", fix.entries(), "ns", find_series(all, store_side::name), {find_series(all, lmdb_side::name)},
          {}, variant(fix));
}

}  // namespace coppice::bench
