/* JSON of the cases, read into a tree; what is no JSON ends the test. Nothing is freed: a test is short. */
#ifndef JSON_H
#define JSON_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct json {
    char type; /* o(bject), a(rray), s(tring), n(umber), t(rue), f(alse), z for null */
    char *text; /* of a string, in UTF-8 and with a NUL behind it; of a number, as it is written */
    size_t len;
    size_t count;
    struct json *items;
    char **names;
} json;

static inline void *json_grow(void *old, size_t size)
{
    void *grown = realloc(old, size);
    if (grown == NULL)
        exit(2);
    return grown;
}

static inline void json_fail(const char *at)
{
    fprintf(stderr, "no json at: %.40s\n", at);
    exit(2);
}

static inline const char *json_space(const char *at) { return at + strspn(at, " \t\r\n"); }

static inline size_t json_utf8(char *out, unsigned code)
{
    if (code < 0x80) {
        out[0] = (char)code;
        return 1;
    }
    if (code < 0x800) {
        out[0] = (char)(0xc0 | code >> 6);
        out[1] = (char)(0x80 | (code & 0x3f));
        return 2;
    }
    if (code < 0x10000) {
        out[0] = (char)(0xe0 | code >> 12);
        out[1] = (char)(0x80 | (code >> 6 & 0x3f));
        out[2] = (char)(0x80 | (code & 0x3f));
        return 3;
    }
    out[0] = (char)(0xf0 | code >> 18);
    out[1] = (char)(0x80 | (code >> 12 & 0x3f));
    out[2] = (char)(0x80 | (code >> 6 & 0x3f));
    out[3] = (char)(0x80 | (code & 0x3f));
    return 4;
}

static inline unsigned json_hex(const char *at)
{
    char digits[5] = { 0 };
    memcpy(digits, at, 4);
    return (unsigned)strtoul(digits, NULL, 16);
}

static inline const char *json_text(const char *at, char **text, size_t *len)
{
    if (*at++ != '"')
        json_fail(at);
    size_t room = strcspn(at, "\"") + 1;
    for (const char *end = at; *end != '"'; end += *end == '\\' ? 2 : 1)
        room = (size_t)(end - at) + 8;
    char *out = json_grow(NULL, room + 8);
    *len = 0;
    while (*at != '"') {
        if (*at == '\0')
            json_fail(at);
        if (*at != '\\') {
            out[(*len)++] = *at++;
            continue;
        }
        const char *escapes = "\"\\/bfnrt", *plain = "\"\\/\b\f\n\r\t", *found = strchr(escapes, at[1]);
        if (found != NULL) {
            out[(*len)++] = plain[found - escapes];
            at += 2;
            continue;
        }
        unsigned code = json_hex(at + 2);
        at += 6;
        if (code >= 0xd800 && code < 0xdc00) {
            code = 0x10000 + ((code - 0xd800) << 10) + (json_hex(at + 2) - 0xdc00);
            at += 6;
        }
        *len += json_utf8(out + *len, code);
    }
    out[*len] = '\0';
    *text = out;
    return at + 1;
}

static inline const char *json_value(const char *at, json *out)
{
    memset(out, 0, sizeof *out);
    at = json_space(at);
    if (*at == '"') {
        out->type = 's';
        return json_text(at, &out->text, &out->len);
    }
    if (*at != '{' && *at != '[') {
        size_t len = strcspn(at, ",]} \t\r\n");
        out->type = strncmp(at, "null", 4) == 0 ? 'z' : *at == 't' || *at == 'f' ? *at : 'n';
        out->text = json_grow(NULL, len + 1);
        memcpy(out->text, at, len);
        out->text[len] = '\0';
        if (len == 0)
            json_fail(at);
        return at + len;
    }
    char end = *at == '{' ? '}' : ']';
    out->type = *at == '{' ? 'o' : 'a';
    at = json_space(at + 1);
    while (*at != end) {
        if (out->count > 0 && *at++ != ',')
            json_fail(at);
        size_t nth = out->count++, ignored;
        out->items = json_grow(out->items, out->count * sizeof *out->items);
        if (end == '}') {
            out->names = json_grow(out->names, out->count * sizeof *out->names);
            at = json_space(json_text(json_space(at), &out->names[nth], &ignored));
            if (*at++ != ':')
                json_fail(at);
        }
        at = json_space(json_value(at, &out->items[nth]));
    }
    return at + 1;
}

static inline json *json_parse(const char *text)
{
    json *out = json_grow(NULL, sizeof *out);
    if (*json_space(json_value(text, out)) != '\0')
        json_fail("what follows");
    return out;
}

/* A member; NULL if it is not there, or null. */
static inline json *get(const json *object, const char *name)
{
    for (size_t i = 0; object != NULL && object->type == 'o' && i < object->count; i++)
        if (strcmp(object->names[i], name) == 0)
            return object->items[i].type == 'z' ? NULL : &object->items[i];
    return NULL;
}

/* The text of a member; NULL if there is none. */
static inline char *str(const json *object, const char *name)
{
    json *member = get(object, name);
    return member ? member->text : NULL;
}

static inline long long num(const json *object, const char *name, long long otherwise)
{
    json *member = get(object, name);
    return member ? strtoll(member->text, NULL, 10) : otherwise;
}

static inline int truth(const json *object, const char *name)
{
    json *member = get(object, name);
    return member != NULL && member->type == 't';
}

static inline char *slurp(const char *root, const char *name, size_t *len)
{
    char path[1024];
    snprintf(path, sizeof path, "%s/%s", root, name);
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return NULL;
    char *text = NULL;
    size_t size = 0, got;
    do {
        text = json_grow(text, size + 65537);
        got = fread(text + size, 1, 65536, file);
        size += got;
    } while (got > 0);
    fclose(file);
    text[size] = '\0';
    if (len != NULL)
        *len = size;
    return text;
}

static inline json *json_file(const char *root, const char *name)
{
    char *text = slurp(root, name, NULL);
    if (text == NULL) {
        fprintf(stderr, "%s/%s is not there\n", root, name);
        exit(2);
    }
    return json_parse(text);
}

/* Whether two texts are equal; NULL equals NULL and no other. */
static inline int eq(const char *a, const char *b) { return a == b || (a && b && strcmp(a, b) == 0); }

/* Seconds since 1970 of 2026-01-01T00:00:00Z. */
static inline long long instant(const char *rfc3339)
{
    int year, month, day, hour, minute, second;
    if (sscanf(rfc3339, "%d-%d-%dT%d:%d:%dZ", &year, &month, &day, &hour, &minute, &second) != 6)
        exit(2);
    /* Days since 1970 of the civil calendar (March is the first month). */
    int y = year - (month <= 2), era = y / 400, of_era = y - era * 400;
    int of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    long long days = era * 146097LL + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
    return days * 86400 + hour * 3600 + minute * 60 + second;
}

#endif
