#include "trace/trace-hw_capi.h"
