// The memory of collections in a store: what is dropped is collected, what is kept is not, however it is shared; and a
// full store is an ordinary error.
#include "src/store/space.hpp"

#include "src/store/state.hpp"
#include "support.hpp"

namespace store_test {
namespace {

bool is_counted(const numbers& of, u64 count, u64 more = 0) {
  if (of.check() != nullptr || of.size() != count) return false;
  for (u64 i = 0; i < count; ++i) {
    if (of.at(i) != i + more) return false;
  }
  return true;
}
number_vector listed(u64 count) {
  auto changing = number_vector().transient();
  for (u64 i = 0; i < count; ++i) changing.push_back(i);
  return std::move(changing).persistent();
}

using memory_of_collections = store_case;

TEST_F(memory_of_collections, is_what_the_newest_version_takes_after_a_collection) {
  store tested = store::open("memory", seeded());
  const auto write = [&](u64 more) {
    tested.transact([&](transaction& work) {
      work.set("numbers", counted(5000, more));
      work.set("list", listed(5000));
    });
  };
  write(0);
  tested.collect();
  const std::uint64_t once = tested.check().live_bytes;
  for (u64 i = 1; i <= 200; ++i) {
    tested.transact([&](transaction& work) {
      auto map = work.get<numbers>("numbers").value();
      for (u64 k = 0; k < 50; ++k) map = map.set((i * 50 + k) % 5000, i);
      const numbers unpublished = counted(100, i);
      EXPECT_EQ(unpublished.size(), 100U);
      work.set("numbers", map);
      work.set("list", work.get<number_vector>("list")->set(i, i).push_back(i).pop_back());
    });
  }
  write(0);
  tested.collect();
  tested.collect();
  EXPECT_EQ(tested.check().live_bytes, once);
  tested.transact([](transaction& work) { work.clear(); });
  tested.collect();
  tested.collect();
  EXPECT_EQ(tested.check().live_bytes, 0U);
  EXPECT_TRUE(tested.check().ok());
}

TEST_F(memory_of_collections, that_were_not_published_is_used_again) {
  store tested = store::open("memory");
  for (int i = 0; i < 300; ++i) {
    tested.transact([&](transaction& work) {
      EXPECT_EQ(counted(3000).size(), 3000U);
      work.set("k", i);
    });
  }
  EXPECT_LT(tested.stats().committed_bytes, std::uint64_t{8} << 20);
  for (int i = 0; i < 300; ++i) {
    tested.transact([&](transaction&) { EXPECT_EQ(counted(3000).size(), 3000U); });
  }
  EXPECT_LT(tested.stats().committed_bytes, std::uint64_t{8} << 20);
  EXPECT_TRUE(tested.check().ok());
}

TEST_F(memory_of_collections, in_old_snapshots_stays_while_newer_ones_are_collected) {
  store tested = store::open("memory");
  std::vector<std::pair<numbers, number_vector>> held;
  for (u64 i = 0; i < 20; ++i) {
    tested.transact([&](transaction& work) {
      work.set("numbers", counted(2000, i));
      work.set("list", listed(500 + i));
    });
    const snapshot seen = tested.snapshot();
    if (i % 3 == 0) held.emplace_back(*seen.get<numbers>("numbers"), *seen.get<number_vector>("list"));
    if (i % 4 == 0) tested.collect();
  }
  tested.clear();
  tested.collect();
  for (std::size_t k = 0; k < held.size(); ++k) {
    EXPECT_TRUE(is_counted(held[k].first, 2000, k * 3));
    EXPECT_EQ(held[k].second.check(), nullptr);
    EXPECT_EQ(held[k].second.size(), 500 + k * 3);
  }
  const std::uint64_t with_them = tested.stats().live_bytes;
  held.clear();
  tested.collect();
  tested.collect();
  EXPECT_LT(tested.stats().live_bytes, with_them / 10);
  EXPECT_TRUE(tested.check().ok());
}

TEST_F(memory_of_collections, is_compacted_around_them) {
  store tested = store::open("memory");
  constexpr int parts = 20;
  const auto has_collections = [](int part) { return part % 4 == 0; };
  // Twenty MiB of entries with nodes of collections among them; most of the entries go. What is left is mostly nodes of
  // collections, which stay where they are.
  tested.transact([](transaction& work) { work.set("large", counted(60'000, 1)); });
  for (int part = 0; part < parts; ++part) {
    tested.transact([&](transaction& work) {
      if (has_collections(part)) {
        const auto both = counted(100, static_cast<u64>(part));
        work.set("map " + std::to_string(part), both);
        work.set("same " + std::to_string(part), both);
        work.set("list " + std::to_string(part), listed(300));
        work.set("text " + std::to_string(part), texts{{"k", std::string(3000, 'x')}});
      }
      for (int i = 0; i < 1000; ++i) work.set(part * 1000 + i, std::string(1000, 'f'));
    });
  }
  tested.transact([](transaction& work) {
    for (int i = 0; i < parts * 1000; ++i) {
      if (i % 40 != 0) work.erase(i);
    }
  });
  const std::uint64_t before = tested.stats().committed_bytes;
  const std::uint64_t version = tested.version();
  tested.collect();
  EXPECT_GT(tested.version(), version) << "nothing was moved";
  EXPECT_LT(tested.stats().committed_bytes, before / 2);
  const snapshot seen = tested.snapshot();
  EXPECT_TRUE(is_counted(seen.get<numbers>("large").value(), 60'000, 1));
  for (int part = 0; part < parts; ++part) {
    if (!has_collections(part)) continue;
    const auto number = std::to_string(part);
    const numbers map = seen.get<numbers>("map " + number).value();
    EXPECT_TRUE(is_counted(map, 100, static_cast<u64>(part)));
    EXPECT_EQ(map.identity(), seen.get<numbers>("same " + number)->identity());
    EXPECT_EQ(seen.get<number_vector>("list " + number).value(), seen.get<number_vector>("list 0").value());
    EXPECT_EQ(seen.get<texts>("text " + number)->at("k").size(), 3000U);
  }
  const check_report report = tested.check();
  EXPECT_TRUE(report.ok()) << report.broken;
}

class full_of_collections : public store_case {
 protected:
  full_of_collections() {
    store_options options;
    options.limit_bytes = std::uint64_t{4} << 20;
    store_.emplace(store::open("full", options));
  }
  std::optional<store> store_;
};

TEST_F(full_of_collections, throws_and_leaves_the_handle_as_it_was) {
  for (int round = 0; round < 3; ++round) {
    store_->transact([](transaction& work) { work.set("first", counted(100)); });
    const std::uint64_t version = store_->version();
    const outcome met = outcome_of([&] {
      store_->transact([&](transaction& work) {
        numbers map;
        std::vector<numbers> kept;
        u64 i = 0;
        const outcome full = outcome_of([&] {
          for (;; ++i) {
            map = std::move(map).set(i, i);
            if (i % 8 == 0) kept.push_back(map);
          }
        });
        EXPECT_EQ(full.code, errc::out_of_space);
        EXPECT_NE(full.message.find("'full'"), std::string::npos) << full.message;
        EXPECT_TRUE(is_counted(map, i));
        for (std::size_t k = 0; k < kept.size(); k += 50) EXPECT_TRUE(is_counted(kept[k], k * 8 + 1));
        // All kinds of changes.
        EXPECT_EQ(code_of([&] { (void)counted(100'000); }), errc::out_of_space);
        EXPECT_EQ(code_of([&] { (void)listed(100'000); }), errc::out_of_space);
        EXPECT_EQ(code_of([&] { (void)texts{{"k", std::string(100'000, 'x')}}; }), errc::out_of_space);
        std::vector<std::pair<u64, u64>> many;
        for (u64 k = 0; k < 100'000; ++k) many.emplace_back(k + 1'000'000, k);
        EXPECT_EQ(code_of([&] { (void)numbers(many); }), errc::out_of_space);
        EXPECT_TRUE(is_counted(map, i));
        work.set("map", map);
      });
    });
    if (met.code == errc::ok) {
      EXPECT_EQ(store_->version(), version + 1);
      EXPECT_EQ(store_->snapshot().get<numbers>("map")->check(), nullptr);
    } else {
      EXPECT_EQ(met.code, errc::out_of_space) << met.message;
      EXPECT_EQ(store_->version(), version);
    }
    EXPECT_TRUE(is_counted(*store_->snapshot().get<numbers>("first"), 100));
    const check_report report = store_->check();
    EXPECT_TRUE(report.ok()) << report.broken;
    store_->erase("map");
    store_->collect();
    store_->transact([](transaction& work) { work.set("usable", counted(5000)); });
    EXPECT_TRUE(is_counted(*store_->snapshot().get<numbers>("usable"), 5000));
    store_->erase("usable");
  }
}

TEST_F(full_of_collections, of_text_throws_likewise) {
  store_->transact([](transaction&) {
    texts map;
    number_vector list;
    const auto key = [](std::size_t i) { return std::to_string(i) + std::string(i % 500, 'k'); };
    std::size_t i = 0;
    EXPECT_EQ(code_of([&] {
                for (;; ++i) map = map.set(key(i), std::string(i % 3000, 'v'));
              }),
              errc::out_of_space);
    EXPECT_EQ(code_of([&] {
                for (;;) list = list.push_back(list.size());
              }),
              errc::out_of_space);
    ASSERT_EQ(map.check(), nullptr);
    ASSERT_EQ(map.size(), i);
    for (std::size_t k = 0; k < i; ++k) ASSERT_EQ(map.at(key(k)).size(), k % 3000);
    ASSERT_EQ(list.check(), nullptr);
    for (std::size_t k = 0; k < list.size(); ++k) ASSERT_EQ(list[k], k);
  });
  EXPECT_TRUE(store_->check().ok());
  store_->transact([](transaction& work) { work.set("k", texts{{"a", "b"}}); });
  EXPECT_EQ(store_->snapshot().get<texts>("k")->at("a"), "b");
}

TEST_F(full_of_collections, does_not_take_the_reserve_after_an_erasure) {
  for (int i = 0; i < 100; ++i) store_->set(i, i);
  store_->transact([](transaction& work) {
    work.erase(0);
    std::vector<numbers> garbage;
    EXPECT_EQ(code_of([&] {
                for (;;) garbage.push_back(counted(1000));
              }),
              errc::out_of_space);
    for (int i = 1; i < 100; ++i) EXPECT_TRUE(work.erase(i));
  });
  EXPECT_EQ(store_->size(), 0U);
}

/// The space of an arena that has no edit tokens left.
TEST_F(memory_of_collections, without_times_nothing_is_changed_in_place) {
  const std::string path = directory_ / "exhausted";
  using store_detail::open_arena;
  open_arena arena("exhausted", path, store_options());
  const auto in_a_transaction = [&](auto&& body) {
    store_detail::writing scope(arena, true);
    const store_detail::typed_scope typed(arena);
    body();
  };
  std::atomic<std::uint64_t>& tokens = arena.session().map().words().edit_tokens;
  for (const std::uint64_t left : {0U, 1U, 2U, 20U, 40U}) {
    SCOPED_TRACE(left);
    tokens = detail::max_edit_token - left;
    in_a_transaction([&] {
      numbers map = counted(100), kept = map;
      number_vector list = listed(100), shared = list;
      for (u64 i = 0; i < 100; ++i) {
        map = std::move(map).set(i, 7);
        list = std::move(list).set(i, 7).push_back(i);
        map = map.set(i, i + 1);
      }
      const number_vector longer = shared.push_back(1), other = shared.push_back(2);
      EXPECT_TRUE(is_counted(kept, 100));
      EXPECT_TRUE(is_counted(map, 100, 1));
      EXPECT_EQ(shared, listed(100));
      EXPECT_EQ(longer.back(), 1U);
      EXPECT_EQ(other.back(), 2U);
      EXPECT_EQ(list.size(), 200U);
    });
  }
}

}  // namespace
}  // namespace store_test
