// Base64 of bytes in JSON.
#include "apps/cli/base64.hpp"

#include <gtest/gtest.h>

#include <string>

namespace coppice::cli {
namespace {

std::string encode(const std::string& raw) { return to_base64(std::as_bytes(std::span(raw))); }

TEST(base64, encodes_the_examples_of_the_standard) {
  EXPECT_EQ(encode(""), "");
  EXPECT_EQ(encode("f"), "Zg==");
  EXPECT_EQ(encode("fo"), "Zm8=");
  EXPECT_EQ(encode("foo"), "Zm9v");
  EXPECT_EQ(encode("foob"), "Zm9vYg==");
  EXPECT_EQ(encode("fooba"), "Zm9vYmE=");
  EXPECT_EQ(encode("foobar"), "Zm9vYmFy");
}

TEST(base64, decodes_what_it_encodes) {
  std::string raw;
  for (int i = 0; i < 600; ++i) {
    EXPECT_EQ(from_base64(encode(raw)), raw) << i;
    raw += static_cast<char>(i * 37);
  }
}

TEST(base64, refuses_what_it_would_not_write) {
  for (const char* text :
       {"Z", "Zg", "Zg=", "Zg===", "Z===", "====", "=", "Zh==", "Zm9=", "Zm9v\n", "Zm-_", "Zm 8", "Zg==Zg=="}) {
    EXPECT_FALSE(from_base64(text)) << text;
  }
}

}  // namespace
}  // namespace coppice::cli
