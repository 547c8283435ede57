#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Adds /reserved-memory to a devicetree that QEMU wrote: two nodes for each SIZE@ADDRESS.

usage: devicetree.py FILE SIZE@ADDRESS...

Each node is one quarter of the memory, for vtl0 (see Documentation/devicetree); the second half
gets none, as memory that no devicetree describes. The format is that of the Devicetree
Specification, chapter 5.
"""
import struct
import sys

BEGIN_NODE, END_NODE, PROP, END = 1, 2, 3, 9
BLOCK = 4 << 20        # the edges of what is registered, with pages of 16 KiB


def string(text):
    return text.encode() + b'\0'


def aligned(data):
    return data + bytes(-len(data) % 4)


class Tree:
    def __init__(self, data):
        self.header = list(struct.unpack_from('>10L', data))
        _, _, at, names, reserve, _, _, _, size_names, size = self.header
        self.reserve = data[reserve:min(o for o in (at, names) if o > reserve)]
        self.names = data[names:names + size_names]
        # without END_NODE of the root, and END
        self.nodes = data[at:at + size - 8]

    def begin(self, name):
        self.nodes += struct.pack('>L', BEGIN_NODE) + aligned(string(name))

    def end(self):
        self.nodes += struct.pack('>L', END_NODE)

    def property(self, name, value):
        where = len(self.names)
        self.names += string(name)
        self.nodes += struct.pack('>3L', PROP, len(value), where) + aligned(value)

    def data(self):
        nodes = self.nodes + struct.pack('>2L', END_NODE, END)
        reserve = 40
        at = reserve + len(self.reserve)
        names = at + len(nodes)
        header = self.header
        header[1:5] = names + len(self.names), at, names, reserve
        header[8:10] = len(self.names), len(nodes)
        return struct.pack('>10L', *header) + self.reserve + nodes + self.names


def number(text):
    units = {'K': 10, 'M': 20, 'G': 30}
    if text[-1].upper() in units:
        return int(text[:-1], 0) << units[text[-1].upper()]
    return int(text, 0)


def main(path, *wanted):
    with open(path, 'rb') as file:
        tree = Tree(file.read())
    tree.begin('reserved-memory')
    tree.property('#address-cells', struct.pack('>L', 2))
    tree.property('#size-cells', struct.pack('>L', 2))
    tree.property('ranges', b'')
    for one in wanted:
        size, address = (number(text) for text in one.split('@'))
        quarter = size // 4 // BLOCK * BLOCK
        for start in (address, address + quarter) if quarter else ():
            tree.begin(f'lab@{start:x}')
            tree.property('compatible', string('vtl0,memory'))
            tree.property('no-map', b'')
            tree.property('reg', struct.pack('>2Q', start, quarter))
            tree.end()
    tree.end()
    with open(path, 'wb') as file:
        file.write(tree.data())


if __name__ == '__main__':
    main(*sys.argv[1:])
