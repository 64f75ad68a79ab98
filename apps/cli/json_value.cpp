#include "json_value.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "base64.hpp"
#include "failure.hpp"
#include "utf8.hpp"

namespace coppice::cli {

namespace {

using json = nlohmann::json;

/// Reads a tree without building it, to know how deep it is before anything recurses into it.
class depth_probe : public json::json_sax_t {
 public:
  bool null() override { return true; }
  bool boolean(bool /*value*/) override { return true; }
  bool number_integer(json::number_integer_t /*value*/) override { return true; }
  bool number_unsigned(json::number_unsigned_t /*value*/) override { return true; }
  bool number_float(json::number_float_t /*value*/, const std::string& /*text*/) override { return true; }
  bool string(std::string& /*value*/) override { return true; }
  bool binary(json::binary_t& /*value*/) override { return true; }
  bool key(std::string& /*value*/) override { return true; }
  bool start_object(std::size_t /*count*/) override { return enter(); }
  bool start_array(std::size_t /*count*/) override { return enter(); }
  bool end_object() override { return leave(); }
  bool end_array() override { return leave(); }
  bool parse_error(std::size_t /*position*/, const std::string& /*token*/, const json::exception& /*why*/) override {
    return false;
  }
  [[nodiscard]] bool too_deep() const noexcept { return too_deep_; }

 private:
  bool enter() {
    too_deep_ = ++depth_ > max_json_depth;
    return !too_deep_;
  }
  bool leave() {
    --depth_;
    return true;
  }

