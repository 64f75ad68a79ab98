// Lines of a file, and whole files.
#include "apps/cli/input.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <vector>

#include "apps/cli/failure.hpp"

namespace coppice::cli {
namespace {

class input : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "coppice-input-XXXXXX";
    const int descriptor = ::mkstemp(pattern.data());
    ASSERT_GE(descriptor, 0);
    ::close(descriptor);
    path_ = pattern;
  }
  void TearDown() override { std::filesystem::remove(path_); }

  void write(const std::string& content) { std::ofstream(path_, std::ios::binary) << content; }
  std::vector<std::string> lines(std::size_t longest = 1 << 30) {
    input_file file(path_);
    line_reader reader(file, longest);
    std::vector<std::string> found;
    while (const auto line = reader.next()) found.emplace_back(*line);
    EXPECT_EQ(reader.line_number(), found.size());
    return found;
  }

  std::string path_;
};

using strings = std::vector<std::string>;

TEST_F(input, has_no_lines_when_it_is_empty) {
  write("");
  EXPECT_EQ(lines(), strings());
}

TEST_F(input, gives_lines_without_their_ends) {
  write("one\ntwo\r\n\n four \n");
  EXPECT_EQ(lines(), (strings{"one", "two", "", " four "}));
}

TEST_F(input, gives_a_last_line_that_has_no_end) {
  write("one\ntwo");
  EXPECT_EQ(lines(), (strings{"one", "two"}));
}

TEST_F(input, gives_lines_that_cross_any_buffer) {
  strings expected;
  std::string content;
  for (std::size_t i = 0; i < 40; ++i) {
    expected.emplace_back(i * 31'337, static_cast<char>('a' + i % 26));
    content += expected.back() + '\n';
  }
  write(content);
  EXPECT_EQ(lines(), expected);
}

TEST_F(input, counts_the_bytes_of_lines) {
  write("12\n34\r\n5");
  input_file file(path_);
  line_reader reader(file, 100);
  std::vector<std::uint64_t> consumed;
  while (reader.next()) consumed.push_back(reader.bytes_consumed());
  EXPECT_EQ(consumed, (std::vector<std::uint64_t>{3, 7, 8}));
  EXPECT_EQ(file.size_bytes(), 8U);
}

TEST_F(input, refuses_a_line_that_is_too_long) {
  write("short\n" + std::string(600'000, 'x'));
  EXPECT_THROW(lines(300'000), command_error);
}

TEST_F(input, reads_all_up_to_a_limit) {
  const std::string content(1'000'000, 'y');
  write(content);
  {
    input_file file(path_);
    EXPECT_EQ(read_all(file, content.size()), content);
  }
  input_file file(path_);
  try {
    (void)read_all(file, content.size() - 1);
    FAIL() << "expected an error";
  } catch (const command_error& why) {
    EXPECT_EQ(why.code(), "value_too_large");
  }
}

TEST_F(input, says_which_file_is_missing) {
  try {
    input_file file(path_ + ".missing");
    FAIL() << "expected an error";
  } catch (const command_error& why) {
    EXPECT_EQ(why.code(), "input");
    EXPECT_NE(std::string(why.what()).find(path_ + ".missing"), std::string::npos);
  }
}

}  // namespace
}  // namespace coppice::cli
