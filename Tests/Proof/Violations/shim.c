// What a function of the C shim that is marked as safe must not do; each is one error of -Wfunction-effects.
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "servo_bus.h"

SERVO_BUS_SAFE int allocation(void);
SERVO_BUS_SAFE int allocation(void) {
  free(malloc(1));
  return 0;
}

SERVO_BUS_SAFE int lock(pthread_mutex_t *mutex);
SERVO_BUS_SAFE int lock(pthread_mutex_t *mutex) { return pthread_mutex_lock(mutex); }

SERVO_BUS_SAFE int print(void);
SERVO_BUS_SAFE int print(void) { return puts("cycle"); }

SERVO_BUS_SAFE int blocking(void);
SERVO_BUS_SAFE int blocking(void) { return servo_clock_sleep_until(1); }
