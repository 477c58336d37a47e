/* Redaction: by shape, by knowledge, in pieces; and the cases of vectors/redaction. */
#define _POSIX_C_SOURCE 200809L
#include "check.h"
#include <syslog.h>
#include <unistd.h>

static awsaccess_error *error;

static int shows(awsaccess_buffer *buffer, const char *expected)
{
    int right = is(awsaccess_buffer_text(buffer), expected);
    if (!right)
        fprintf(stderr, "shown: %s\n", awsaccess_buffer_text(buffer).data);
    awsaccess_buffer_free(buffer);
    return right;
}

static void by_shape(void)
{
    awsaccess_buffer *out = NULL;
    const char *line = "AWS_SECRET_ACCESS_KEY=abcdefghijklmnop";
    DONE(awsaccess_redact(line, strlen(line), &out, &error));
    CHECK(shows(out, "AWS_SECRET_ACCESS_KEY=[aws-secret-access-key]"), "shape");
    DONE(awsaccess_redact("a\0b", 3, &out, &error));
    CHECK(awsaccess_buffer_text(out).len == 3, "bytes of any kind");
    awsaccess_buffer_free(out);
    DONE(awsaccess_redact(NULL, 0, &out, &error));
    CHECK(shows(out, ""), "nothing");
}

static void by_knowledge(void)
{
    awsaccess_credentials *known = keys("AKIDEXAMPLE", "correct/horse+battery", "staple-staple");
    awsaccess_redactor *redactor = NULL;
    awsaccess_buffer *out = NULL;
    DONE(awsaccess_redactor_new(false, &redactor, &error));
    DONE(awsaccess_redactor_learn(redactor, known, &error));
    DONE(awsaccess_redactor_learn_secret(redactor, text("Gateway key"), text("0123456789"), &error));
    FAILS(awsaccess_redactor_learn_secret(redactor, text("pin"), text("1234"), &error), AWSACCESS_INPUT);
    const char *line = "got correct/horse+battery and correct%2Fhorse%2bbattery, 30313233343536373839";
    DONE(awsaccess_redactor_redact(redactor, line, strlen(line), &out, &error));
    CHECK(shows(out, "got [aws-secret-access-key] and [aws-secret-access-key], [gateway-key]"), "knowledge");
    DONE(awsaccess_redactor_redact_header(redactor, text("X-Amz-Security-Token"), text("any"), &out, &error));
    CHECK(shows(out, "[aws-session-token]"), "header");

    /* In pieces, cut anywhere; a stream keeps what was known when it began. */
    for (size_t step = 1; step < 30; step++) {
        awsaccess_redact_stream *stream = NULL;
        awsaccess_text piece;
        char all[256] = "";
        DONE(awsaccess_redactor_stream(redactor, &stream, &error));
        for (size_t at = 0; at < strlen(line); at += step) {
            size_t take = strlen(line) - at < step ? strlen(line) - at : step;
            DONE(awsaccess_redact_stream_push(stream, line + at, take, &piece, &error));
            strncat(all, piece.data, piece.len);
        }
        DONE(awsaccess_redact_stream_finish(stream, &piece, &error));
        strncat(all, piece.data, piece.len);
        CHECK(strcmp(all, "got [aws-secret-access-key] and [aws-secret-access-key], [gateway-key]") == 0, "%zu: %s", step,
              all);
        FAILS(awsaccess_redact_stream_push(stream, "x", 1, &piece, &error), AWSACCESS_USED);
        FAILS(awsaccess_redact_stream_finish(stream, &piece, &error), AWSACCESS_USED);
        awsaccess_redact_stream_free(stream);
    }

    DONE(awsaccess_redactor_forget(redactor, known, &error));
    DONE(awsaccess_redactor_forget_secret(redactor, text("0123456789"), &error));
    DONE(awsaccess_redactor_redact(redactor, "staple-staple 0123456789", 24, &out, &error));
    CHECK(shows(out, "staple-staple 0123456789"), "forgotten");
    awsaccess_redactor_free(redactor);
    awsaccess_credentials_free(known);

    DONE(awsaccess_redactor_new(true, &redactor, &error));
    DONE(awsaccess_redactor_redact(redactor, "as AKIAIOSFODNN7EXAMPLE", 23, &out, &error));
    CHECK(shows(out, "as [aws-access-key-id]"), "key id");
    awsaccess_redactor_free(redactor);
}

