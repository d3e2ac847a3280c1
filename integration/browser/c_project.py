"""A small real C project, whose build stops half way until it is told to go on."""

UNITS = ["arena", "buffer", "channel", "clock", "codec", "cursor"]
MIDDLE = "checkpoint: half of the library is built"

UNIT = """\
#include <stddef.h>
size_t {name}_length(const char *text) {{
    size_t length = 0;
    int unused;
    while (text[length] != 0) length++;
    return length;
}}
"""

MAIN = """\
#include <stdio.h>
#include <stddef.h>
{declarations}
int main(void) {{
{calls}
    return 0;
}}
"""

MAKEFILE = """\
CFLAGS = -O1 -Wall -Wextra
FIRST = {first}
SECOND = {second}

check: program
\t./program

program: main.o $(FIRST) checkpoint $(SECOND)
\t$(CC) -o $@ main.o $(FIRST) $(SECOND)

%.o: %.c
\t$(CC) $(CFLAGS) -c -o $@ $<
\t@sleep 0.1

checkpoint: $(FIRST)
\t@echo "{middle}"
\t@while [ ! -e go ]; do sleep 0.05; done

.PHONY: check checkpoint
"""


def write(folder):
    """Writes the project. Its build prints `MIDDLE` and waits for the file `go`; it warns once for each unit."""
    folder.mkdir()
    for name in UNITS:
        (folder / f"{name}.c").write_text(UNIT.format(name=name))
    (folder / "main.c").write_text(MAIN.format(
        declarations="\n".join(f"size_t {name}_length(const char *text);" for name in UNITS),
        calls="\n".join(f'    printf("{name}: %zu\\n", {name}_length("{name}"));' for name in UNITS)))
    objects = [f"{name}.o" for name in UNITS]
    (folder / "Makefile").write_text(MAKEFILE.format(
        first=" ".join(objects[:3]), second=" ".join(objects[3:]), middle=MIDDLE))
    return folder
