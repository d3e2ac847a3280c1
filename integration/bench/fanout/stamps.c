#include "stamps.h"

#include <stdbool.h>
#include <string.h>

#include "net.h"

enum { NO_DIGIT = 16 };

static unsigned digit(char c)
{
    if (c >= '0' && c <= '9') return (unsigned)(c - '0');
    return c >= 'a' && c <= 'f' ? (unsigned)(c - 'a' + 10) : NO_DIGIT;
}

// Returns where to go on. A '~' without 16 digits behind it is none of ours: the length byte of a frame may be one.
static const char *take_digits(Stamps *stamps, const char *from, const char *end, bool *is_whole)
{
    uint64_t stamp = stamps->stamp;
    unsigned left = stamps->digits_left;
    for (; left > 0 && from < end; left--, from++) {
        unsigned value = digit(*from);
        if (value == NO_DIGIT) {
            stamps->digits_left = 0;
            return from;
        }
        stamp = stamp << 4 | value;
    }
    *stamps = (Stamps){.digits_left = left, .stamp = stamp};
    *is_whole = left == 0;
    return from;
}

const char *stamps_next(Stamps *stamps, const char *from, const char *end)
{
    bool is_whole = false;
    while (from < end) {
        if (stamps->digits_left == 0) {
            from = memchr(from, '~', (size_t)(end - from));
            if (!from) return NULL;
            from++;
            *stamps = (Stamps){.digits_left = STAMP_DIGITS};
        }
        from = take_digits(stamps, from, end, &is_whole);
        if (is_whole) return from;
    }
    return NULL;
}
