#include "daemon/core/library.h"

struct library *library_new(void) {
    struct library *library = calloc(1, sizeof *library);
    if (library)
        library->all_reviewed = true;
    return library;
}

void prompt_done(struct prompt *prompt) {
    free(prompt->id);
    free(prompt->text);
    free(prompt->nameless);
    *prompt = (struct prompt){0};
}

void practice_done(struct practice *practice) {
    free(practice->id);
    free(practice->language);
    free(practice->title);
    for (size_t i = 0; i < practice->n_steps; i++)
        free(practice->steps[i]);
    free(practice->steps);
    *practice = (struct practice){0};
}

struct library *library_free(struct library *library) {
    if (!library)
        return NULL;
    for (size_t i = 0; i < library->n_prompts; i++)
        prompt_done(&library->prompts[i]);
    for (size_t i = 0; i < library->n_practices; i++)
        practice_done(&library->practices[i]);
    free(library->prompts);
    free(library->practices);
    free(library);
    return NULL;
}

static bool is_name(const char *name) {
    return name[strspn(name, " ")] != '\0';
}

bool prompt_suits(const struct prompt *prompt, const char *name) {
    return !prompt->named || prompt->nameless || is_name(name);
}

static int fill_in(const char *text, const char *name, char **ret) {
    size_t size = strlen(text) + 1;
    for (const char *at = text; (at = strstr(at, PROMPT_NAME)); at += strlen(PROMPT_NAME))
        size += strlen(name);
    char *words = malloc(size), *end = words;
    if (!words)
        return -ENOMEM;
    for (const char *at; (at = strstr(text, PROMPT_NAME)); text = at + strlen(PROMPT_NAME))
        end = stpcpy(mempcpy(end, text, (size_t)(at - text)), name);
    strcpy(end, text);
    *ret = words;
    return 0;
}

int prompt_words(const struct prompt *prompt, const char *name, char **ret) {
    if (!prompt_suits(prompt, name))
        return -ENODATA;
    if (prompt->named && is_name(name))
        return fill_in(prompt->text, name, ret);
    char *words = strdup(prompt->named ? prompt->nameless : prompt->text);
    if (!words)
        return -ENOMEM;
    *ret = words;
    return 0;
}

/* Where `id` is, or belongs: decks are read in order of id, so that additions mostly go to the end. */
static size_t prompt_place(const struct library *library, const char *id, bool *ret_found) {
    size_t low = 0, high = library->n_prompts;
    *ret_found = false;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(library->prompts[middle].id, id);
        if (order == 0)
            *ret_found = true;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

int library_add_prompt(struct library *library, struct prompt *prompt) {
    bool found;
    size_t place = prompt_place(library, prompt->id, &found);
    if (found)
        return -EEXIST;
    int r = array_reserve(&library->prompts, &library->prompts_capacity, library->n_prompts + 1,
                          sizeof *library->prompts);
    if (r < 0)
        return r;
    memmove(library->prompts + place + 1, library->prompts + place,
            (library->n_prompts - place) * sizeof *library->prompts);
    library->prompts[place] = *prompt;
    library->n_prompts++;
    library->themes |= THEME_BIT(prompt->theme);
    *prompt = (struct prompt){0};
    return 0;
}

int library_add_practice(struct library *library, struct practice *practice) {
    if (library_has_practice(library, practice->id, practice->language))
        return -EEXIST;
    int r = array_reserve(&library->practices, &library->practices_capacity, library->n_practices + 1,
                          sizeof *library->practices);
    if (r < 0)
        return r;
    library->practices[library->n_practices++] = *practice;
    *practice = (struct practice){0};
    return 0;
}

const struct prompt *library_find_prompt(const struct library *library, const char *id) {
    bool found;
    size_t place = prompt_place(library, id, &found);
    return found ? &library->prompts[place] : NULL;
}

const struct practice *library_find_practice(const struct library *library, const char *id) {
    const struct practice *best = NULL;
    for (size_t i = 0; i < library->n_practices; i++) {
        const struct practice *practice = &library->practices[i];
        if (streq(practice->id, id) && (!best || practice->rank < best->rank))
            best = practice;
    }
    return best;
}

bool library_has_practice(const struct library *library, const char *id, const char *language) {
    for (size_t i = 0; i < library->n_practices; i++) {
        const struct practice *practice = &library->practices[i];
        if (streq(practice->id, id) &&
            (!language || !practice->language || streq(practice->language, language)))
            return true;
    }
    return false;
}
