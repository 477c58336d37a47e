/* AWS's own SigV4 test suite (vectors/sigv4/v4): signed in headers and in the query, verified, and altered. */
#define _POSIX_C_SOURCE 200809L
#include <dirent.h>
#include <time.h>

#include "check.h"

#define MOST_HEADERS 32

static char *slurp(const char *dir, const char *name)
{
    char path[1024];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        perror(path);
        exit(1);
    }
    char *text = calloc(1, 65536);
    size_t len = fread(text, 1, 65535, file);
    fclose(file);
    text[len] = '\0';
    return text;
}

/* The value of a member, wherever it is: the files have each name once. NULL if it is not there. */
static char *member(const char *json, const char *name)
{
    char quoted[64];
    snprintf(quoted, sizeof quoted, "\"%s\":", name);
    const char *at = strstr(json, quoted);
    if (at == NULL)
        return NULL;
    at += strlen(quoted);
    at += strspn(at, " ");
    size_t len = *at == '"' ? strcspn(++at, "\"") : strcspn(at, ",\n}");
    char *value = calloc(1, len + 1);
    memcpy(value, at, len);
    return value;
}

typedef struct {
    awsaccess_request request;
    awsaccess_header headers[MOST_HEADERS];
} message_t;

/* A raw request: request line, fields (folded ones stay folded), an empty line, the body. Points into `raw`. */
static void parse(char *raw, message_t *out)
{
    memset(out, 0, sizeof *out);
    out->request.struct_size = sizeof out->request;
    out->request.headers = out->headers;
    char *body = strstr(raw, "\n\n");
    if (body != NULL) {
        *body = '\0';
        out->request.body = body + 2;
        out->request.body_len = strlen(body + 2);
    }
    char *line = raw, *next = strchr(raw, '\n');
    size_t first = next ? (size_t)(next - raw) : strlen(raw);
    char *space = strchr(raw, ' ');
    out->request.method.data = raw;
    out->request.method.len = (size_t)(space - raw);
    out->request.target.data = space + 1;
    out->request.target.len = first - (size_t)(space + 1 - raw) - strlen(" HTTP/1.1");
    while (next != NULL) {
        line = next + 1;
        next = strchr(line, '\n');
        size_t len = next ? (size_t)(next - line) : strlen(line);
        if (len == 0)
            continue;
        if (*line == ' ' || *line == '\t') {
            awsaccess_header *folded = &out->headers[out->request.header_count - 1];
            folded->value_len = (size_t)(line + len - folded->value);
            continue;
        }
        if (out->request.header_count == MOST_HEADERS)
            exit(1);
        char *colon = memchr(line, ':', len);
        awsaccess_header *field = &out->headers[out->request.header_count++];
        field->name = line;
        field->name_len = (size_t)(colon - line);
        field->value = colon + 1;
        field->value_len = len - field->name_len - 1;
    }
}

static awsaccess_text trimmed(awsaccess_text value)
{
    while (value.len > 0 && strchr(" \t\n", value.data[0]))
        value.data++, value.len--;
    while (value.len > 0 && strchr(" \t\n", value.data[value.len - 1]))
        value.len--;
    return value;
}

/* Whether each field of one list is in the other, with its value; names without regard to case. */
static int holds(const awsaccess_header *all, size_t count, const awsaccess_header *some, size_t some_count)
{
    for (size_t i = 0; i < some_count; i++) {
        int found = 0;
        awsaccess_text wanted = { some[i].value, some[i].value_len };
        for (size_t j = 0; j < count && !found; j++) {
            awsaccess_text value = { all[j].value, all[j].value_len };
            char name[256];
            snprintf(name, sizeof name, "%.*s", (int)all[j].name_len, all[j].name);
            found = header(&some[i], 1, name).data != NULL && same(trimmed(value), trimmed(wanted));
        }
        if (!found)
            return 0;
    }
    return 1;
}

