#!/usr/bin/env bash
# The kernel's CAN, in a guest: Tests/VM/run. Where the guest cannot be had, it says so and counts nothing.
cd "$(dirname "$0")/../.." && exec Tests/VM/run
