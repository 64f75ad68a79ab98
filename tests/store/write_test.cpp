// Writes: what makes a version and what does not, and all or nothing.
#include <array>
#include <limits>
#include <stdexcept>
#include <thread>

#include "tests/store/support.hpp"

namespace store_test {
namespace {

class write_test : public store_case {
 protected:
  store store_ = store::open("writes");
};

TEST_F(write_test, every_kind_comes_back_as_it_was) {
  const std::vector<value> contents = {
      value(nullptr),
      value(true),
      value(false),
      value(0),
      value(std::numeric_limits<std::int64_t>::min()),
      value(-0.0),
      value(1.5),
      value(std::numeric_limits<double>::infinity()),
      value(std::numeric_limits<double>::quiet_NaN()),
      value(""),
      value("ascii"),
      value("\xc3\xa4"),
      value(bytes_of(std::string_view("\0\1\2", 3))),
      value(value_view::document(bytes_of("\x93\x01\x02\x03"))),
      value(value_view::stored(value_kind::bigint, bytes_of(std::string_view("\0\1", 2))))};
  for (std::size_t i = 0; i < contents.size(); ++i) store_.set(i, contents[i].view());
  for (std::size_t i = 0; i < contents.size(); ++i) {
    const std::optional<value> found = store_.get(i);
    ASSERT_TRUE(found && *found == contents[i]) << i;
  }
}

TEST_F(write_test, kinds_are_different_keys_and_numbers_have_one_encoding) {
  store_.set(1, "integer");
  store_.set("1", "string");
  store_.set(bytes_of("1"), "bytes");
  EXPECT_EQ(store_.size(), 3U);
  store_.set(1.0, "the same integer");
  EXPECT_EQ(store_.size(), 3U);
  EXPECT_EQ(store_.get(1)->view().as_string(), "the same integer");
  store_.set(0, "zero");
  EXPECT_EQ(store_.get(-0.0)->view().as_string(), "zero");
}

TEST_F(write_test, setting_an_equal_value_makes_no_version) {
  for (const value& content : {value(7), value("small"), value(std::string(3000, 'l'))}) {
    store_.set("k", content.view());
    const std::uint64_t version = store_.version();
    store_.set("k", content.view());
    EXPECT_EQ(store_.version(), version);
    store_.transact([&](transaction& work) { work.set("k", content.view()); });
    EXPECT_EQ(store_.version(), version);
    const key_value same[] = {{"k", content.view()}};
    store_.set_many(same);
    EXPECT_EQ(store_.version(), version);
  }
}

TEST_F(write_test, what_changes_nothing_makes_no_version) {
  store_.set("a", 1);
  const std::uint64_t version = store_.version();
  EXPECT_FALSE(store_.erase("no such key"));
  store_.transact([](transaction&) {});
  store_.transact([](transaction& work) { (void)work.get("a"); });
  store_.set_many({});
  EXPECT_EQ(store_.version(), version);
  store_.clear();
  EXPECT_EQ(store_.version(), version + 1);
  store_.clear();
  EXPECT_EQ(store_.version(), version + 1);
}

TEST_F(write_test, a_transaction_is_one_version_and_sees_its_own_writes) {
  store_.set("a", 1);
  const std::uint64_t version = store_.version();
  store_.transact([&](transaction& work) {
    work.set("a", 2);
    work.set("b", 3);
    EXPECT_EQ(work.get("a")->as_int64(), 2);
    EXPECT_EQ(work.size(), 2U);
    EXPECT_TRUE(work.contains("b"));
    EXPECT_EQ(store_.get("a")->view().as_int64(), 1) << "not published yet";
    EXPECT_TRUE(work.erase("b"));
    EXPECT_FALSE(work.erase("b"));
    work.set("c", 4);
  });
  EXPECT_EQ(store_.version(), version + 1);
  EXPECT_EQ(store_.size(), 2U);
  EXPECT_EQ(store_.get("c")->view().as_int64(), 4);
}

TEST_F(write_test, whatever_a_transaction_throws_rolls_it_back_and_comes_through) {
  store_.set("a", 1);
  const std::uint64_t version = store_.version();
  EXPECT_THROW(store_.transact([](transaction& work) {
    for (int i = 0; i < 1000; ++i) work.set(i, std::string(100, 'x'));
    work.erase("a");
    throw std::out_of_range("changed my mind");
  }),
               std::out_of_range);
  EXPECT_EQ(store_.version(), version);
  EXPECT_EQ(store_.size(), 1U);
  EXPECT_TRUE(store_.check().ok());
  store_.set("a", 2);
  EXPECT_EQ(store_.get("a")->view().as_int64(), 2);
}

TEST_F(write_test, an_error_inside_a_transaction_may_be_swallowed_by_it) {
  store_.transact([](transaction& work) {
    work.set("before", 1);
    EXPECT_EQ(code_of([&] { work.set(std::string(limits::max_key_bytes + 1, 'k'), 1); }), errc::key_too_long);
    work.set("after", 2);
  });
  EXPECT_EQ(store_.size(), 2U);
}

TEST_F(write_test, a_nested_write_is_busy_at_once_and_the_transaction_goes_on) {
  store_.set("a", 1);
  store_.transact([&](transaction& work) {
    work.set("a", 2);
    const outcome nested = outcome_of([&] { store_.set("b", 1); });
    EXPECT_EQ(nested.code, errc::busy);
    // Not after the timeout, which would tell of a wait.
    EXPECT_NE(nested.message.find("transaction"), std::string::npos) << nested.message;
    EXPECT_EQ(code_of([&] { store_.transact([](transaction&) {}); }), errc::busy);
    EXPECT_EQ(code_of([&] { store_.erase("a"); }), errc::busy);
    EXPECT_EQ(code_of([&] { store_.clear(); }), errc::busy);
    EXPECT_EQ(store_.get("a")->view().as_int64(), 1) << "reading is allowed";
  });
  EXPECT_EQ(store_.get("a")->view().as_int64(), 2);
  store_.set("b", 1);
}

TEST_F(write_test, writers_wait_for_a_transaction_and_are_busy_after_their_timeout) {
  store_options impatient;
  impatient.timeout = std::chrono::milliseconds(50);
  store other = store::open("writes", impatient);
  store_.transact([&](transaction& work) {
    work.set("a", 1);
    const outcome waited = outcome_of([&] { other.set("b", 1); });
    EXPECT_EQ(waited.code, errc::busy);
    EXPECT_NE(waited.message.find("'writes'"), std::string::npos) << waited.message;
  });
  other.set("b", 1);
  EXPECT_EQ(store_.size(), 2U);
}

TEST_F(write_test, set_many_is_one_version_and_later_entries_win) {
  const std::uint64_t version = store_.version();
  const std::array<key_value, 3> entries = {{{"a", 1}, {"b", 2}, {"a", 3}}};
  store_.set_many(entries);
  EXPECT_EQ(store_.version(), version + 1);
  EXPECT_EQ(store_.get("a")->view().as_int64(), 3);
  EXPECT_EQ(store_.size(), 2U);
}

TEST_F(write_test, set_many_with_one_bad_entry_changes_nothing) {
  const std::string too_long(limits::max_key_bytes + 1, 'k');
  const std::array<key_value, 3> entries = {{{"a", 1}, {too_long, 2}, {"b", 3}}};
  EXPECT_EQ(code_of([&] { store_.set_many(entries); }), errc::key_too_long);
  EXPECT_EQ(store_.size(), 0U);
}

TEST_F(write_test, visit_shows_the_value_in_place) {
  store_.set("a", std::string(2000, 'v'));
  int visits = 0;
  EXPECT_TRUE(store_.visit("a", [&](const value_view& found) {
    ++visits;
    // Writing meanwhile is allowed, and does not change what is seen.
    store_.set("a", "other");
    store_.collect();
    EXPECT_EQ(found.as_string()->size(), 2000U);
  }));
  EXPECT_FALSE(store_.visit("b", [&](const value_view&) { ++visits; }));
  EXPECT_EQ(visits, 1);
}

TEST_F(write_test, visit_may_throw) {
  store_.set("a", 1);
  EXPECT_THROW((void)store_.visit("a", [](const value_view&) { throw std::runtime_error("no"); }), std::runtime_error);
  EXPECT_EQ(store_.stats().pins, 0U);
}

TEST_F(write_test, a_write_is_visible_to_every_handle_when_the_call_returns) {
  store other = store::open("writes");
  for (int i = 0; i < 200; ++i) {
    store_.set("counter", i);
    ASSERT_EQ(other.get("counter")->view().as_int64(), i);
    other.set("echo", i);
    ASSERT_EQ(store_.get("echo")->view().as_int64(), i);
  }
}

}  // namespace
}  // namespace store_test
