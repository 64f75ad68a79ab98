// Names: which are allowed, where they live, and which errors tell about them.
#include "tests/store/support.hpp"

namespace store_test {
namespace {

using name_test = store_case;

TEST_F(name_test, valid_names_open) {
  for (const std::string& name : {std::string("a"), std::string("0"), std::string("A.b_c-9"), std::string("x.."),
                                  std::string(limits::max_name_bytes, 'n')}) {
    EXPECT_EQ(code_of([&] { store::open(name).set("k", 1); }), errc::ok) << name;
    EXPECT_TRUE(std::filesystem::exists(directory_ / name.c_str()));
  }
}

TEST_F(name_test, invalid_names_are_refused_with_the_rule) {
  for (const std::string& name :
       {std::string(), std::string("."), std::string(".."), std::string(".hidden"), std::string("-option"),
        std::string("_x"), std::string("a b"), std::string("\xc3\xa4"), std::string("a\nb"), std::string("a\0b", 3),
        std::string("a*"), std::string(limits::max_name_bytes + 1, 'n')}) {
    const outcome refused = outcome_of([&] { store::open(name); });
    EXPECT_EQ(refused.code, errc::invalid_name) << name;
    EXPECT_NE(refused.message.find("128"), std::string::npos) << refused.message;
    EXPECT_EQ(code_of([&] { store::destroy(name); }), errc::invalid_name) << name;
  }
  EXPECT_EQ(code_of([] { store::open(std::string("a/\0b", 4)); }), errc::invalid_name);
  EXPECT_TRUE(directory_.is_empty());
}

TEST_F(name_test, list_is_sorted_and_shows_stores_only_by_their_names) {
  EXPECT_TRUE(store::list().empty());
  store::open("pears");
  store::open("apples");
  store::open("Quinces");
  EXPECT_EQ(store::list(), (std::vector<std::string>{"Quinces", "apples", "pears"}));
  store::destroy("apples");
  EXPECT_EQ(store::list(), (std::vector<std::string>{"Quinces", "pears"}));
}

TEST_F(name_test, COPPICE_DIR_chooses_the_directory) {
  scratch_directory other;
  store::open("here").set("k", 1);
  use(other.path());
  EXPECT_TRUE(store::list().empty());
  store::open("there");
  EXPECT_TRUE(std::filesystem::exists(other / "there"));
  use(directory_.path());
  EXPECT_EQ(store::list(), std::vector<std::string>{"here"});
}

TEST_F(name_test, a_path_into_a_missing_directory_is_not_found) {
  const outcome refused = outcome_of([&] { store::open(directory_ / "no/such/store"); });
  EXPECT_EQ(refused.code, errc::not_found);
}

TEST_F(name_test, a_file_that_is_no_store_is_refused_and_left_alone) {
  const std::string path = directory_ / "notes.txt";
  std::FILE* file = std::fopen(path.c_str(), "w");
  ASSERT_NE(file, nullptr);
  std::fputs("shopping list", file);
  std::fclose(file);
  const outcome refused = outcome_of([&] { store::open(path); });
  EXPECT_EQ(refused.code, errc::not_a_store);
  EXPECT_NE(refused.message.find(path), std::string::npos) << refused.message;
  EXPECT_EQ(code_of([&] { store::destroy(path); }), errc::not_a_store);
  EXPECT_EQ(std::filesystem::file_size(path), 13U);
  EXPECT_EQ(code_of([&] { store::open(directory_.path() + "/"); }), errc::not_a_store) << "a directory";
}

}  // namespace
}  // namespace store_test
