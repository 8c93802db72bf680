// Termination signals as a value the loop can look at: a handler may do nothing more than set a flag.
#pragma once

/// Starts catching SIGINT, SIGTERM and SIGHUP; a second one ends the process at once. Returns 0 or -errno.
int servo_signal_catch(void);

/// The signal that was caught, or 0.
int servo_signal_caught(void);
