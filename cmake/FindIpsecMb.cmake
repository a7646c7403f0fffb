# Intel's multi-buffer library, libipsec-mb: one header and one library, no CMake package. Version 1.3
# is the first with the functions that we call (a burst of jobs that ends with the call).
find_path(IpsecMb_INCLUDE_DIR intel-ipsec-mb.h)
find_library(IpsecMb_LIBRARY IPSec_MB)
if(IpsecMb_INCLUDE_DIR)
  file(STRINGS ${IpsecMb_INCLUDE_DIR}/intel-ipsec-mb.h version_line
    REGEX "^#define IMB_VERSION_STR +\"[0-9.]+")
  string(REGEX MATCH "[0-9]+\\.[0-9]+\\.[0-9]+" IpsecMb_VERSION "${version_line}")
endif()
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(IpsecMb
  REQUIRED_VARS IpsecMb_LIBRARY IpsecMb_INCLUDE_DIR VERSION_VAR IpsecMb_VERSION)
if(IpsecMb_FOUND AND NOT TARGET IpsecMb::IpsecMb)
  add_library(IpsecMb::IpsecMb UNKNOWN IMPORTED)
  set_target_properties(IpsecMb::IpsecMb PROPERTIES IMPORTED_LOCATION ${IpsecMb_LIBRARY})
  target_include_directories(IpsecMb::IpsecMb SYSTEM INTERFACE ${IpsecMb_INCLUDE_DIR})
endif()
