#include "daemon/core/base.h"

int array_reserve(void *array, size_t *capacity, size_t wanted, size_t item_size) {
    void **items = array;
    if (wanted <= *capacity)
        return 0;
    size_t grown = MAX_OF(wanted, *capacity < 4 ? 4 : *capacity * 2);
    void *larger = reallocarray(*items, grown, item_size);
    if (!larger)
        return -ENOMEM;
    *items = larger;
    *capacity = grown;
    return 0;
}
