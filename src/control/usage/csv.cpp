#include "control/usage/csv.hpp"

#include <utility>

namespace relayna::control {

namespace {

bool may_be_formula(std::string_view cell) {
  return !cell.empty() && std::string_view("=+-@\t\r\n").contains(cell.front());
}

}  // namespace

void CsvWriter::separate() {
  if (row_begun_) out_ += ',';
  row_begun_ = true;
}

void CsvWriter::text(std::string_view cell) {
  separate();
  const bool quoted = cell.find_first_of(",\"\r\n") != std::string_view::npos;
  if (quoted) out_ += '"';
  if (may_be_formula(cell)) out_ += '\'';
  for (const char c : cell) {
    if (c == '"') out_ += '"';
    out_ += c;
  }
  if (quoted) out_ += '"';
}

void CsvWriter::value(const json::Document& cell) {
  if (cell.is_string()) return text(cell.get_ref<const std::string&>());
  separate();
  if (!cell.is_null()) out_ += json::dump(cell);
}

void CsvWriter::end_row() {
  out_ += "\r\n";
  row_begun_ = false;
}

std::string CsvWriter::take() {
  return std::exchange(out_, {});
}

}  // namespace relayna::control