/* Tags, control characters, fields. */
static void options(void)
{
    awsaccess_redactor *redactor = NULL;
    awsaccess_buffer *one = NULL, *two = NULL;
    DONE(awsaccess_redactor_new(false, &redactor, &error));
    DONE(awsaccess_redactor_redact_field(redactor, text("db_password"), text("x"), &one, &error));
    CHECK(shows(one, "[password]"), "a field");
    DONE(awsaccess_redactor_redact_field(redactor, text("other"), text("x"), &one, &error));
    CHECK(shows(one, "x"), "another field");
    DONE(awsaccess_redactor_neutralize(redactor, true, &error));
    DONE(awsaccess_redactor_redact(redactor, "a\x1b[31m\r\n", 8, &one, &error));
    CHECK(shows(one, "a\\u001b[31m\r\n"), "control characters");
    DONE(awsaccess_redactor_tag_key(redactor, text("of this log"), &error));
    DONE(awsaccess_redactor_redact(redactor, "--password one", 14, &one, &error));
    DONE(awsaccess_redactor_redact(redactor, "--password two", 14, &two, &error));
    awsaccess_text first = awsaccess_buffer_text(one), second = awsaccess_buffer_text(two);
    CHECK(first.len == strlen("--password [password.123456789012]") && first.len == second.len, "%s", first.data);
    CHECK(strncmp(first.data, "--password [password.", 21) == 0 && strcmp(first.data, second.data) != 0, "%s", second.data);
    awsaccess_buffer_free(one);
    awsaccess_buffer_free(two);
    awsaccess_redactor_free(redactor);
}

/* What has expired is forgotten, and nothing else; targets and queries; what tests search with. */
static void the_rest(void)
{
    awsaccess_redactor *redactor = NULL;
    awsaccess_buffer *out = NULL;
    awsaccess_credentials *first = NULL, *second = NULL;
    awsaccess_text none = { NULL, 0 };
    DONE(awsaccess_redactor_new(false, &redactor, &error));
    DONE(awsaccess_credentials_new(text("AKIDEXAMPLE"), text("correct/horse+battery"), none, 1000, none, &first, &error));
    DONE(awsaccess_credentials_new(text("AKIDEXAMPLE"), text("staple-staple"), none, AWSACCESS_NEVER, none, &second, &error));
    DONE(awsaccess_redactor_learn(redactor, first, &error));
    DONE(awsaccess_redactor_learn(redactor, second, &error));
    const char *line = "correct/horse+battery staple-staple";
    DONE(awsaccess_redactor_forget_expired(redactor, 999, &error));
    DONE(awsaccess_redactor_redact(redactor, line, strlen(line), &out, &error));
    CHECK(shows(out, "[aws-secret-access-key] [aws-secret-access-key]"), "not yet");
    FAILS(awsaccess_redactor_forget_expired(redactor, -2, &error), AWSACCESS_INPUT);
    FAILS(awsaccess_redactor_forget_expired(NULL, 0, &error), AWSACCESS_INPUT);
    DONE(awsaccess_redactor_forget_expired(redactor, AWSACCESS_NOW, &error));
    DONE(awsaccess_redactor_redact(redactor, line, strlen(line), &out, &error));
    CHECK(shows(out, "correct/horse+battery [aws-secret-access-key]"), "expired");
    awsaccess_credentials_free(first);
    awsaccess_credentials_free(second);

    DONE(awsaccess_redactor_redact_target(redactor, text("/k?X-Amz-Signature=00ff&a=1"), &out, &error));
    CHECK(shows(out, "/k?X-Amz-Signature=[signature]&a=1"), "a target");
    DONE(awsaccess_redactor_redact_query(redactor, text("SAMLAssertion=PHNhbWw%2B&a=1"), &out, &error));
    CHECK(shows(out, "SAMLAssertion=[saml-assertion]&a=1"), "a query");
    FAILS(awsaccess_redactor_redact_query(NULL, text("a=1"), &out, &error), AWSACCESS_INPUT);
    awsaccess_redactor_free(redactor);

    DONE(awsaccess_find_secret(text("x=correct%2Fhorse"), text("correct/horse"), &out, &error));
    CHECK(shows(out, "percent-encoded"), "found");
    DONE(awsaccess_find_secret(text("x=wrong"), text("correct/horse"), &out, &error));
    CHECK(shows(out, ""), "not found");
}

static int handed_on;

/* What a program would give: its own logger. */
static void to_syslog(void *context, const char *text, size_t len)
{
    handed_on++;
    CHECK(text[len] == '\0', "a NUL stands behind it");
    syslog(*(int *)context, "%s", text);
}

