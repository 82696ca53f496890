# relayna_module(<name> SOURCES … [USES module…] [OWNS library…] [PCH])
#
# One folder, one library, one namespace. USES names the modules of docs/architecture.md's table this one may include (tests/architecture
# checks the includes against that table); OWNS names the third-party libraries only this module includes. PCH takes the shared Asio
# precompiled header, for modules whose files await I/O.
function(relayna_module name)
  cmake_parse_arguments(arg "PCH" "" "SOURCES;USES;OWNS" ${ARGN})
  set(target relayna_${name})
  add_library(${target} STATIC ${arg_SOURCES})
  add_library(relayna::${name} ALIAS ${target})
  target_include_directories(${target} PUBLIC ${PROJECT_SOURCE_DIR}/include PRIVATE ${PROJECT_SOURCE_DIR}/src)
  foreach(used IN LISTS arg_USES)
    target_link_libraries(${target} PUBLIC relayna_${used})
  endforeach()
  target_link_libraries(${target} PRIVATE relayna_options PUBLIC ${arg_OWNS})
  if(arg_PCH)
    target_precompile_headers(${target} REUSE_FROM relayna_runtime)
  endif()
endfunction()

# relayna_test(<name> SOURCES … [LIBS …]): one GoogleTest executable, registered with ctest under the label of its folder
# (tests/<label>/…), so `scripts/test <label>` runs it.
function(relayna_test name)
  cmake_parse_arguments(arg "" "LABEL" "SOURCES;LIBS" ${ARGN})
  add_executable(${name} ${arg_SOURCES})
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/src ${PROJECT_SOURCE_DIR}/tests)
  target_link_libraries(${name} PRIVATE ${arg_LIBS} relayna_options GTest::gmock GTest::gtest_main)
  add_test(NAME ${name} COMMAND ${name})
  set_tests_properties(${name} PROPERTIES LABELS "${arg_LABEL}" TIMEOUT 300)
endfunction()
