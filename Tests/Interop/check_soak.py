#!/usr/bin/env python3
"""What a run costs the kernel and the heap does not grow with its cycles.

Two runs of the navigator in lockstep, the second longer by tens of thousands of cycles; calls of the allocator (counted
by a library loaded before the C library), system calls (strace) and page faults may differ by what the report's text and
the loader's scatter make of it, and by nothing a cycle. SINEW_CYCLES sets the length of the longer run; 10000000 takes ten minutes.
"""
import collections
import os
import pathlib
import re
import resource
import shutil
import subprocess
import tempfile

import report as reporting

ROOT = pathlib.Path(__file__).resolve().parents[2]
SHORT = 10_000
LONG = int(os.environ.get("SINEW_CYCLES", "60000"))
#: Longer numbers in the report are longer strings, and where the heap begins decides when it grows.
REPORT = 8
#: A process is laid out anew each time; so many pages more or less are its own scatter (20 runs: at most 14).
SCATTER = 40

COUNTER = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);
static _Atomic long calls;
void *malloc(size_t n) { calls++; return __libc_malloc(n); }
void *calloc(size_t n, size_t m) { calls++; return __libc_calloc(n, m); }
void *realloc(void *p, size_t n) { calls++; return __libc_realloc(p, n); }
void *memalign(size_t a, size_t n) { calls++; return __libc_memalign(a, n); }
void *aligned_alloc(size_t a, size_t n) { calls++; return __libc_memalign(a, n); }
int posix_memalign(void **p, size_t a, size_t n) { calls++; *p = __libc_memalign(a, n); return *p ? 0 : 12; }
__attribute__((destructor)) static void tell(void) { fprintf(stderr, "ALLOCATIONS %ld\n", calls); }
"""


def command(cycles):
  return [reporting.SINEW, "run", str(ROOT / "Robots/navigator"), "--for", str(cycles / 1000), "--pace", "fast",
          "--fault-file", "none", "--json"]


def allocations(cycles, library):
  run = subprocess.run(command(cycles), env={**os.environ, "LD_PRELOAD": library}, capture_output=True, text=True)
  found = re.search(r"ALLOCATIONS (\d+)", run.stderr)
  ran = re.search(r'"cycles": (\d+)', run.stdout)
  return (int(found.group(1)) if found else None, int(ran.group(1)) if ran else 0, run.returncode)


def page_faults(cycles):
  before = resource.getrusage(resource.RUSAGE_CHILDREN)
  subprocess.run(command(cycles), stdout=subprocess.DEVNULL, check=True)
  after = resource.getrusage(resource.RUSAGE_CHILDREN)
  return after.ru_minflt - before.ru_minflt, after.ru_majflt - before.ru_majflt


def system_calls(cycles, folder):
  table = folder / "calls"
  subprocess.run(["strace", "-f", "-qq", "-o", table, *command(cycles)], stdout=subprocess.DEVNULL, check=True)
  names = re.findall(r"^\d+ +(\w+)\(", table.read_text(), re.MULTILINE)
  return collections.Counter(names)


def main():
  checks = reporting.Report()
  with tempfile.TemporaryDirectory() as name:
    folder = pathlib.Path(name)
    source, library = folder / "counter.c", folder / "counter.so"
    source.write_text(COUNTER)
    clang = pathlib.Path(shutil.which("swiftc")).resolve().parent / "clang"
    subprocess.run([clang, "-O1", "-shared", "-fPIC", "-o", library, source], check=True)
    short, long = allocations(SHORT, str(library)), allocations(LONG, str(library))
    checks.check("both runs ended as asked, and ran all cycles",
                 short[2] == 0 and long[2] == 0 and short[1] >= SHORT and long[1] >= LONG, f"{short}, {long}")
    checks.check("the counter counts", (short[0] or 0) > 1000, f"{short[0]} allocations to start and report")
    checks.check(f"{long[1]} cycles allocate what {short[1]} do: nothing in a cycle", abs(short[0] - long[0]) <= REPORT,
                 f"{short[0]} and {long[0]}")
    # The first run of a program brings its pages into memory.
    page_faults(SHORT)
    few, many = page_faults(SHORT), page_faults(LONG)
    checks.check(f"{LONG} cycles fault on as many pages as {SHORT}",
                 abs(few[0] - many[0]) <= SCATTER, f"{few[0]} and {many[0]}")
    # Traced calls are slow, and there are none in a cycle to be counted: shorter runs show the same.
    few, many = system_calls(2_000, folder), system_calls(20_000, folder)
    checks.check("20000 cycles make the system calls of 2000: none in a cycle", 
                 sum((many - few).values()) + sum((few - many).values()) <= REPORT,
                 f"{sum(few.values())} and {sum(many.values())}; more: {dict(many - few)}, fewer: {dict(few - many)}")
  checks.close()


if __name__ == "__main__":
  main()
