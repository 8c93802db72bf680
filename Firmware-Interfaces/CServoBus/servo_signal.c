#define _GNU_SOURCE
#include "servo_signal.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>

static volatile sig_atomic_t caught = 0;

static void note(int number) { caught = number; }

int servo_signal_catch(void) {
  // SA_RESETHAND restores the default action, so that a second Ctrl-C always works.
  struct sigaction action = {.sa_handler = note, .sa_flags = SA_RESETHAND | SA_RESTART};
  sigemptyset(&action.sa_mask);
  const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
  for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
    if (sigaction(numbers[i], &action, NULL) != 0) return -errno;
  }
  return 0;
}

int servo_signal_caught(void) { return (int)caught; }
