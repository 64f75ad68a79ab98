#include "key_argument.hpp"

#include <fmt/format.h>

#include <charconv>

#include "base64.hpp"
#include "failure.hpp"
#include "utf8.hpp"

namespace coppice::cli {

namespace {

template <class Number>
value parse_number(std::string_view text, std::string_view type) {
  Number number = 0;
  const auto [stop, status] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (status != std::errc() || stop != text.data() + text.size()) {
    throw command_error("usage", fmt::format("the key {} is not {}", in_quotes(text), type));
  }
  return value(value_view(number).as_key());
}

}  // namespace

void key_argument::add_to(CLI::App& command) {
  command.add_option("KEY", text, "The key; a string unless a flag says otherwise")->required();
  auto* integer = command.add_flag("--int", is_int, "KEY is an integer");
  auto* number = command.add_flag("--double", is_double, "KEY is a number that may have a fraction")->excludes(integer);
  command.add_flag("--bytes", is_bytes, "KEY is base64 of a binary key")->excludes(integer)->excludes(number);
}

value key_argument::parse() const {
  if (is_int) return parse_key(text, key_type::int64);
  if (is_double) return parse_key(text, key_type::float64);
  if (is_bytes) return parse_key(text, key_type::bytes);
  return parse_key(text, key_type::string);
}

value parse_key(std::string_view text, key_type type) {
  switch (type) {
    case key_type::int64:
      return parse_number<std::int64_t>(text, "an integer of 64 bits");
    case key_type::float64:
      return parse_number<double>(text, "a number");
    case key_type::bytes: {
      const auto raw = from_base64(text);
      if (!raw) throw command_error("usage", fmt::format("the key {} is not base64", in_quotes(text)));
      return value(value_view(std::as_bytes(std::span(*raw))));
    }
    case key_type::string:
      break;
  }
  if (!is_wtf8(text)) {
    throw command_error("bad_text", fmt::format("the key {} is not UTF-8; a binary key is given as base64 with --bytes",
                                                in_quotes(text)));
  }
  return value(value_view(text));
}

}  // namespace coppice::cli
