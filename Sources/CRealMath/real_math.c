#include "real_math.h"
