// Headers of other versions and with fields out of their domains, each with a checksum that is right.
#include "tests/hostile/images.hpp"

namespace hostile_test {
namespace {

class identity_test : public testing::Test {
 protected:
  template <class Change>
  coppice::errc code_with(Change&& change) {
    image changed = valid_;
    arena::identity id = identity_in(changed);
    change(id);
    put_identity(changed, id);
    return code_of(changed);
  }
  coppice::errc code_of(const image& bytes) {
    write_image(path_, bytes.data(), bytes.size());
    coppice::store_options options;
    options.mode = coppice::open_mode::open_existing;
    try {
      store opened = store::open(path_, options);
      report_ = opened.check();
    } catch (const coppice::error& why) {
      message_ = why.what();
      return why.code();
    }
    return errc::ok;
  }

  scratch_directory directory_;
  std::string path_ = directory_ / "store";
  image valid_ = valid_image(path_);
  std::string message_;
  coppice::check_report report_;
};

TEST_F(identity_test, another_format_version_is_told_with_both_numbers) {
  EXPECT_EQ(code_with([](arena::identity& id) { id.format = arena::format_version + 1; }), errc::version_mismatch);
  EXPECT_NE(message_.find(path_), std::string::npos) << message_;
  EXPECT_NE(message_.find("format version"), std::string::npos) << message_;
  EXPECT_NE(message_.find(std::to_string(arena::format_version + 1)), std::string::npos) << message_;
  EXPECT_EQ(code_with([](arena::identity& id) { id.format = 0; }), errc::version_mismatch);
}

TEST_F(identity_test, a_later_format_may_have_another_checksum) {
  image changed = valid_;
  arena::identity id = identity_in(changed);
  id.format = 99;
  id.checksum = 1;
  std::memcpy(changed.data(), &id, sizeof(id));
  EXPECT_EQ(code_of(changed), errc::version_mismatch);
}

TEST_F(identity_test, another_layout_or_tuning_is_a_version_mismatch) {
  EXPECT_EQ(code_with([](arena::identity& id) { ++id.layout_hash; }), errc::version_mismatch);
  EXPECT_EQ(code_with([](arena::identity& id) { ++id.branch_bits; }), errc::version_mismatch);
  EXPECT_EQ(code_with([](arena::identity& id) { ++id.leaf_entries; }), errc::version_mismatch);
  EXPECT_EQ(code_with([](arena::identity& id) { ++id.leaf_bytes; }), errc::version_mismatch);
  EXPECT_EQ(code_with([](arena::identity& id) { ++id.inline_bytes; }), errc::version_mismatch);
  EXPECT_EQ(code_with([](arena::identity& id) { id.hash_function = 2; }), errc::version_mismatch);
}

TEST_F(identity_test, fields_out_of_their_domains_are_corrupt) {
  EXPECT_EQ(code_with([](arena::identity& id) { id.fence = 0; }), errc::corrupt);
  EXPECT_EQ(code_with([](arena::identity& id) { id.fence = 3; }), errc::corrupt);
  EXPECT_EQ(code_with([](arena::identity& id) { id.limit_bytes = 0; }), errc::corrupt);
  EXPECT_EQ(code_with([](arena::identity& id) { id.limit_bytes += 1; }), errc::corrupt);
  EXPECT_EQ(code_with([](arena::identity& id) { id.limit_bytes = ~std::uint64_t{0} << 16; }), errc::corrupt);
  EXPECT_EQ(code_with([](arena::identity& id) { id.limit_bytes = arena::max_arena_bytes + arena::block_bytes; }),
            errc::corrupt);
}

TEST_F(identity_test, another_magic_is_no_store) {
  EXPECT_EQ(code_with([](arena::identity& id) { id.magic[0] = 'c'; }), errc::not_a_store);
  EXPECT_EQ(code_of(image(valid_.size(), 0)), errc::not_a_store);
  EXPECT_EQ(code_of(image(valid_.size(), 0xff)), errc::not_a_store);
}

TEST_F(identity_test, a_wrong_checksum_is_corrupt) {
  image changed = valid_;
  changed[offsetof(arena::identity, seed)] ^= 1;
  EXPECT_EQ(code_of(changed), errc::corrupt);
}

TEST_F(identity_test, another_seed_is_found_by_the_check) {
  EXPECT_EQ(code_with([](arena::identity& id) { ++id.seed; }), errc::ok);
  EXPECT_FALSE(report_.ok());
}

TEST_F(identity_test, the_smallest_limit_is_judged_by_what_lies_beyond_it) {
  const coppice::errc found = code_with([](arena::identity& id) { id.limit_bytes = arena::min_limit_bytes; });
  EXPECT_TRUE(found == errc::ok || found == errc::corrupt);
}

TEST_F(identity_test, either_fence_mode_can_be_followed) {
  for (const auto mode : {arena::fence_mode::sequential, arena::fence_mode::membarrier}) {
    EXPECT_EQ(code_with([mode](arena::identity& id) { id.fence = static_cast<std::uint8_t>(mode); }), errc::ok);
    EXPECT_TRUE(report_.ok()) << report_.broken;
  }
}

TEST_F(identity_test, destroying_a_damaged_store_removes_it) {
  image changed = valid_;
  changed[offsetof(arena::identity, seed)] ^= 1;
  write_image(path_, changed.data(), changed.size());
  store::destroy(path_);
  EXPECT_FALSE(std::filesystem::exists(path_));
}

}  // namespace
}  // namespace hostile_test
