// The file under the store: replaced, of another owner, with loose permissions, behind a symlink.
#include <sys/stat.h>

#include "tests/store/support.hpp"

namespace store_test {
namespace {

using file_test = store_case;

constexpr uid_t nobody = 65534;

TEST_F(file_test, a_replaced_file_leaves_the_open_handle_on_its_own) {
  store first = store::open("a");
  first.set("k", "first");
  store::open("b").set("k", "second");
  std::filesystem::rename(directory_ / "b", directory_ / "a");
  EXPECT_EQ(first.get("k")->view().as_string(), "first");
  first.set("k", "still first");
  store second = store::open("a");
  EXPECT_EQ(second.get("k")->view().as_string(), "second");
  EXPECT_EQ(first.get("k")->view().as_string(), "still first");
  EXPECT_TRUE(first.check().ok());
  EXPECT_TRUE(second.check().ok());
}

TEST_F(file_test, a_removed_file_leaves_the_open_handle_usable) {
  store handle = store::open("a");
  handle.set("k", 1);
  std::filesystem::remove(directory_ / "a");
  handle.set("k", 2);
  EXPECT_EQ(handle.get("k")->view().as_int64(), 2);
  EXPECT_EQ(store::open("a").size(), 0U);
}

TEST_F(file_test, a_symlink_to_a_store_is_refused) {
  store::open("real").set("k", 1);
  std::filesystem::create_symlink(directory_ / "real", directory_ / "link");
  EXPECT_EQ(code_of([] { store::open("link"); }), errc::permission);
  EXPECT_EQ(code_of([] { store::destroy("link"); }), errc::permission);
  EXPECT_EQ(store::open("real").size(), 1U);
}

TEST_F(file_test, a_dangling_symlink_makes_no_store_elsewhere) {
  scratch_directory elsewhere;
  std::filesystem::create_symlink(elsewhere / "target", directory_ / "link");
  EXPECT_NE(code_of([] { store::open("link"); }), errc::ok);
  EXPECT_TRUE(elsewhere.is_empty());
}

TEST_F(file_test, a_symlinked_directory_is_refused) {
  std::filesystem::create_directory(directory_ / "real");
  std::filesystem::permissions(directory_ / "real", std::filesystem::perms::owner_all);
  std::filesystem::create_directory_symlink(directory_ / "real", directory_ / "link");
  use(directory_ / "link");
  const outcome refused = outcome_of([] { store::open("a"); });
  EXPECT_EQ(refused.code, errc::permission);
  EXPECT_NE(refused.message.find("symlink"), std::string::npos) << refused.message;
  EXPECT_EQ(code_of([] { (void)store::list(); }), errc::permission);
}

TEST_F(file_test, a_directory_that_others_may_write_to_is_refused) {
  for (const mode_t mode : {0770U, 0702U, 0777U}) {
    ASSERT_EQ(::chmod(directory_.path().c_str(), mode), 0);
    const outcome refused = outcome_of([] { store::open("a"); });
    EXPECT_EQ(refused.code, errc::permission);
    EXPECT_NE(refused.message.find("chmod"), std::string::npos) << refused.message;
  }
  ASSERT_EQ(::chmod(directory_.path().c_str(), 0755), 0);
  EXPECT_EQ(code_of([] { store::open("a"); }), errc::ok);
}

TEST_F(file_test, a_file_in_place_of_the_directory_is_refused) {
  store::open("a");
  use(directory_ / "a");
  EXPECT_EQ(code_of([] { store::open("b"); }), errc::permission);
}

TEST_F(file_test, another_users_directory_and_files_are_refused) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root";
  store_options shared;
  shared.file_mode = 0666;
  store::open("roots", shared).set("k", 1);
  const std::string path = directory_ / "roots";
  ASSERT_EQ(::chmod(directory_.path().c_str(), 0755), 0);
  child_process child([&] {
    if (::setegid(nobody) != 0 || ::seteuid(nobody) != 0) return 9;
    const outcome by_name = outcome_of([] { store::open("roots"); });
    if (by_name.code != errc::permission || by_name.message.find("another user") == std::string::npos) return 10;
    if (code_of([&] { store::open(path); }) != errc::permission) return 11;
    if (code_of([&] { store::destroy(path); }) != errc::permission) return 12;
    if (code_of([] { (void)store::list(); }) != errc::permission) return 13;
    if (code_of([&] { store::open(directory_ / "new"); }) != errc::ok) return 0;  // it may not make files here
    return 14;
  });
  EXPECT_EQ(child.join(), 0);
  ASSERT_EQ(::chown(path.c_str(), nobody, nobody), 0);
  const outcome refused = outcome_of([&] { store::open(path); });
  EXPECT_EQ(refused.code, errc::permission);
  EXPECT_NE(refused.message.find("roots"), std::string::npos) << refused.message;
  ASSERT_EQ(::chown(directory_.path().c_str(), nobody, nobody), 0);
  EXPECT_EQ(code_of([] { store::open("mine"); }), errc::permission);
}

TEST_F(file_test, without_permission_to_write_the_file_it_is_refused) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root";
  ASSERT_EQ(::chown(directory_.path().c_str(), nobody, nobody), 0);
  child_process child([&] {
    if (::setegid(nobody) != 0 || ::seteuid(nobody) != 0) return 9;
    store::open("a").set("k", 1);
    if (::chmod((directory_ / "a").c_str(), 0400) != 0) return 10;
    if (code_of([] { store::open("a"); }) != errc::permission) return 11;
    store_options reader;
    reader.read_only = true;
    return code_of([&] { store::open("a", reader); }) == errc::permission ? 0 : 12;
  });
  EXPECT_EQ(child.join(), 0);
}

}  // namespace
}  // namespace store_test
