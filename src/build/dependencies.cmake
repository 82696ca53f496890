# Third-party libraries, all from Debian 12. docs/dependencies.md gives the reason for each; a module names the ones it owns.

find_package(Threads REQUIRED)
find_package(OpenSSL 3.0 REQUIRED)
find_package(Boost 1.81 CONFIG REQUIRED COMPONENTS headers)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(prometheus-cpp CONFIG REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(simdjson REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(ZLIB REQUIRED)
find_package(CLI11 REQUIRED)
if(NOT RELAYNA_SANITIZE)  # a sanitizer brings its own allocator
  find_package(mimalloc REQUIRED)
endif()
find_package(PkgConfig REQUIRED)
pkg_check_modules(LIBPQXX REQUIRED IMPORTED_TARGET libpqxx)
pkg_check_modules(HIREDIS REQUIRED IMPORTED_TARGET hiredis)
pkg_check_modules(RE2 REQUIRED IMPORTED_TARGET re2)
pkg_check_modules(BROTLIDEC REQUIRED IMPORTED_TARGET libbrotlidec)
pkg_check_modules(ZSTD REQUIRED IMPORTED_TARGET libzstd)

# Asio is compiled once (src/runtime/asio.cpp); the definitions must agree in every file that sees it.
add_library(relayna_boost INTERFACE)
target_link_libraries(relayna_boost INTERFACE Boost::headers Threads::Threads)
target_compile_definitions(
  relayna_boost INTERFACE BOOST_ASIO_SEPARATE_COMPILATION BOOST_BEAST_SEPARATE_COMPILATION BOOST_ASIO_NO_DEPRECATED
                          BOOST_ASIO_DISABLE_BOOST_COROUTINE)
get_target_property(boost_includes Boost::headers INTERFACE_INCLUDE_DIRECTORIES)
if(boost_includes)
  target_include_directories(relayna_boost SYSTEM INTERFACE ${boost_includes})
endif()
