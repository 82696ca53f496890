# cmake -DOUTPUT=file.cpp -DPOSTGRES=a.sql,b.sql -DSQLITE=… -P embed_migrations.cmake
#
# Writes the migration files into a C++ source, so that the binary needs no files at run time. Their names give number and
# name (0001_data_path.sql), their first line says which older binaries may serve the schema afterwards
# (`-- compatible_with: 1`), their bytes the checksum. A mistake in any of these stops the build.

function(embed list_name files out)
  string(REPLACE "," ";" files "${files}")
  set(entries "")
  set(expected 0)
  foreach(file IN LISTS files)
    math(EXPR expected "${expected} + 1")
    get_filename_component(stem "${file}" NAME_WE)
    if(NOT stem MATCHES "^([0-9][0-9][0-9][0-9])_([a-z0-9_]+)$")
      message(FATAL_ERROR "${file}: a migration is called 0001_what_it_does.sql")
    endif()
    set(digits "${CMAKE_MATCH_1}")
    set(name "${CMAKE_MATCH_2}")
    math(EXPR number "1${digits} - 10000")
    if(NOT number EQUAL expected)
      message(FATAL_ERROR "${file}: expected number ${expected}; migrations are listed in order, without gaps")
    endif()
    file(READ "${file}" sql)
    if(NOT sql MATCHES "^-- compatible_with: ([0-9]+)\n")
      message(FATAL_ERROR "${file}: the first line must be `-- compatible_with: N`")
    endif()
    set(compatible_with "${CMAKE_MATCH_1}")
    if(compatible_with LESS 1 OR compatible_with GREATER number)
      message(FATAL_ERROR "${file}: compatible_with must lie between 1 and ${number}")
    endif()
    if(sql MATCHES "\\)sql_\"")
      message(FATAL_ERROR "${file}: contains the end mark of the literal it is embedded in")
    endif()
    file(SHA256 "${file}" checksum)
    string(APPEND entries
           "    {${number}, \"${name}\", ${compatible_with},\n     \"${checksum}\",\n     R\"sql_(${sql})sql_\"},\n")
  endforeach()
  set(${out} "constexpr Migration ${list_name}[] = {\n${entries}};\n" PARENT_SCOPE)
endfunction()

embed(kPostgres "${POSTGRES}" postgres)
embed(kSqlite "${SQLITE}" sqlite)
file(WRITE "${OUTPUT}" "// Made from migrations/ by src/store/embed_migrations.cmake.
#include \"store/migration.hpp\"

namespace relayna::store {

namespace {
${postgres}
${sqlite}
}  // namespace

std::span<const Migration> postgres_migrations() noexcept { return kPostgres; }
std::span<const Migration> sqlite_migrations() noexcept { return kSqlite; }

}  // namespace relayna::store
")
