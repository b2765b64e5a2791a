"""Prints the tensors of a safetensors file: name, dtype, shape, bytes in hex; one line each.

Reads the file by itself. Where the safetensors library is installed, the library must read the same
bytes and, given the same tensors, write the same file.
"""
import ctypes
import json
import struct
import sys

with open(sys.argv[1], "rb") as f:
    data = f.read()
(length,) = struct.unpack("<Q", data[:8])
header = json.loads(data[8 : 8 + length])
metadata = header.pop("__metadata__", None)
start = 8 + length
assert start % 8 == 0, "data is not aligned"
content = {}
for name, t in header.items():
    a, b = t["data_offsets"]
    content[name] = data[start + a : start + b]
    print(name, t["dtype"], ",".join(map(str, t["shape"])) or "-", content[name].hex() or "-")

try:
    import safetensors
except ImportError:
    print("library: none")
    sys.exit()

LONG = {"F64": "float64", "F32": "float32", "F16": "float16", "BF16": "bfloat16", "I64": "int64",
        "I32": "int32", "I16": "int16", "I8": "int8", "U8": "uint8", "BOOL": "bool",
        "U16": "uint16", "U32": "uint32", "U64": "uint64"}
for name, t in safetensors.deserialize(data):
    assert t["dtype"] == header[name]["dtype"], (name, t["dtype"])
    assert list(t["shape"]) == header[name]["shape"], (name, t["shape"])
    assert bytes(t["data"]) == content[name], name
buffers = {n: ctypes.create_string_buffer(content[n], max(1, len(content[n]))) for n in header}


def tensor(n, t):
    if not hasattr(safetensors, "TensorSpec"):  # before 0.8
        return {"dtype": LONG[t["dtype"]], "shape": t["shape"], "data": content[n]}
    return safetensors.TensorSpec(
        dtype=LONG[t["dtype"]],
        shape=t["shape"],
        data_ptr=ctypes.addressof(buffers[n]),
        data_len=len(content[n]),
    )


again = safetensors.serialize({n: tensor(n, t) for n, t in header.items()}, metadata)
again = bytes(again)
if len(metadata or {}) > 1:  # the library writes its keys in any order
    theirs = json.loads(again[8 : 8 + length])
    assert theirs.pop("__metadata__") == metadata
    assert list(theirs.items()) == list(header.items()) and again[start:] == data[start:]
else:
    assert again == data, "the library writes this file otherwise: %r" % again[:start]
print("library: same bytes")
