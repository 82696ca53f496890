# Compiler flags, ccache and sanitizers: everything about how a file is compiled, nothing about what is built.

find_program(CCACHE ccache)
if(CCACHE)
  # Clang's precompiled headers carry timestamps that defeat a cache; the two flags below and the sloppiness make them cacheable.
  set(CMAKE_CXX_COMPILER_LAUNCHER
      ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime ${CCACHE})
  set(CMAKE_C_COMPILER_LAUNCHER ${CCACHE})
endif()

add_library(relayna_options INTERFACE)
target_compile_options(
  relayna_options
  INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual -Wold-style-cast -Wcast-align
            -Wno-missing-field-initializers)
if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  target_compile_options(relayna_options INTERFACE $<$<COMPILE_LANGUAGE:CXX>:SHELL:-Xclang -fno-pch-timestamp>)
  # clang 19 warns on the C++23 spelling of Asio's and Beast's own macros only; ours must stay clean.
  add_link_options(-fuse-ld=lld)
endif()
option(RELAYNA_WERROR "Warnings are errors" ON)
if(RELAYNA_WERROR)
  target_compile_options(relayna_options INTERFACE -Werror)
endif()

set(RELAYNA_SANITIZE "" CACHE STRING "Comma-separated sanitizers (address,undefined | thread | fuzzer-no-link,…)")
if(RELAYNA_SANITIZE)
  add_compile_options(-fsanitize=${RELAYNA_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${RELAYNA_SANITIZE})
endif()
option(RELAYNA_COVERAGE "Instrument for llvm-cov" OFF)
if(RELAYNA_COVERAGE)
  add_compile_options(-fprofile-instr-generate -fcoverage-mapping)
  add_link_options(-fprofile-instr-generate)
endif()
