// coppice import: lines of JSON into a store, in batches that are each one version.
//
// What was committed stays, whatever ends the command: a bad line, a full store, Ctrl-C. Every way out says how many
// documents are in. A bad line stops the import after the lines before it were committed; --skip-bad goes on.
#include <fmt/format.h>

#include <chrono>

#include "command.hpp"
#include "failure.hpp"
#include "field_path.hpp"
#include "input.hpp"
#include "json_value.hpp"
#include "progress.hpp"

namespace coppice::cli {

namespace {

constexpr std::size_t batch_lines = 1000;
constexpr std::size_t batch_bytes = std::size_t{4} << 20;
constexpr std::uint64_t reported_bad_lines = 20;

struct import_arguments {
  std::string name;
  std::string file = "-";
  std::string key_field;
  std::string value_field;
  bool skip_bad = false;
  store_options options;
};

struct row {
  value key;
  value stored;
};

/// The entry that a line stands for; throws command_error with what is wrong with the line.
row parse_row(std::string_view line, const import_arguments& arguments) {
  const nlohmann::json tree = parse_json(line);
  if (!tree.is_object()) throw command_error("bad_line", "not a JSON object");
  const nlohmann::json* key = find_field(tree, arguments.key_field);
  if (key == nullptr) throw command_error("bad_line", fmt::format("no field {}", in_quotes(arguments.key_field)));
  // With --value a line may come from `scan --json`, where a key of bytes is an object.
  const bool any_key = !arguments.value_field.empty();
  if (!key->is_string() && !key->is_number() && !any_key) {
    throw command_error("bad_line",
                        fmt::format("field {} is neither a string nor a number", in_quotes(arguments.key_field)));
  }
  row result;
  const value parsed_key = from_json(*key);
  result.key = value(parsed_key.view().as_key());
  if (arguments.value_field.empty()) {
    result.stored = document_from_json(tree);
  } else {
    const nlohmann::json* stored = find_field(tree, arguments.value_field);
    if (stored == nullptr)
      throw command_error("bad_line", fmt::format("no field {}", in_quotes(arguments.value_field)));
    result.stored = from_json(*stored);
  }
  if (result.key.view().raw().size() > limits::max_key_bytes) {
    throw command_error("key_too_long",
                        fmt::format("the key has {} bytes, and a key may have {}",
                                    grouped(result.key.view().raw().size()), grouped(limits::max_key_bytes)));
  }
  if (result.stored.view().raw().size() > limits::max_value_bytes) {
    throw command_error("value_too_large",
                        fmt::format("the value has {} bytes, and a value may have {}",
                                    grouped(result.stored.view().raw().size()), grouped(limits::max_value_bytes)));
  }
  return result;
}

class importer {
 public:
  importer(session& shared, const import_arguments& arguments)
      : shared_(shared),
        arguments_(arguments),
        input_(arguments.file),
        lines_(input_, limits::max_value_bytes),
        target_(store::open(arguments.name, arguments.options)),
        bar_(input_.size_bytes()) {}

  int run() {
    try {
      while (const auto line = lines_.next()) {
        if (line->find_first_not_of(" \t") == std::string_view::npos) continue;
        take(*line);
        bar_.update(lines_.bytes_consumed(), committed_);
      }
      commit();
    } catch (const interrupted& why) {
      bar_.clear();
      throw interrupted(why.signal_number(), fmt::format("interrupted; {}", what_is_in()));
    } catch (const command_error& why) {
      bar_.clear();
      throw command_error(why.code(), fmt::format("{}; {}", why.what(), what_is_in()));
    } catch (const error& why) {
      bar_.clear();
      throw command_error(errc_name(why.code()), fmt::format("{}; {}", why.what(), what_is_in()));
    }
    bar_.clear();
    report();
    return exit_ok;
  }

 private:
  void take(std::string_view line) {
    try {
      batch_.push_back(parse_row(line, arguments_));
    } catch (const command_error& why) {
      bad(why);
      return;
    }
    pending_bytes_ += batch_.back().key.view().raw().size() + batch_.back().stored.view().raw().size();
    if (batch_.size() >= batch_lines || pending_bytes_ >= batch_bytes) commit();
  }

  void bad(const command_error& why) {
    const std::string sentence = fmt::format("line {} of {}: {}", lines_.line_number(), input_.label(), why.what());
    if (!arguments_.skip_bad) {
      commit();
      throw command_error("bad_line", sentence);
    }
    if (++skipped_ > reported_bad_lines) return;
    bar_.clear();
    report_warning(sentence + (skipped_ == reported_bad_lines ? "; further bad lines are only counted" : ""));
  }

  void commit() {
    if (batch_.empty()) return;
    std::vector<key_value> entries;
    entries.reserve(batch_.size());
    for (const row& each : batch_) entries.push_back({each.key.view(), each.stored.view()});
    target_.set_many(entries);
    committed_ += batch_.size();
    batch_.clear();
    pending_bytes_ = 0;
  }

  [[nodiscard]] std::string what_is_in() const {
    return fmt::format("{} documents were imported into {} and stay there", grouped(committed_),
                       in_quotes(arguments_.name));
  }

  void report() {
    const double seconds = bar_.seconds();
    if (shared_.json) {
      shared_.out.line(json_line({{"name", arguments_.name},
                                  {"imported", committed_},
                                  {"skipped", skipped_},
                                  {"seconds", seconds},
                                  {"entries", target_.size()},
                                  {"version", target_.version()}}));
      return;
    }
    const auto rate = static_cast<std::uint64_t>(seconds > 0 ? static_cast<double>(committed_) / seconds : 0);
    shared_.out.line(fmt::format("imported {} documents into {} in {:.2f} s ({}/s){}", grouped(committed_),
                                 arguments_.name, seconds, grouped(rate),
                                 skipped_ > 0 ? fmt::format(", skipped {} bad lines", grouped(skipped_)) : ""));
  }

  session& shared_;
  const import_arguments& arguments_;
  input_file input_;
  line_reader lines_;
  store target_;
  progress_bar bar_;
  std::vector<row> batch_;
  std::size_t pending_bytes_ = 0;
  std::uint64_t committed_ = 0;
  std::uint64_t skipped_ = 0;
};

}  // namespace

void add_import(CLI::App& parser, session& shared) {
  CLI::App& command =
      declare(parser, shared, "import",
              {.summary = "Store lines of JSON",
               .details = "Each line is an object, stored as a document under the string or number in its --key field; "
                          "a later line replaces an\n"
                          "earlier one of the same key. The store is created if it is missing. A bad line stops the "
                          "import, and so does Ctrl-C;\n"
                          "what was imported stays.",
               .examples = "  coppice import packages packages.ndjson --key id\n"
                           "  zcat events.ndjson.gz | coppice import events - --key event.id --skip-bad\n"
                           "  coppice import prices prices.ndjson --key name --value price"});
  auto arguments = std::make_shared<import_arguments>();
  add_name(command, arguments->name);
  command.add_option("FILE", arguments->file, "Lines of JSON; - or nothing is standard input");
  command.add_option("--key", arguments->key_field, "Field that holds the key; dots lead into nested objects")
      ->type_name("FIELD")
      ->required();
  command.add_option("--value", arguments->value_field, "Store only this field of a line, a scalar as a scalar")
      ->type_name("FIELD");
  command.add_flag("--skip-bad", arguments->skip_bad, "Report bad lines and go on");
  add_limit(command, arguments->options.limit_bytes);
  add_mode(command, arguments->options.file_mode);
  set_action(command, shared, [&shared, arguments] { return importer(shared, *arguments).run(); });
}

}  // namespace coppice::cli
