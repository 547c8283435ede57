#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Adds /reserved-memory to a devicetree that QEMU wrote, with nodes for each SIZE@ADDRESS.

usage: devicetree.py FILE SIZE@ADDRESS...

Two nodes "lab" are one quarter of the memory each, for vtl0 (see Documentation/devicetree). The
third quarter has nodes that differ from these in one thing each, for tests: "mapped" lacks
no-map, as does "changed", "disabled" has that status, "other" is compatible with something else,
and "two" has two ranges, of which the first is empty. Behind them, and in the last quarter, is
memory that no devicetree describes. The format is that of the Devicetree Specification, chapter 5.
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


def node(tree, name, start, size, compatible='vtl0,memory', no_map=True, status=None, before=b''):
    tree.begin(f'{name}@{start:x}')
    tree.property('compatible', string(compatible))
    if no_map:
        tree.property('no-map', b'')
    if status:
        tree.property('status', string(status))
    tree.property('reg', before + struct.pack('>2Q', start, size))
    tree.end()


def nodes(tree, start, size):
    quarter = size // 4 // BLOCK * BLOCK
    if not quarter:
        return
    node(tree, 'lab', start, quarter)
    node(tree, 'lab', start + quarter, quarter)
    start += 2 * quarter
    part = quarter // 8 // BLOCK * BLOCK
    if not part:
        return
    node(tree, 'mapped', start, part, no_map=False)
    node(tree, 'disabled', start + part, part, status='disabled')
    node(tree, 'other', start + 2 * part, part, compatible='vtl0,other')
    node(tree, 'two', start + 3 * part, part, before=bytes(16))
    node(tree, 'changed', start + 4 * part, part, no_map=False)


def main(path, *wanted):
    with open(path, 'rb') as file:
        tree = Tree(file.read())
    tree.begin('reserved-memory')
    tree.property('#address-cells', struct.pack('>L', 2))
    tree.property('#size-cells', struct.pack('>L', 2))
    tree.property('ranges', b'')
    for one in wanted:
        size, address = (number(text) for text in one.split('@'))
        nodes(tree, address, size)
    tree.end()
    with open(path, 'wb') as file:
        file.write(tree.data())


if __name__ == '__main__':
    main(*sys.argv[1:])
