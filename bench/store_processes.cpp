// Cases of several processes on one store: readers_2 and writers_8.
//
// A run lasts a fixed time; its cost is wall time over the operations of all processes. The figure of a case is that
// cost with many processes over that with one, both measured in the same round: 1 / throughput gain. Two readers that
// do not disturb each other give 0.5, eight writers that lose nothing by taking turns give 1.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "processes.hpp"
#include "store_suite.hpp"

namespace coppice::bench {
namespace {

std::int64_t duration_ns(const fixture& fix) {
  return static_cast<std::int64_t>(sized(fix.run(), 500'000'000, 200'000'000));
}

// Calls operation(k) for k = 0, 1, ... until the time is over; looks at the clock only every `stride` operations.
template <class Operation>
process_result operate_until(std::int64_t deadline_ns, std::size_t stride, Operation&& operation) {
  std::size_t done = 0;
  std::int64_t now = 0;
  do {
    for (const std::size_t end = done + stride; done < end; ++done) operation(done);
    now = now_ns();
  } while (now < deadline_ns);
  return {done, now};
}

// In a child: gets through open(side, body), each process from another place on.
template <class Side, class Open>
process_result read_until_over(const fixture& fix, std::size_t first, start_gate& gate, const Open& open) {
  const workload& work = fix.work();
  const Side side(fix.file<Side>());
  std::uint64_t warm = 0;
  side.iterate([&](bytes_view value) { warm += checksum_of(value); });  // maps every page of the file
  require(warm == work.expected_total(), "the values iterated have another checksum");

  process_result result;
  std::uint64_t sum = 0;
  std::size_t found = 0;
  open(side, [&](auto&& get) {
    ring_index turns(work.entries(), first);
    const std::int64_t deadline = gate.wait() + duration_ns(fix);
    result = operate_until(deadline, 64, [&](std::size_t) {
      found += get(work.lookup_key(turns.next()), [&](bytes_view value) { sum += checksum_of(value); }) ? 1U : 0U;
    });
  });
  require(found == result.operations, "a key was not found");
  require(sum == work.expected_lookup_sum(found, first), "the values read have another checksum");
  return result;
}

// In a child: single puts to the keys that are this process's own, so that their last values are known.
template <class Side>
process_result write_until_over(const fixture& fix, std::size_t index, std::size_t processes, start_gate& gate,
                                std::uint64_t first_generation) {
  const workload& work = fix.work();
  Side side(fix.file<Side>());
  value_buffer values(work);
  const std::size_t own = work.entries() / processes;
  const auto turn_of = [&](std::size_t k) { return k % own * processes + index; };
  const auto value_of = [&](std::size_t k) {
    return values.make(work.lookup_entry(turn_of(k)), first_generation + k / own);
  };
  const auto write = [&](std::size_t k) { side.put(work.lookup_key(turn_of(k)), value_of(k)); };
  std::size_t seen = 0;
  side.iterate([&](bytes_view) { ++seen; });  // maps the file's pages
  require(seen == work.entries(), "iteration saw another number of entries");

  constexpr std::size_t warm_puts = 200;
  for (std::size_t k = 0; k < warm_puts; ++k) write(k);
  const std::int64_t deadline = gate.wait() + duration_ns(fix);
  const process_result result = operate_until(deadline, 16, [&](std::size_t k) { write(warm_puts + k); });

  const std::size_t written = warm_puts + result.operations;
  side.in_snapshot([&](auto&& get) {
    for (std::size_t k = written - std::min({written, own, std::size_t{100}}); k < written; ++k) {
      std::uint64_t sum = 0;
      get(work.lookup_key(turn_of(k)), [&](bytes_view value) { sum = checksum_of(value); });
      require(sum == checksum_of(value_of(k)), "a put was lost");
    }
  });
  return result;
}

// The rounds of one side: their ratio, and the two costs that it is made of.
struct crowd {
  std::vector<double> alone;
  std::vector<double> together;
  double least_share = 1;  // of the operations of the busiest process, by the least busy one