  std::size_t depth_ = 0;
  bool too_deep_ = false;
};

json tagged(std::string_view tag, std::span<const std::byte> raw) { return json{{std::string(tag), to_base64(raw)}}; }

std::span<const std::byte> bytes_of(const json::binary_t& binary) { return std::as_bytes(std::span(binary)); }

json number_to_json(double number) {
  if (std::isfinite(number)) return number;
  if (std::isnan(number)) return json{{"$number", "NaN"}};
  return json{{"$number", number > 0 ? "Infinity" : "-Infinity"}};
}

std::string text_to_json(std::string_view text, bool& replaced) {
  if (is_utf8(text)) return std::string(text);
  replaced = true;
  return to_utf8(text);
}

/// Makes a decoded document one that JSON can hold.
void make_plain(json& tree, bool& replaced) {
  switch (tree.type()) {
    case json::value_t::object: {
      json::object_t plain;
      for (auto& [name, member] : tree.get_ref<json::object_t&>()) {
        make_plain(member, replaced);
        plain.insert_or_assign(text_to_json(name, replaced), std::move(member));
      }
      tree = std::move(plain);
      break;
    }
    case json::value_t::array:
      for (json& element : tree) make_plain(element, replaced);
      break;
    case json::value_t::string:
      tree = text_to_json(tree.get_ref<const std::string&>(), replaced);
      break;
    case json::value_t::number_float:
      tree = number_to_json(tree.get<double>());
      break;
    case json::value_t::binary: {
      json plain = tagged("$bytes", bytes_of(tree.get_binary()));
      if (tree.get_binary().has_subtype()) plain["$type"] = tree.get_binary().subtype();
      tree = std::move(plain);
      break;
    }
    default:
      break;
  }
}

json document_to_json(std::span<const std::byte> raw, bool& replaced) {
  const auto* first = reinterpret_cast<const char*>(raw.data());
  const auto* last = first + raw.size();
  // No tree is deeper than it has bytes.
  if (raw.size() > max_json_depth) {
    depth_probe probe;
    json::sax_parse(first, last, &probe, json::input_format_t::msgpack);
    if (probe.too_deep()) return tagged("$messagepack", raw);
  }
  json tree = json::from_msgpack(first, last, true, false);
  if (tree.is_discarded()) return tagged("$messagepack", raw);
  make_plain(tree, replaced);
  return tree;
}

/// The library's message without its own prefix: "[json.exception.parse_error.101] parse error at line 1, column 5:
/// ..."
std::string plain_message(const json::exception& why) {
  std::string_view message = why.what();
  if (const auto bracket = message.find("] "); bracket != std::string_view::npos) message.remove_prefix(bracket + 2);
  if (message.starts_with("parse error at line ")) {
    if (const auto column = message.find("column "); column != std::string_view::npos) {
      return fmt::format("not JSON at {}", to_utf8(message.substr(column)));
    }
  }
  return to_utf8(message);
}

/// The only member of an object that has just one, if it is a string of that name.
const std::string* only_member(const json& tree, std::string_view name) {
  if (!tree.is_object() || tree.size() != 1 || tree.begin().key() != name || !tree.begin()->is_string()) return nullptr;
  return tree.begin()->get_ptr<const std::string*>();
}

}  // namespace

json_result to_json(const value_view& stored) {
  json_result result;
  switch (stored.kind()) {
    case value_kind::null:
      break;
    case value_kind::boolean_false:
    case value_kind::boolean_true:
      result.tree = stored.as_bool().value_or(false);
      break;
    case value_kind::int64:
      result.tree = stored.as_int64().value_or(0);
      break;
    case value_kind::float64:
      result.tree = number_to_json(stored.as_double().value_or(0));
      break;
    case value_kind::string_ascii:
    case value_kind::string_wtf8:
      result.tree = text_to_json(stored.as_string().value_or(""), result.replaced);
      break;
    case value_kind::bytes:
      result.tree = tagged("$bytes", stored.raw());
      break;
    case value_kind::document:
      result.tree = document_to_json(stored.raw(), result.replaced);
      break;
    case value_kind::map:
    case value_kind::set:
    case value_kind::vector:  // its type is known to C++ programs only
      result.tree = json{
          {fmt::format("${}", value_kind_name(stored.kind())), {{"elements", stored.collection_size().value_or(0)}}}};
      break;
    default:
      result.tree = tagged(fmt::format("${}", value_kind_name(stored.kind())), stored.raw());
  }
  return result;
}

std::string json_line(const json& tree) { return tree.dump(-1, ' ', false, json::error_handler_t::replace); }

json parse_json(std::string_view text) {
  const auto brackets = std::count_if(text.begin(), text.end(), [](char c) { return c == '[' || c == '{'; });
  if (static_cast<std::size_t>(brackets) > max_json_depth) {
    depth_probe probe;
    json::sax_parse(text.begin(), text.end(), &probe);
    if (probe.too_deep()) {
      throw command_error("bad_json", fmt::format("JSON nested deeper than {} levels", max_json_depth));
    }
  }
  try {
    return json::parse(text.begin(), text.end());
  } catch (const json::exception& why) {
    throw command_error("bad_json", plain_message(why));
  }
}

value from_json(const json& tree) {
  if (const std::string* text = only_member(tree, "$bytes")) {
    const auto raw = from_base64(*text);
    if (!raw) throw command_error("bad_json", "the text of \"$bytes\" is not base64");
    return value(value_view(std::as_bytes(std::span(*raw))));
  }
  if (const std::string* text = only_member(tree, "$number")) {
    if (*text == "NaN") return value(std::numeric_limits<double>::quiet_NaN());
    if (*text == "Infinity") return value(std::numeric_limits<double>::infinity());
    if (*text == "-Infinity") return value(-std::numeric_limits<double>::infinity());
    throw command_error("bad_json", "the text of \"$number\" is none of NaN, Infinity, -Infinity");
  }
  switch (tree.type()) {
    case json::value_t::null:
      return value();
    case json::value_t::boolean:
      return value(tree.get<bool>());
    case json::value_t::number_integer:
      return value(tree.get<std::int64_t>());
    case json::value_t::number_unsigned:
      if (tree.get<std::uint64_t>() > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
        throw command_error("bad_json", fmt::format("{} is beyond 64 bits with a sign; write it as a string, or with a "
                                                    "decimal point as a double",
                                                    tree.get<std::uint64_t>()));
      }
      return value(tree.get<std::int64_t>());
    case json::value_t::number_float:
      return value(tree.get<double>());
    case json::value_t::string:
      return value(value_view(tree.get_ref<const std::string&>()));
    default:
      return document_from_json(tree);
  }
}

value document_from_json(const json& tree) {
  const std::vector<std::uint8_t> encoded = json::to_msgpack(tree);
  return value(value_view::document(std::as_bytes(std::span(encoded))));
}

}  // namespace coppice::cli
