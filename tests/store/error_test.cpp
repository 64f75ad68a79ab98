// Messages: each names the store, what is the matter, and the way out.
#include <array>

#include "tests/store/support.hpp"

namespace store_test {
namespace {

class error_test : public store_case {
 protected:
  /// The call fails with the code, and its message has these words.
  template <class Call, std::size_t Count>
  static void expect_told(errc code, const std::array<const char*, Count>& words, Call&& call) {
    const outcome refused = outcome_of(std::forward<Call>(call));
    EXPECT_EQ(refused.code, code) << refused.message;
    for (const char* word : words)
      EXPECT_NE(refused.message.find(word), std::string::npos) << word << ": " << refused.message;
  }
};

TEST_F(error_test, of_opening) {
  store_options existing;
  existing.mode = open_mode::open_existing;
  expect_told(errc::not_found, std::array{"'pears'", "create it"}, [&] { store::open("pears", existing); });
  store::open("pears");
  store_options fresh;
  fresh.mode = open_mode::create_new;
  expect_told(errc::exists, std::array{"'pears'", "destroy it"}, [&] { store::open("pears", fresh); });
  expect_told(errc::not_found, std::array{"'apples'", "create it"}, [] { store::destroy("apples"); });
  store_options tiny;
  tiny.limit_bytes = 1;
  expect_told(errc::invalid_argument, std::array{"'apples'", "4 MiB", "64 GiB"}, [&] { store::open("apples", tiny); });
}

TEST_F(error_test, of_names_shows_control_characters_harmlessly) {
  expect_told(errc::invalid_name, std::array{"'a\\x00b'", "A-Z", "128"}, [] { store::open(std::string("a\0b", 3)); });
  expect_told(errc::invalid_name, std::array{"\\x1b"}, [] { store::open("\x1b[31m"); });
}

TEST_F(error_test, of_handles_and_sizes) {
  store pears = store::open("pears");
  expect_told(errc::key_too_long, std::array{"'pears'", "65537", "65536", "shorter"},
              [&] { pears.set(std::string(limits::max_key_bytes + 1, 'k'), 1); });
  store_options options;
  options.read_only = true;
  store reader = store::open("pears", options);
  expect_told(errc::read_only, std::array{"'pears'", "without read_only"}, [&] { reader.clear(); });
  pears.close();
  expect_told(errc::closed, std::array{"'pears'", "open it again"}, [&] { (void)pears.size(); });
}

TEST_F(error_test, of_waiting_tells_of_the_timeout) {
  store pears = store::open("pears");
  store_options options;
  options.timeout = std::chrono::milliseconds(30);
  store other = store::open("pears", options);
  pears.transact([&](transaction&) {
    expect_told(errc::busy, std::array{"'pears'", "limit 30", "timeout"}, [&] { other.set("k", 1); });
  });
}

TEST_F(error_test, codes_have_stable_names) {
  EXPECT_STREQ(errc_name(errc::out_of_space), "out_of_space");
  EXPECT_STREQ(errc_name(errc::system), "system");
  EXPECT_EQ(static_cast<int>(errc::system), 16);
}

}  // namespace
}  // namespace store_test