/* Whether each parameter of one query is in the other, and they are equally long. */
static int same_query(awsaccess_text a, awsaccess_text b)
{
    if (a.len != b.len)
        return 0;
    char *x = strndup(a.data, a.len), *y = strndup(b.data, b.len), *save = NULL;
    char *in = strchr(y, '?');
    int all = in != NULL && strchr(x, '?') != NULL && strncmp(x, y, (size_t)(in - y) + 1) == 0;
    for (char *piece = all ? strtok_r(strchr(x, '?') + 1, "&", &save) : NULL; piece != NULL;
         piece = strtok_r(NULL, "&", &save)) {
        int found = 0;
        size_t len = strlen(piece);
        for (char *at = strstr(in, piece); at != NULL && !found; at = strstr(at + 1, piece))
            found = strchr("?&", at[-1]) != NULL && (at[len] == '&' || at[len] == '\0');
        all = all && found;
    }
    free(x);
    free(y);
    return all;
}

static int64_t instant(const char *rfc3339)
{
    int year, month, day, hour, minute, second;
    if (sscanf(rfc3339, "%d-%d-%dT%d:%d:%dZ", &year, &month, &day, &hour, &minute, &second) != 6)
        exit(1);
    /* Days since 1970 of the civil calendar (March is the first month). */
    int y = year - (month <= 2), era = y / 400, of_era = y - era * 400;
    int of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t days = era * 146097LL + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
    return days * 86400 + hour * 3600 + minute * 60 + second;
}

static awsaccess_status accepts(const awsaccess_request *request, const awsaccess_policy *policy,
                                const awsaccess_credentials *credentials, const char *body, int64_t now)
{
    awsaccess_claim *claim = NULL;
    awsaccess_verified *verified = NULL;
    awsaccess_status status = awsaccess_claim_parse(request, policy, now, &claim, NULL);
    if (status == AWSACCESS_OK) {
        if (!same(awsaccess_claim_access_key_id(claim), awsaccess_credentials_access_key_id(credentials)))
            status = AWSACCESS_VERIFY;
        else
            status = awsaccess_claim_verify(claim, credentials, body, strlen(body), &verified, NULL);
    }
    awsaccess_verified_free(verified);
    awsaccess_claim_free(claim);
    return status;
}

/* The same request with one byte of a text changed. */
static awsaccess_status altered(message_t sent, size_t nth, const awsaccess_policy *policy,
                                const awsaccess_credentials *credentials, const char *body, int64_t now)
{
    awsaccess_header *field = &sent.headers[nth];
    char *value = calloc(1, field->value_len + 1);
    memcpy(value, field->value, field->value_len);
    value[field->value_len - 1] ^= 1;
    field->value = value;
    sent.request.headers = sent.headers;
    awsaccess_status status = accepts(&sent.request, policy, credentials, body, now);
    free(value);
    return status;
}