/* Through syslog, which copies what it logs to standard error. */
static void to_a_logger(void)
{
    awsaccess_credentials *known = keys("AKIDEXAMPLE", "correct/horse+battery", "staple-staple");
    awsaccess_redactor *redactor = NULL;
    DONE(awsaccess_redactor_new(false, &redactor, &error));
    DONE(awsaccess_redactor_learn(redactor, known, &error));
    DONE(awsaccess_redactor_neutralize(redactor, true, &error));

    FILE *shown = tmpfile();
    int saved = dup(STDERR_FILENO), priority = LOG_INFO;
    if (shown == NULL || saved < 0) {
        perror("a file");
        exit(1);
    }
    fflush(stderr);
    dup2(fileno(shown), STDERR_FILENO);
    openlog("program", LOG_PERROR, LOG_USER);
    const char *line = "failed with correct/horse+battery: 100%s of --password hunt3r2 \x1b[2K";
    awsaccess_status status = awsaccess_redactor_log(redactor, line, strlen(line), to_syslog, &priority, &error);
    closelog();
    dup2(saved, STDERR_FILENO);
    close(saved);

    char read[512] = "";
    rewind(shown);
    size_t len = fread(read, 1, sizeof read - 1, shown);
    read[len] = '\0';
    fclose(shown);
    CHECK(status == AWSACCESS_OK && handed_on == 1, "handed on %d times", handed_on);
    CHECK(strstr(read, "program: failed with [aws-secret-access-key]: 100%s of --password [password] \\u001b[2K") != NULL,
          "%s", read);
    FAILS(awsaccess_redactor_log(redactor, line, strlen(line), NULL, NULL, &error), AWSACCESS_INPUT);
    FAILS(awsaccess_redactor_log(NULL, line, strlen(line), to_syslog, &priority, &error), AWSACCESS_INPUT);
    FAILS(awsaccess_redactor_log(redactor, NULL, 5, to_syslog, &priority, &error), AWSACCESS_INPUT);
    CHECK(handed_on == 1, "what failed is not handed on");
    awsaccess_redactor_free(redactor);
    awsaccess_credentials_free(known);
}

/* Decodes base64 up to its closing quotation mark; gives the length. */
static size_t decode(const char *from, char *out)
{
    static const char DIGITS[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t len = 0;
    unsigned bits = 0, held = 0;
    for (; *from != '"' && *from != '='; from++) {
        bits = bits << 6 | (unsigned)(strchr(DIGITS, *from) - DIGITS);
        if ((held += 6) >= 8) {
            held -= 8;
            out[len++] = (char)(bits >> held & 0xff);
        }
    }
    out[len] = '\0';
    return len;
}

static int contains(awsaccess_text all, const char *part, size_t len)
{
    for (size_t at = 0; len > 0 && at + len <= all.len; at++)
        if (memcmp(all.data + at, part, len) == 0)
            return 1;
    return 0;
}

/* Every case with secrets hides all of them. (What may stay is the business of the Rust tests.) */
static void corpus(const char *vectors)
{
    char path[512];
    snprintf(path, sizeof path, "%s/redaction/cases.jsonl", vectors);
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        perror(path);
        exit(1);
    }
    awsaccess_redactor *redactor = NULL;
    DONE(awsaccess_redactor_new(true, &redactor, &error));
    static char line[65536], plain[65536], secret[65536];
    int cases = 0, matches = 0;
    while (fgets(line, sizeof line, file) != NULL) {
        cases++;
        char *at = strstr(line, "\"text_b64\": \"");
        char *list = strstr(line, "\"secrets_b64\": [");
        CHECK(at != NULL && list != NULL, "%s", line);
        if (at == NULL || list == NULL || strstr(line, "\"expect\": \"match\"") == NULL)
            continue;
        matches++;
        size_t len = decode(at + strlen("\"text_b64\": \""), plain);
        awsaccess_buffer *out = NULL;
        DONE(awsaccess_redactor_redact(redactor, plain, len, &out, &error));
        for (char *s = strchr(list + strlen("\"secrets_b64\": ["), '"'); s != NULL; s = strchr(strchr(s + 1, '"') + 1, '"')) {
            size_t secret_len = decode(s + 1, secret);
            CHECK(!contains(awsaccess_buffer_text(out), secret, secret_len), "case %d shows a secret", cases);
        }
        awsaccess_buffer_free(out);
    }
    fclose(file);
    awsaccess_redactor_free(redactor);
    CHECK(cases == 59 && matches > 20, "%d cases, %d matches", cases, matches);
}

int main(int argc, char **argv)
{
    by_shape();
    by_knowledge();
    options();
    the_rest();
    to_a_logger();
    corpus(argc > 1 ? argv[1] : "vectors");
    return finish();
}
