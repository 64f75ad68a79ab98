# Layers and the libraries made of them.
#
# A layer's CMakeLists.txt says `add_library(coppice_<layer> OBJECT ...)` with its sources and what it links; everything
# that layers have in common is added here. A library variant compiles the same sources again with more definitions.

# Gives a target the include paths and flags of the tree: "coppice/..." and "src/...".
function(coppice_internal_target target)
  target_include_directories(${target} PRIVATE
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include> $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}>)
  target_include_directories(${target} SYSTEM PRIVATE
    $<BUILD_INTERFACE:${COPPICE_XXHASH_INCLUDE_DIR}> $<BUILD_INTERFACE:${COPPICE_ZSTD_INCLUDE_DIR}>
    $<BUILD_INTERFACE:${COPPICE_SODIUM_INCLUDE_DIR}>)
  target_link_libraries(${target} PRIVATE $<BUILD_INTERFACE:coppice_flags>)
endfunction()

function(coppice_adopt_layer layer)
  coppice_internal_target(coppice_${layer})
  # Presets for tests compile several sources of a target at once; a layer is tested as it is delivered.
  set_target_properties(coppice_${layer} PROPERTIES UNITY_BUILD OFF)
  set_property(GLOBAL APPEND PROPERTY COPPICE_LAYERS ${layer})
endfunction()

function(coppice_nothrow_layer layer)
  target_compile_options(coppice_${layer} PRIVATE -fno-exceptions -fno-rtti)
endfunction()

# Compiles a layer once more, as coppice_<layer>_<variant>, with further definitions.
function(coppice_layer_variant layer variant definitions)
  get_target_property(directory coppice_${layer} SOURCE_DIR)
  get_target_property(sources coppice_${layer} SOURCES)
  list(TRANSFORM sources PREPEND "${directory}/" REGEX "^[^/$]")
  add_library(coppice_${layer}_${variant} OBJECT ${sources})
  set_target_properties(coppice_${layer}_${variant} PROPERTIES UNITY_BUILD OFF)
  foreach(property INCLUDE_DIRECTORIES COMPILE_DEFINITIONS COMPILE_OPTIONS LINK_LIBRARIES)
    get_target_property(value coppice_${layer} ${property})
    if(value)
      set_property(TARGET coppice_${layer}_${variant} PROPERTY ${property} ${value})
    endif()
  endforeach()
  target_compile_definitions(coppice_${layer}_${variant} PRIVATE ${definitions})
endfunction()

# coppice_library(<name> [VARIANT <variant> DEFINITIONS <definition>...])
# A library of all layers; with a variant, a static one of the layers compiled for it.
function(coppice_library name)
  cmake_parse_arguments(ARG "" "VARIANT" "DEFINITIONS" ${ARGN})
  get_property(layers GLOBAL PROPERTY COPPICE_LAYERS)
  set(objects "")
  foreach(layer IN LISTS layers)
    set(object coppice_${layer})
    if(ARG_VARIANT)
      coppice_layer_variant(${layer} ${ARG_VARIANT} "${ARG_DEFINITIONS}")
      set(object coppice_${layer}_${ARG_VARIANT})
    endif()
    list(APPEND objects $<TARGET_OBJECTS:${object}>)
  endforeach()
  set(type "")
  if(ARG_VARIANT)
    set(type STATIC)
  endif()
  add_library(${name} ${type} ${objects})
  set_target_properties(${name} PROPERTIES LINKER_LANGUAGE CXX)
  target_compile_features(${name} PUBLIC cxx_std_20)
  target_compile_definitions(${name} INTERFACE ${ARG_DEFINITIONS})
  target_include_directories(${name} PUBLIC
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
  target_link_libraries(${name} PRIVATE Threads::Threads ${coppice_link_names} $<BUILD_INTERFACE:coppice_flags>)
endfunction()
