// A terminal that is given back however the process ends.
//
// What is changed of it is put right by the handler of every signal that ends or stops the process: a crash, a second Ctrl-C, a
// hang-up, Ctrl-Z. Only SIGKILL leaves it as it is; `reset` helps then.
#pragma once

/// Takes the terminal: keys come one by one and are not shown, signals of keys stay, `enter` is written. `leave` is what gives its
/// screen back; both are sequences of at most 63 bytes.
///
/// `input` is the terminal that keys come from, or -1 for none; `output` the one that is written to. Returns 0 or a negative errno;
/// -EBUSY where it is taken.
int servo_terminal_take(int input, int output, const char *enter, const char *leave);

/// Gives the terminal back as it was; nothing where it is not taken. May be called from a handler.
void servo_terminal_give_back(void);

/// Whether the process was stopped and went on since this was asked last, so that the screen has to be drawn anew.
int servo_terminal_resumed(void);

/// Where a signal's handler gives the terminal back: lets it take the default action after that, and not the one that the handler
/// took the place of. Returns whether it is so; otherwise nothing happens.
int servo_terminal_keep_default(int number);
