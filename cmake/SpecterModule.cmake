# specter_module(NAME LINKS ...): one folder of src/ as one library that links only what it may use
# (docs/architecture.md has the picture; scripts/check compares every #include with these lists),
# and its tests, the *_test.cc beside the code, as one program.
#
#   WITHOUT     sources that this build leaves out
#   LINKS       modules below this one, by their folder's name
#   PUBLIC      other libraries that its headers need
#   PRIVATE     other libraries that only its sources need
#   TEST_LINKS      modules that only its tests need, by their folder's name
#   TEST_LIBRARIES  other libraries that only its tests need
function(specter_module name)
  cmake_parse_arguments(ARG "" "" "WITHOUT;LINKS;PUBLIC;PRIVATE;TEST_LINKS;TEST_LIBRARIES" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cc)
  list(TRANSFORM ARG_WITHOUT PREPEND ${CMAKE_CURRENT_SOURCE_DIR}/)
  list(REMOVE_ITEM sources ${ARG_WITHOUT})
  set(tests ${sources})
  list(FILTER sources EXCLUDE REGEX "_test\\.cc$")
  list(FILTER tests INCLUDE REGEX "_test\\.cc$")

  set(target specter_${name})
  set(modules ${ARG_LINKS})
  list(TRANSFORM modules PREPEND specter_)
  if(sources)
    add_library(${target} STATIC ${sources})
    set(scope PUBLIC)
    target_link_libraries(${target} PRIVATE specter_options ${ARG_PRIVATE})
  else()
    add_library(${target} INTERFACE)
    set(scope INTERFACE)
  endif()
  target_include_directories(${target} ${scope} ${PROJECT_SOURCE_DIR}/src ${PROJECT_SOURCE_DIR}/include)
  target_link_libraries(${target} ${scope} ${modules} ${ARG_PUBLIC})
  set_property(GLOBAL PROPERTY SPECTER_LINKS_${name} ${ARG_LINKS})

  if(SPECTER_BUILD_TESTS AND tests)
    set(test_modules ${ARG_TEST_LINKS})
    list(TRANSFORM test_modules PREPEND specter_)
    add_executable(${target}_test ${tests})
    target_link_libraries(${target}_test PRIVATE
      ${target} ${test_modules} ${ARG_TEST_LIBRARIES} specter_test_options GTest::gmock GTest::gtest_main)
    gtest_discover_tests(${target}_test TEST_PREFIX ${name}. DISCOVERY_MODE PRE_TEST
      PROPERTIES TIMEOUT 120 LABELS unit)
  endif()
endfunction()

# The module's objects and those of all modules that it reaches through LINKS.
function(specter_objects_of module result)
  set(objects)
  set(reached ${module})
  set(waiting ${module})
  while(waiting)
    list(POP_FRONT waiting next)
    get_target_property(type specter_${next} TYPE)
    if(type STREQUAL "STATIC_LIBRARY")
      list(APPEND objects $<TARGET_OBJECTS:specter_${next}>)
    endif()
    get_property(links GLOBAL PROPERTY SPECTER_LINKS_${next})
    list(REMOVE_ITEM links ${reached})
    list(APPEND reached ${links})
    list(APPEND waiting ${links})
  endwhile()
  set(${result} ${objects} PARENT_SCOPE)
endfunction()