  double add(const group_result& one, const group_result& many) {
    alone.push_back(one.ns_per_operation());
    together.push_back(many.ns_per_operation());
    std::uint64_t least = many.each.front().operations;
    std::uint64_t most = 0;
    for (const process_result& child : many.each) {
      least = std::min(least, child.operations);
      most = std::max(most, child.operations);
    }
    least_share = std::min(least_share, static_cast<double>(least) / static_cast<double>(most));
    return together.back() / alone.back();
  }
  void describe(const std::string& side, nlohmann::json& details) const {
    if (alone.empty()) return;
    details[side + "_ns_one"] = median_of(alone);
    details[side + "_ns_all"] = median_of(together);
    details[side + "_throughput_x"] = median_of(alone) / median_of(together);
    details[side + "_least_share"] = least_share;
  }
};

// run(side_tag, processes) makes one group_result; rows are named and judged by the caller.
template <class Run>
void run_crowd(fixture& fix, report& out, const std::string& case_name, std::size_t processes, const target& goal,
               nlohmann::json params, const Run& run) {
  fix.close();
  crowd ours;
  crowd lmdb;
  std::vector<contestant> sides;
  if (fix.run().run_ours) {
    sides.push_back({store_side::name, [&] {
                       const group_result one = run.template operator()<store_side>(1);
                       return ours.add(one, run.template operator()<store_side>(processes));
                     }});
  }
  if (fix.run().run_lmdb) {
    sides.push_back({lmdb_side::name, [&] {
                       const group_result one = run.template operator()<lmdb_side>(1);
                       return lmdb.add(one, run.template operator()<lmdb_side>(processes));
                     }});
  }
  const std::vector<series> all = interleave(fix.rounds(), sides);
  fix.reopen();
  params["processes"] = processes;
  nlohmann::json details;
  ours.describe(store_side::name, details);
  lmdb.describe(lmdb_side::name, details);
  out.add(case_name, fix.entries(), "ratio", find_series(all, store_side::name), {find_series(all, lmdb_side::name)},
          goal, std::move(params), std::move(details));
}

// Reads through open(side, body), by one and by two processes.
template <class Open>
void run_readers_form(fixture& fix, report& out, const char* form, const Open& open) {
  constexpr std::size_t processes = 2;
  nlohmann::json params = variant(fix);
  params["form"] = form;
  run_crowd(fix, out, "readers_2", processes, {target::kind::absolute, 1 / 1.8}, std::move(params),
            [&]<class Side>(std::size_t count) {
              return run_processes(count, [&](std::size_t index, start_gate& gate) {
                return read_until_over<Side>(fix, index * fix.entries() / count, gate, open);
              });
            });
}

}  // namespace

void run_readers(fixture& fix, report& out) {
  fix.clean();
  run_readers_form(fix, out, "latest", [](const auto& side, auto&& body) { side.in_latest(body); });
  run_readers_form(fix, out, "snapshot", [](const auto& side, auto&& body) { side.in_snapshot(body); });
}

void run_writers(fixture& fix, report& out) {
  fix.for_updates();
  constexpr std::size_t processes = 8;
  constexpr std::uint64_t generations = 1'000'000;  // more than any process can use up in one run
  run_crowd(fix, out, "writers_8", processes, {target::kind::absolute, 1 / 0.8}, variant(fix),
            [&]<class Side>(std::size_t count) {
              const std::uint64_t first = fix.take_generations(generations);
              return run_processes(count, [&](std::size_t index, start_gate& gate) {
                return write_until_over<Side>(fix, index, count, gate, first);
              });
            });
  if (fix.run().run_ours) require(fix.ours().size() == fix.entries(), "our store lost or gained entries");
  if (fix.run().run_lmdb) require(fix.lmdb().size() == fix.entries(), "lmdb lost or gained entries");
}

}  // namespace coppice::bench