static void run(const char *dir, const char *name)
{
    char *context = slurp(dir, "context.json"), *raw = slurp(dir, "request.txt");
    char *id = member(context, "access_key_id"), *secret = member(context, "secret_access_key");
    char *token = member(context, "token"), *region = member(context, "region");
    char *service = member(context, "service"), *stamp = member(context, "timestamp");
    char *normalize = member(context, "normalize"), *sign_body = member(context, "sign_body");
    char *omit = member(context, "omit_session_token"), *expires = member(context, "expiration_in_seconds");
    int append = omit != NULL && strcmp(omit, "true") == 0;
    int64_t now = instant(stamp);
    awsaccess_credentials *credentials = keys(id, secret, token);
    awsaccess_scope scope = {
        .struct_size = sizeof scope,
        .region = text(region),
        .service = text(service),
        .double_encode = AWSACCESS_ON,
        .normalize = strcmp(normalize, "true") == 0 ? AWSACCESS_ON : AWSACCESS_OFF,
        .content_sha256_header = sign_body && strcmp(sign_body, "true") == 0 ? AWSACCESS_ON : AWSACCESS_OFF,
        .session_token = append ? AWSACCESS_TOKEN_APPEND : AWSACCESS_TOKEN_SIGN,
    };
    message_t unsigned_;
    parse(raw, &unsigned_);
    const char *body = unsigned_.request.body ? unsigned_.request.body : "";
    awsaccess_error *error = NULL;
    awsaccess_signed *head = NULL;

    /* In the headers. */
    char *signature = slurp(dir, "header-signature.txt"), *theirs_raw = slurp(dir, "header-signed-request.txt");
    message_t theirs;
    parse(theirs_raw, &theirs);
    CHECK(awsaccess_sign(&unsigned_.request, credentials, &scope, now, &head, &error) == AWSACCESS_OK, "%s: %s", name,
          message(error));
    CHECK(is(awsaccess_signed_signature(head), signature), "%s", name);
    CHECK(same(awsaccess_signed_method(head), unsigned_.request.method), "%s", name);
    CHECK(same(awsaccess_signed_target(head), unsigned_.request.target), "%s", name);
    size_t count = 0;
    const awsaccess_header *headers = awsaccess_signed_headers(head, &count);
    CHECK(count == theirs.request.header_count, "%s: %zu", name, count);
    CHECK(holds(headers, count, theirs.headers, theirs.request.header_count), "%s", name);
    CHECK(holds(theirs.headers, theirs.request.header_count, headers, count), "%s", name);

    /* What was signed verifies, and what is altered does not. A token left unsigned needs a lenient policy. */
    awsaccess_policy policy = {
        .struct_size = sizeof policy, .require_amz_signed = append ? AWSACCESS_OFF : AWSACCESS_DEFAULT
    };
    message_t sent = unsigned_;
    memcpy(sent.headers, headers, count * sizeof *headers);
    sent.request.headers = sent.headers;
    sent.request.header_count = count;
    CHECK(accepts(&sent.request, &policy, credentials, body, now) == AWSACCESS_OK, "%s", name);
    CHECK(accepts(&sent.request, &policy, credentials, "another body", now) == AWSACCESS_VERIFY, "%s", name);
    CHECK(accepts(&sent.request, &policy, credentials, body, now + 3600) == AWSACCESS_VERIFY, "%s", name);
    for (size_t nth = 0; nth < count; nth++)
        if (sent.headers[nth].value_len > 0 && !strchr(" \t\n", sent.headers[nth].value[sent.headers[nth].value_len - 1]))
            CHECK(altered(sent, nth, &policy, credentials, body, now) == AWSACCESS_VERIFY, "%s: %zu", name, nth);
    awsaccess_credentials *others = keys(id, "another secret", token);
    CHECK(accepts(&sent.request, &policy, others, body, now) == AWSACCESS_VERIFY, "%s", name);
    awsaccess_credentials_free(others);
    awsaccess_signed_free(head);

    /* In the query. */
    char *link_signature = slurp(dir, "query-signature.txt"), *link_raw = slurp(dir, "query-signed-request.txt");
    message_t link;
    parse(link_raw, &link);
    CHECK(awsaccess_presign(&unsigned_.request, credentials, &scope, (uint32_t)atoi(expires), now, &head, &error)
              == AWSACCESS_OK,
          "%s: %s", name, message(error));
    CHECK(is(awsaccess_signed_signature(head), link_signature), "%s", name);
    CHECK(same_query(awsaccess_signed_target(head), link.request.target), "%s", name);
    if (!append) {
        sent = unsigned_;
        sent.request.headers = sent.headers;
        sent.request.target = awsaccess_signed_target(head);
        CHECK(accepts(&sent.request, NULL, credentials, body, now) == AWSACCESS_OK, "%s", name);
        CHECK(accepts(&sent.request, NULL, credentials, body, now + atoi(expires) + 1) == AWSACCESS_VERIFY, "%s", name);
        char *target = strndup(sent.request.target.data, sent.request.target.len);
        target[sent.request.target.len - 1] ^= 1;
        sent.request.target = text(target);
        CHECK(accepts(&sent.request, NULL, credentials, body, now) == AWSACCESS_VERIFY, "%s", name);
        free(target);
    }
    awsaccess_signed_free(head);
    awsaccess_credentials_free(credentials);
    char *all[] = { context, raw,       id,         secret,         token,   region, service, stamp, normalize, sign_body,
                    omit,    expires, signature, theirs_raw, link_signature, link_raw };
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        free(all[i]);
}

int main(int argc, char **argv)
{
    char root[512];
    snprintf(root, sizeof root, "%s/sigv4/v4", argc > 1 ? argv[1] : "vectors");
    DIR *folder = opendir(root);
    if (folder == NULL) {
        perror(root);
        return 1;
    }
    int cases = 0;
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        if (entry->d_name[0] == '.')
            continue;
        char dir[1024];
        snprintf(dir, sizeof dir, "%s/%s", root, entry->d_name);
        run(dir, entry->d_name);
        cases++;
    }
    closedir(folder);
    CHECK(cases == 38, "%d cases", cases);
    return finish();
}
