#include <gmock/gmock.h>

#include "control/usage/csv.hpp"

namespace relayna::control {
namespace {

std::string cell(std::string_view text) {
  CsvWriter csv;
  csv.text(text);
  return csv.take();
}

TEST(Csv, RowsEndWithCrlfAndCellsWithCommas) {
  CsvWriter csv;
  csv.text("a");
  csv.value(nullptr);
  csv.value(12);
  csv.value(-3);
  csv.value(true);
  csv.value("x");
  csv.end_row();
  csv.text("");
  csv.text("b");
  csv.end_row();
  EXPECT_EQ(csv.take(), "a,,12,-3,true,x\r\n,b\r\n");
  EXPECT_EQ(csv.take(), "") << "taken";
}

TEST(Csv, QuotesWhatMustBeQuotedOnly) {
  EXPECT_EQ(cell("plain text; 'with' signs"), "plain text; 'with' signs");
  EXPECT_EQ(cell("a,b"), "\"a,b\"");
  EXPECT_EQ(cell("say \"hi\""), "\"say \"\"hi\"\"\"");
  EXPECT_EQ(cell("two\nlines"), "\"two\nlines\"");
  EXPECT_EQ(cell("a\rb"), "\"a\rb\"");
  EXPECT_EQ(cell("模型 🙂"), "模型 🙂");
}

TEST(Csv, NoTextIsAFormula) {
  for (const char* formula : {"=1+1", "+1", "-1", "@SUM(A1)", "\tx"})
    EXPECT_EQ(cell(formula), "'" + std::string(formula));
  EXPECT_EQ(cell("=HYPERLINK(\"http://x\",\"y\")"), "\"'=HYPERLINK(\"\"http://x\"\",\"\"y\"\")\"");
  EXPECT_EQ(cell("\r=1"), "\"'\r=1\"");
  EXPECT_EQ(cell("a=1"), "a=1");
}

}  // namespace
}  // namespace relayna::control
