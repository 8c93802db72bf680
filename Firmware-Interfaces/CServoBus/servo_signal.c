#define _GNU_SOURCE
#include "servo_signal.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>

#include "servo_terminal.h"

static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
enum { COUNT = sizeof numbers / sizeof numbers[0] };

static volatile sig_atomic_t caught = 0;
static volatile sig_atomic_t was_caught[COUNT];

// The same signal for the second time takes its default action, so that a second Ctrl-C always works.
static void note(int number) {
  for (size_t i = 0; i < COUNT; i++) {
    if (numbers[i] != number) continue;
    if (was_caught[i]) {
      servo_terminal_give_back();
      signal(number, SIG_DFL);
      raise(number);
      return;
    }
    was_caught[i] = 1;
  }
  caught = number;
}

int servo_signal_catch(void) {
  struct sigaction action = {.sa_handler = note, .sa_flags = SA_RESTART};
  sigemptyset(&action.sa_mask);
  for (size_t i = 0; i < COUNT; i++) {
    if (sigaction(numbers[i], &action, NULL) != 0) return -errno;
  }
  return 0;
}

int servo_signal_caught(void) { return (int)caught; }
