/* What the tests share: a count of checks, and short words for what they say often. */
#ifndef CHECK_H
#define CHECK_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "awsaccess.h"

static int passed, failed;

/* One check is one line of the count; what fails is shown with its place. */
#define CHECK(condition, ...)                                                                     \
    do {                                                                                          \
        if (condition) {                                                                          \
            passed++;                                                                             \
        } else {                                                                                  \
            failed++;                                                                             \
            fprintf(stderr, "%s:%d: failed: %s: ", __FILE__, __LINE__, #condition);               \
            fprintf(stderr, __VA_ARGS__);                                                         \
            fputc('\n', stderr);                                                                  \
        }                                                                                         \
    } while (0)

/* The exit status of a test, after the line that the runner adds up. */
static inline int finish(void)
{
    printf("checks: %d passed, %d failed\n", passed, failed);
    return failed == 0 && passed > 0 ? 0 : 1;
}

static inline awsaccess_text text(const char *string) { return awsaccess_text_of(string); }

static inline int is(awsaccess_text view, const char *expected)
{
    size_t len = strlen(expected);
    return view.data != NULL && view.len == len && memcmp(view.data, expected, len) == 0
        && view.data[len] == '\0';
}

static inline int same(awsaccess_text a, awsaccess_text b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

/* A header of a list, by its name without regard to case; {NULL, 0} if it is not there. */
static inline awsaccess_text header(const awsaccess_header *headers, size_t count, const char *name)
{
    awsaccess_text none = { NULL, 0 };
    for (size_t i = 0; i < count; i++) {
        size_t at = 0;
        while (at < headers[i].name_len && name[at] != '\0'
               && ((headers[i].name[at] | 0x20) == (name[at] | 0x20)))
            at++;
        if (at == headers[i].name_len && name[at] == '\0') {
            awsaccess_text value = { headers[i].value, headers[i].value_len };
            return value;
        }
    }
    return none;
}

static inline const char *message(const awsaccess_error *error)
{
    awsaccess_text text = awsaccess_error_message(error);
    return text.data ? text.data : "no error";
}

/* Frees an error after a check of its status. */
static inline int fails(awsaccess_status status, awsaccess_error *error, awsaccess_status expected)
{
    int right = status == expected && awsaccess_error_status(error) == expected
        && awsaccess_error_message(error).len > 0;
    if (!right)
        fprintf(stderr, "status %s: %s\n", awsaccess_status_name(status), message(error));
    awsaccess_error_free(error);
    return right;
}

/* A call that must fail so; its last argument is `&error`. */
#define FAILS(call, expected)                                                                     \
    do {                                                                                          \
        awsaccess_status status_ = (call);                                                        \
        CHECK(fails(status_, error, expected), "%s", #call);                                      \
    } while (0)

/* A call that must not fail. */
#define DONE(call) CHECK((call) == AWSACCESS_OK, "%s", message(error))

static inline awsaccess_credentials *keys(const char *id, const char *secret, const char *token)
{
    awsaccess_credentials *credentials = NULL;
    awsaccess_error *error = NULL;
    awsaccess_text none = { NULL, 0 };
    awsaccess_status status = awsaccess_credentials_new(
        text(id), text(secret), text(token), AWSACCESS_NEVER, none, &credentials, &error);
    if (status != AWSACCESS_OK) {
        fprintf(stderr, "%s\n", message(error));
        exit(1);
    }
    return credentials;
}

#endif
