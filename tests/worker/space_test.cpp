// A full memory: what fails leaves everything as it was, and dropping makes room again. Many versions.
#include "tests/worker/support.hpp"

namespace worker_test {
namespace {

constexpr std::uint64_t small_limit = std::uint64_t{4} << 20;

void expect_checked(worker& one) {
  const auto checked = check(one.memory());
  ASSERT_EQ(checked.broken, nullptr) << checked.broken << " at " << checked.where;
}

struct held_version {
  version_index index;
  model_map model;
};

/// Versions that share little, until there is no space.
std::vector<held_version> fill(worker& one, text_source& source) {
  std::vector<held_version> made;
  for (;;) {
    const version_index index = one.memory().hold({});
    if (index == no_version) return made;
    made.push_back({index, {}});
    for (unsigned i = 0; i < 200; ++i) {
      const text key = source.key(), value = source.value();
      const trie_change change = one.set(index, key, value);
      if (change == trie_change::out_of_space) return made;
      made.back().model[key] = value;
    }
  }
}

TEST(worker_space, out_of_space_is_told_and_changes_nothing) {
  const scratch_directory directory;
  worker one(directory / "memory", small_limit);
  text_source source(1, 1000);
  std::vector<held_version> held = fill(one, source);
  ASSERT_GT(held.size(), 20U);
  EXPECT_EQ(one.memory().nodes().trouble().code, errc::out_of_space);
  for (const held_version& each : held) ASSERT_NO_FATAL_FAILURE(one.expect(each.index, each.model));
  // Every further edit fails or is done, and never anything else.
  for (unsigned i = 0; i < 300; ++i) {
    held_version& in = held[source.number(held.size())];
    const text key = source.key(), value = source.value();
    if (one.set(in.index, key, value) != trie_change::out_of_space) in.model[key] = value;
    ASSERT_NO_FATAL_FAILURE(one.expect(in.index, in.model));
  }
  for (const held_version& each : held) ASSERT_NO_FATAL_FAILURE(one.expect(each.index, each.model));
  ASSERT_NO_FATAL_FAILURE(expect_checked(one));
}

TEST(worker_space, dropping_versions_makes_room) {
  const scratch_directory directory;
  worker one(directory / "memory", small_limit);
  text_source source(2, 1000);
  std::vector<held_version> held = fill(one, source);
  for (unsigned round = 0; round < 30; ++round) {
    // A third of them, here and there.
    for (std::size_t i = held.size(); i-- > 0;) {
      if (i % 3 != round % 3) continue;
      one.memory().drop(held[i].index);
      held.erase(held.begin() + static_cast<std::ptrdiff_t>(i));
    }
    const result<void> made = one.memory().make_room();
    ASSERT_TRUE(made.ok()) << made.why().reason << " in round " << round;
    const std::vector<held_version> more = fill(one, source);
    ASSERT_GT(more.size(), 5U) << "round " << round;
    held.insert(held.end(), more.begin(), more.end());
    for (const held_version& each : held) ASSERT_NO_FATAL_FAILURE(one.expect(each.index, each.model)) << round;
    ASSERT_NO_FATAL_FAILURE(expect_checked(one));
  }
}

TEST(worker_space, erasing_and_dropping_work_in_a_memory_that_several_filled) {
  const scratch_directory directory;
  std::vector<std::unique_ptr<worker>> workers;
  std::vector<std::vector<held_version>> held;
  workers.push_back(std::make_unique<worker>(directory / "memory", small_limit));
  for (unsigned i = 1; i < 12; ++i) workers.push_back(std::make_unique<worker>(directory / "memory"));
  text_source source(3, 1000);
  for (auto& each : workers) held.push_back(fill(*each, source));
  for (unsigned round = 0; round < 10; ++round) {
    for (std::size_t i = 0; i < workers.size(); ++i) {
      SCOPED_TRACE("worker " + std::to_string(i) + ", round " + std::to_string(round));
      while (!held[i].empty()) {
        workers[i]->memory().drop(held[i].back().index);
        held[i].pop_back();
      }
      const result<void> made = workers[i]->memory().make_room();
      ASSERT_TRUE(made.ok()) << made.why().reason;
    }
    for (std::size_t i = 0; i < workers.size(); ++i) {
      held[i] = fill(*workers[i], source);
      for (const held_version& each : held[i]) ASSERT_NO_FATAL_FAILURE(workers[i]->expect(each.index, each.model));
    }
    ASSERT_NO_FATAL_FAILURE(expect_checked(*workers[0]));
  }
}

/// So many that a spare table has several parts, and so little room that no other can be made.
TEST(worker_space, thousands_of_versions_are_settled_in_a_full_memory) {
  const scratch_directory directory;
  worker one(directory / "memory", small_limit);
  worker other(directory / "memory");
  std::vector<held_version> held;
  for (unsigned i = 0; i < 5000; ++i) {
    held.push_back({one.memory().hold({}), {}});
    ASSERT_NE(held.back().index, no_version);
    const text value(std::to_string(i));
    ASSERT_EQ(one.set(held.back().index, "k", value), trie_change::inserted);
    held.back().model["k"] = value;
  }
  text_source source(6, 1000);
  for (unsigned round = 0; round < 30; ++round) {
    std::vector<held_version> more = fill(one, source);
    // What the first ones hold is known to the last settlement only.
    for (std::size_t i = 0; i < more.size(); i += 2) one.memory().drop(more[i].index);
    const result<void> made = one.memory().make_room();
    ASSERT_TRUE(made.ok()) << made.why().reason << " in round " << round;
    const std::vector<held_version> others = fill(other, source);
    for (const held_version& each : others) ASSERT_NO_FATAL_FAILURE(other.expect(each.index, each.model));
    for (const held_version& each : held) ASSERT_NO_FATAL_FAILURE(one.expect(each.index, each.model)) << round;
    for (std::size_t i = 1; i < more.size(); i += 2) {
      ASSERT_NO_FATAL_FAILURE(one.expect(more[i].index, more[i].model)) << round;
      one.memory().drop(more[i].index);
    }
    ASSERT_NO_FATAL_FAILURE(expect_checked(one));
    for (const held_version& each : others) other.memory().drop(each.index);
    ASSERT_TRUE(other.memory().make_room().ok());
  }
}

TEST(worker_space, large_values_of_many_sizes_come_and_go) {
  const scratch_directory directory;
  worker one(directory / "memory", std::uint64_t{32} << 20);
  text_source source(4, 100);
  const version_index index = one.memory().hold({});
  model_map model;
  std::uint64_t refused = 0;
  for (unsigned i = 0; i < 400; ++i) {
    const text key("key" + std::to_string(source.number(12)));
    const text value(std::string(1 + source.number(3'000'000), static_cast<char>('a' + i % 26)));
    if (one.set(index, key, value) == trie_change::out_of_space) {
      ++refused;
      ASSERT_NE(one.erase(index, key), trie_change::out_of_space);
      model.erase(key);
    } else {
      model[key] = value;
    }
    if (i % 20 == 0) {
      ASSERT_NO_FATAL_FAILURE(one.expect(index, model)) << i;
    }
  }
  ASSERT_NO_FATAL_FAILURE(one.expect(index, model));
  EXPECT_LT(refused, 200U);
  one.memory().drop(index);
  ASSERT_TRUE(one.memory().make_room().ok());
  EXPECT_EQ(live_bytes(one.memory()), 0U);
}

/// What is in no version yet, as between making the blob of a value and storing the value.
TEST(worker_space, what_is_kept_outlives_settlements_and_collections) {
  const scratch_directory directory;
  worker one(directory / "memory", large_limit);
  worker other(directory / "memory");
  const version_index index = one.memory().hold({});
  ASSERT_EQ(one.set(index, "a", "b"), trie_change::inserted);
  const std::string bytes(70'000, 'x');
  coppice::arena::allocator& nodes = one.memory().nodes();
  const std::size_t node_bytes = coppice::detail::blob_node_bytes(bytes.size());
  const auto made = nodes.allocate(node_bytes);
  ASSERT_NE(made.address, nullptr);
  coppice::detail::write_header(made.address, coppice::detail::node_kind::blob, 0, node_bytes, 0, 0);
  coppice::detail::store(made.address + coppice::detail::blob_length_offset, std::uint64_t{bytes.size()});
  std::memcpy(made.address + coppice::detail::blob_bytes_offset, bytes.data(), bytes.size());
  one.memory().keep(made.ref);
  ASSERT_TRUE(one.memory().settle().ok());
  const auto churn = [&] {
    ASSERT_TRUE(other.memory().make_room().ok());
    const version_index busy = other.memory().hold({});
    for (unsigned i = 0; i < 40; ++i) (void)other.set(busy, std::to_string(i), std::string(60'000 + i, 'y'));
    other.memory().drop(busy);
  };
  ASSERT_NO_FATAL_FAILURE(churn());
  const std::string_view seen(reinterpret_cast<const char*>(made.address) + coppice::detail::blob_bytes_offset,
                              bytes.size());
  EXPECT_EQ(seen, bytes);
  // Stored, it is the version's.
  const text key("key"), value{std::string_view(bytes)};
  auto added = one.all().leaf().make_item(key.view(), value.view());
  added.value_blob = made.ref;
  ASSERT_EQ(one.all().set(one.at(index), added, old_value_sink{nullptr, nullptr}), trie_change::inserted);
  one.memory().keep_nothing();
  ASSERT_NO_FATAL_FAILURE(churn());
  ASSERT_NO_FATAL_FAILURE(one.expect(index, {{"a", "b"}, {"key", value}}));
  ASSERT_TRUE(one.memory().make_room().ok());
  ASSERT_NO_FATAL_FAILURE(churn());
  ASSERT_NO_FATAL_FAILURE(one.expect(index, {{"a", "b"}, {"key", value}}));
  one.memory().drop(index);
  ASSERT_TRUE(one.memory().make_room().ok());
  ASSERT_TRUE(other.memory().make_room().ok());
  EXPECT_EQ(live_bytes(one.memory()), 0U);
}

TEST(worker_space, a_hundred_thousand_versions) {
  constexpr unsigned count = 100'000;
  const scratch_directory directory;
  worker one(directory / "memory", large_limit);
  version_index now = one.memory().hold({});
  std::vector<version_index> all;
  for (unsigned i = 0; i < count; ++i) {
    ASSERT_EQ(one.set(now, std::to_string(i % 1000), std::to_string(i)),
              i < 1000 ? trie_change::inserted : trie_change::replaced);
    all.push_back(now);
    now = one.memory().fork(now);
    ASSERT_NE(now, no_version);
  }
  EXPECT_EQ(one.memory().held(), count + 1);
  ASSERT_TRUE(one.memory().make_room().ok());
  ASSERT_TRUE(one.memory().make_room().ok());
  const auto verify = [&](unsigned every) {
    for (unsigned i = 0; i < count; i += every) {
      ASSERT_EQ(one.broken(all[i]), "");
      ASSERT_EQ(one.all().size(one.at(all[i])), i < 1000 ? i + 1 : 1000);
      for (unsigned k = 0; k < 1000 && k <= i; k += 97) {
        const unsigned last = i - (i % 1000 + 1000 - k) % 1000;
        const auto found = one.all().find(one.at(all[i]), text(std::to_string(k)).view());
        ASSERT_TRUE(found.has_value());
        ASSERT_EQ(text(*found), text(std::to_string(last))) << "version " << i << ", key " << k;
      }
    }
  };
  ASSERT_NO_FATAL_FAILURE(verify(331));
  // Every other one goes; new ones take their places.
  for (unsigned i = 0; i < count; i += 2) one.memory().drop(all[i]);
  ASSERT_TRUE(one.memory().make_room().ok());
  for (unsigned i = 0; i < count; i += 2) all[i] = one.memory().fork(all[i + 1]);
  ASSERT_TRUE(one.memory().make_room().ok());
  for (unsigned i = 1; i < count; i += 2) {
    ASSERT_EQ(one.at(all[i]).root, one.at(all[i - 1]).root);
  }
  for (const version_index each : all) one.memory().drop(each);
  one.memory().drop(now);
  ASSERT_TRUE(one.memory().make_room().ok());
  EXPECT_EQ(live_bytes(one.memory()), 0U);
  ASSERT_NO_FATAL_FAILURE(expect_checked(one));
}

/// Tokens of nodes run out after 2^48 of them: from then on nothing is changed in place.
void use_up_tokens(unsigned versions_before) {
  const scratch_directory directory;
  worker one(directory / "memory", large_limit);
  // Some are left to the worker, which takes many at a time; the last may be a version's or a settlement's.
  one.memory().map().words().edit_tokens = coppice::detail::max_edit_token - 100;
  for (unsigned i = 0; i < versions_before; ++i) (void)one.set(one.memory().hold({}), "a", "b");
  const version_index now = one.memory().hold({});
  std::vector<std::pair<version_index, model_map>> all;
  model_map model;
  text_source source(5, 60);
  for (unsigned i = 0; i < 1500; ++i) {
    const text key = source.key(), value = source.value();
    ASSERT_NE(one.set(now, key, value), trie_change::out_of_space);
    model[key] = value;
    if (i % 10 == 3) {
      // Held by another, and published by the settlement.
      version copy = one.at(now);
      copy.token = 0;
      copy.own_bytes = 0;
      ASSERT_TRUE(one.memory().settle().ok());
      all.emplace_back(one.memory().hold(copy), model);
    }
  }
  for (const auto& [index, content] : all) ASSERT_NO_FATAL_FAILURE(one.expect(index, content));
}

TEST(worker_space, without_tokens_published_nodes_still_never_change) {
  for (const unsigned before : {0U, 1U}) ASSERT_NO_FATAL_FAILURE(use_up_tokens(before)) << before;
}

}  // namespace
}  // namespace worker_test
