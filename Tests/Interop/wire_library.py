"""The wire headers as a Python library.

The headers hold static inline functions alone. This module reads their declarations, writes one exported function a
header's function, compiles that with the clang beside Swift, and loads it through ctypes. Undefined behaviour traps.
"""
import ctypes
import os
import pathlib
import re
import shutil
import subprocess
import tempfile

INCLUDE = pathlib.Path(__file__).resolve().parents[2] / "Firmware-Interfaces/CServoWire/include"
WARNINGS = ["-std=c11", "-Wall", "-Wextra", "-Wconversion", "-Wpedantic", "-Wfunction-effects", "-Werror"]
SCALARS = {
    "bool": ctypes.c_bool, "uint8_t": ctypes.c_uint8, "int8_t": ctypes.c_int8, "uint16_t": ctypes.c_uint16,
    "int16_t": ctypes.c_int16, "uint32_t": ctypes.c_uint32, "int32_t": ctypes.c_int32,
    "uint64_t": ctypes.c_uint64, "void": None,
}


def clang():
    """The clang beside the first `swift` of the search path."""
    swift = shutil.which("swift")
    if swift is None:
        raise SystemExit("no swift in PATH")
    return str(pathlib.Path(swift).resolve().parent / "clang")


def headers():
    return sorted(file.name for file in INCLUDE.glob("*.h"))


def source():
    """All headers in one text, without comments."""
    text = "\n".join((INCLUDE / name).read_text() for name in headers() if name != "servo_wire.h")
    return re.sub(r"//[^\n]*", "", text)


class Wire:
    """Constants, structs and functions of the headers, each under its own name."""

    def __init__(self):
        text = source()
        self.constants = {}
        self.structs = {}
        self.functions = {}
        for body in re.findall(r"\benum \w+ \{(.*?)\};", text, re.S):
            self._enumerators(body)
        for name, body in re.findall(r"\nstruct (\w+) \{(.*?)\n\};", text, re.S):
            fields = re.findall(r"((?:struct )?\w+) (\w+);", body)
            kind = type(name, (ctypes.Structure,), {"_fields_": [(field, self._type(of)) for of, field in fields]})
            self.structs[name] = kind
        declared = re.findall(
            r"SERVO_WIRE_INLINE ((?:struct )?\w+) (\w+)\(\s*(.*?)\)\s*\{", re.sub(r"#define[^\n]*", "", text), re.S)
        self._folder = tempfile.TemporaryDirectory(prefix="sinew-wire-")
        library = self._compile(declared)
        for result, name, parameters in declared:
            function = getattr(library, f"export_{name}")
            function.restype = self._type(result)
            function.argtypes = [self._parameter(p)[0] for p in self._split(parameters)]
            self.functions[name] = function

    def __getattr__(self, name):
        for table in ("functions", "structs", "constants"):
            if name in self.__dict__.get(table, {}):
                return self.__dict__[table][name]
        raise AttributeError(name)

    def encode(self, name, value, *more):
        """Runs an encoder into 64 bytes of 0xEE: what it returns, and the bytes up to the last it may have set."""
        data = (ctypes.c_uint8 * 64)(*[0xEE] * 64)
        returned = self.functions[name](value, *more, data)
        return returned, bytes(data)

    def decode(self, name, data, kind=None):
        """Runs a decoder with a length on a buffer of just that length; None where it refuses."""
        function = self.functions[name]
        out = (kind or function.argtypes[-1]._type_)()
        if not function(buffer(data), len(data), ctypes.byref(out)):
            return None
        return out if isinstance(out, ctypes.Structure) else out.value

    def _enumerators(self, body):
        value = -1
        for name, expression in re.findall(r"(\w+)(?:\s*=\s*([^,]+))?,", body):
            value = eval(expression, {}, self.constants) if expression else value + 1  # numbers and shifts
            self.constants[name] = value

    def _type(self, name):
        if name.startswith("struct "):
            return self.structs[name.removeprefix("struct ")]
        return SCALARS[name]

    def _parameter(self, text):
        """Type and name of a parameter; arrays are pointers."""
        of, star, name, brackets = re.fullmatch(
            r"(?:const )?((?:struct )?\w+) (\*?)(\w+)(\[\])?", text.strip()).groups()
        kind = self._type(of)
        return (ctypes.POINTER(kind) if star or brackets else kind), name

    @staticmethod
    def _split(parameters):
        return [p for p in re.sub(r"\s+", " ", parameters).split(",") if p.strip()]

    def _compile(self, declared):
        lines = ['#include "servo_wire.h"']
        for result, name, parameters in declared:
            names = ", ".join(self._parameter(p)[1] for p in self._split(parameters))
            back = "" if result == "void" else "return "
            lines.append(f"{result} export_{name}({parameters.strip()});")
            lines.append(f"{result} export_{name}({parameters.strip()}) {{ {back}{name}({names}); }}")
        folder = pathlib.Path(self._folder.name)
        self.exports = folder / "wire.c"
        self.exports.write_text("\n".join(lines) + "\n")
        library = folder / "wire.so"
        subprocess.run(
            [clang(), *WARNINGS, "-O1", "-shared", "-fPIC", "-fsanitize=undefined", "-fsanitize-trap=undefined",
             f"-I{INCLUDE}", str(self.exports), "-o", str(library)],
            check=True, stderr=subprocess.PIPE if os.environ.get("CI") else None)
        return ctypes.CDLL(str(library))


def buffer(data):
    """Bytes as an array of just their length."""
    return (ctypes.c_uint8 * len(data))(*data)


def values(struct):
    """A struct as a dictionary, nested ones too."""
    return {
        name: values(value) if isinstance(value, ctypes.Structure) else value
        for name, value in ((field, getattr(struct, field)) for field, _ in struct._fields_)
    }
