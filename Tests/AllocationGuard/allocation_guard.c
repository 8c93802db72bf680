#include "allocation_guard.h"
