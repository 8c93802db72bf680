#define _GNU_SOURCE
#include "servo_terminal.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

enum { ROOM = 64 };

static volatile sig_atomic_t is_taken = 0;
static volatile sig_atomic_t was_resumed = 0;
static int key_source = -1;
static int screen = -1;
static struct termios before;
static struct termios during;
static char entering[ROOM];
static char leaving[ROOM];

// Signals that end the process where nobody catches them, and one that stops it.
static const int ends[] = {SIGINT,  SIGTERM, SIGHUP, SIGQUIT, SIGABRT, SIGBUS,
                           SIGFPE,  SIGILL,  SIGSEGV, SIGTRAP, SIGTSTP};
enum { COUNT = sizeof ends / sizeof ends[0] };
static struct sigaction replaced[COUNT];
static volatile sig_atomic_t is_replaced[COUNT];

static void put(const char *text) {
  size_t left = strlen(text);
  while (left > 0) {
    const ssize_t count = write(screen, text, left);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return;
    text += count;
    left -= (size_t)count;
  }
}

void servo_terminal_give_back(void) {
  if (!is_taken) return;
  is_taken = 0;
  const int kept = errno;
  // A process in the background would be stopped by its change of the terminal.
  sigset_t block, held;
  sigemptyset(&block);
  sigaddset(&block, SIGTTOU);
  const int is_blocked = pthread_sigmask(SIG_BLOCK, &block, &held) == 0;
  put(leaving);
  if (key_source >= 0) tcsetattr(key_source, TCSANOW, &before);
  if (is_blocked) pthread_sigmask(SIG_SETMASK, &held, NULL);
  errno = kept;
}

static void put_back(int index) {
  if (!is_replaced[index]) return;
  is_replaced[index] = 0;
  sigaction(ends[index], &replaced[index], NULL);
}

// Ctrl-Z: the shell gets its terminal, and what is drawn comes back with fg.
static void stop_and_go_on(void) {
  const int had_it = is_taken;
  servo_terminal_give_back();
  raise(SIGSTOP);
  if (!had_it) return;
  if (key_source >= 0) tcsetattr(key_source, TCSANOW, &during);
  put(entering);
  is_taken = 1;
  was_resumed = 1;
}

static void end(int number) {
  const int kept = errno;
  if (number == SIGTSTP) {
    stop_and_go_on();
    errno = kept;
    return;
  }
  servo_terminal_give_back();
  for (int index = 0; index < COUNT; index++) {
    if (ends[index] == number) put_back(index);
  }
  // What caused a crash happens again on return; of other signals nothing would come by itself.
  raise(number);
  errno = kept;
}

static int replace(int index) {
  struct sigaction now;
  if (sigaction(ends[index], NULL, &now) != 0) return -errno;
  const int is_own = (now.sa_flags & SA_SIGINFO) == 0 && now.sa_handler == end;
  const int ends_process = (now.sa_flags & SA_SIGINFO) == 0 && now.sa_handler == SIG_DFL;
  const int is_crash = ends[index] != SIGINT && ends[index] != SIGTERM && ends[index] != SIGHUP;
  // Who catches a termination gives the terminal back on his way out; what is ignored stays so.
  if (is_own || (!ends_process && (!is_crash || ends[index] == SIGTSTP))) return 0;
  struct sigaction action = {.sa_handler = end, .sa_flags = SA_RESTART | SA_ONSTACK};
  sigemptyset(&action.sa_mask);
  replaced[index] = now;
  if (sigaction(ends[index], &action, NULL) != 0) return -errno;
  is_replaced[index] = 1;
  return 0;
}

int servo_terminal_take(int input, int output, const char *enter, const char *leave) {
  if (is_taken) return -EBUSY;
  if (strlen(enter) >= ROOM || strlen(leave) >= ROOM) return -EINVAL;
  if (input >= 0 && tcgetattr(input, &before) != 0) return -errno;
  key_source = input;
  screen = output;
  memcpy(entering, enter, strlen(enter) + 1);
  memcpy(leaving, leave, strlen(leave) + 1);
  for (int index = 0; index < COUNT; index++) {
    const int result = replace(index);
    if (result != 0) return result;
  }
  is_taken = 1;
  if (input >= 0) {
    during = before;
    during.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
    during.c_cc[VMIN] = 0;
    during.c_cc[VTIME] = 0;
    if (tcsetattr(input, TCSANOW, &during) != 0) {
      const int reason = errno;
      is_taken = 0;
      return -reason;
    }
  }
  put(entering);
  return 0;
}

int servo_terminal_resumed(void) {
  const int answer = was_resumed;
  was_resumed = 0;
  return answer;
}

int servo_terminal_keep_default(int number) {
  for (int index = 0; index < COUNT; index++) {
    if (ends[index] != number || !is_replaced[index]) continue;
    struct sigaction action = {.sa_handler = SIG_DFL};
    sigemptyset(&action.sa_mask);
    replaced[index] = action;
    return 1;
  }
  return 0;
}
