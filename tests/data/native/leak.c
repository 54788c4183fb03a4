#include <stdlib.h>
#include <string.h>

/* Not inlined and not optimised away, so that each call is a frame of its own. */
#define CALL __attribute__((noinline))

static void *kept[64];
static int used;

CALL void *take(size_t bytes)
{
    char *block = malloc(bytes);
    memset(block, 1, bytes);
    return block;
}

CALL void lose(int count, size_t bytes)
{
    for (int i = 0; i < count; i++)
        take(bytes);
}

CALL void *keep(size_t bytes)
{
    return kept[used++] = take(bytes);
}

CALL void *kept_at(int number)
{
    return kept[number];
}

CALL void lose_chain(size_t bytes)
{
    void **first = take(bytes);
    *first = take(bytes);
}

CALL void overrun(size_t bytes)
{
    char *block = malloc(bytes);
    memset(block, 0, bytes + 8);
    free(block);
}
