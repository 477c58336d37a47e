/* SigV4A: AWS's own suite and what AWS's common runtime signed (vectors/sigv4); a derived key in the place of the secret;
 * sessions of S3 Express; checksums of trailers. */
#define _POSIX_C_SOURCE 200809L
#include <dirent.h>

#include "check.h"
#include "json.h"

#define MOST_HEADERS 32
#define NOW 1440938160

static const char *root;
static awsaccess_error *error;
static const awsaccess_text NONE = { NULL, 0 };

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
    out->request.body = "";
    if (body != NULL) {
        *body = '\0';
        out->request.body = body + 2;
        out->request.body_len = strlen(body + 2);
    }
    char *line = raw, *next = strchr(raw, '\n'), *space = strchr(raw, ' ');
    size_t first = next ? (size_t)(next - raw) : strlen(raw);
    awsaccess_text method = { raw, (size_t)(space - raw) };
    awsaccess_text target = { space + 1, first - method.len - 1 - strlen(" HTTP/1.1") };
    out->request.method = method;
    out->request.target = target;
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
        char *colon = memchr(line, ':', len);
        awsaccess_header field = { line, (size_t)(colon - line), colon + 1, len - (size_t)(colon - line) - 1 };
        out->headers[out->request.header_count++] = field;
    }
}

/* Whether a request is accepted; its kind of fault else. */
static const char *fault(const awsaccess_request *request, const awsaccess_policy *policy, const awsaccess_credentials *credentials,
                         int64_t now, const char *set)
{
    static char kind[64];
    awsaccess_claim *claim = NULL;
    awsaccess_verified *verified = NULL;
    awsaccess_error *why = NULL;
    kind[0] = '\0';
    if (awsaccess_claim_parse(request, policy, now, &claim, &why) != AWSACCESS_OK
        || awsaccess_claim_verify(claim, credentials, request->body, request->body_len, &verified, &why) != AWSACCESS_OK) {
        snprintf(kind, sizeof kind, "%s", awsaccess_error_verify_kind(why).data);
    } else {
        size_t count = 0;
        char joined[256] = "";
        const awsaccess_text *names = awsaccess_verified_region_set(verified, &count);
        for (size_t i = 0; i < count; i++)
            strcat(strcat(joined, i ? "," : ""), names[i].data);
        CHECK(eq(joined, set), "%s", joined);
        awsaccess_claim_region_set(claim, &count);
        CHECK(count > 0 || *set == '\0', "%zu", count);
    }
    awsaccess_error_free(why);
    awsaccess_verified_free(verified);
    awsaccess_claim_free(claim);
    return kind;
}

static void suite_case(const char *dir, const char *name)
{
    const json *context = json_file(dir, "context.json"), *who = get(context, "credentials");
    awsaccess_credentials *mine = keys(str(who, "access_key_id"), str(who, "secret_access_key"), str(who, "token"));
    int64_t now = instant(str(context, "timestamp"));
    bool late = truth(context, "omit_session_token");
    awsaccess_text regions = text(str(context, "region"));
    awsaccess_scope scope = {
        .struct_size = sizeof scope,
        .region_set = &regions,
        .region_set_count = 1,
        .service = text(str(context, "service")),
        .double_encode = AWSACCESS_ON,
        .normalize = truth(context, "normalize") ? AWSACCESS_ON : AWSACCESS_OFF,
        .content_sha256_header = truth(context, "sign_body") ? AWSACCESS_ON : AWSACCESS_OFF,
        .session_token = late ? AWSACCESS_TOKEN_APPEND : AWSACCESS_TOKEN_SIGN,
    };
    message_t plain;
    parse(slurp(dir, "request.txt", NULL), &plain);
    for (int link = 0; link < 2; link++) {
        const char *kind = link ? "query" : "header";
        char file[64];
        uint32_t expires = link ? (uint32_t)num(context, "expiration_in_seconds", 0) : 0;
        awsaccess_buffer *canonical = NULL, *string = NULL;
        DONE(awsaccess_explain(&plain.request, mine, &scope, expires, now, &canonical, &string, &error));
        snprintf(file, sizeof file, "%s-canonical-request.txt", kind);
        CHECK(eq(awsaccess_buffer_text(canonical).data, slurp(dir, file, NULL)), "%s: %s", name, kind);
        snprintf(file, sizeof file, "%s-string-to-sign.txt", kind);
        CHECK(eq(awsaccess_buffer_text(string).data, slurp(dir, file, NULL)), "%s: %s", name, kind);
        awsaccess_buffer_free(canonical);
        awsaccess_buffer_free(string);

        /* Ours and theirs verify (a token left unsigned needs a lenient policy), and another key is refused. */
        awsaccess_policy policy = { .struct_size = sizeof policy, .require_amz_signed = late ? AWSACCESS_OFF : AWSACCESS_DEFAULT };
        awsaccess_signed *head = NULL;
        if (link)
            DONE(awsaccess_presign(&plain.request, mine, &scope, expires, now, &head, &error));
        else
            DONE(awsaccess_sign(&plain.request, mine, &scope, now, &head, &error));
        awsaccess_request ours = plain.request;
        ours.target = awsaccess_signed_target(head);
        ours.headers = awsaccess_signed_headers(head, &ours.header_count);
        message_t theirs;
        snprintf(file, sizeof file, "%s-signed-request.txt", kind);
        parse(slurp(dir, file, NULL), &theirs);
        awsaccess_credentials *others = keys(str(who, "access_key_id"), "another-secret-of-the-client", str(who, "token"));
        if (!(link && late)) {
            CHECK(eq(fault(&ours, &policy, mine, now, "us-east-1"), ""), "%s: %s", name, kind);
            CHECK(eq(fault(&theirs.request, &policy, mine, now, "us-east-1"), ""), "%s: %s", name, kind);
            CHECK(eq(fault(&theirs.request, &policy, others, now, ""), "signature-mismatch"), "%s: %s", name, kind);
            policy.sigv4a = AWSACCESS_OFF;
            CHECK(eq(fault(&ours, &policy, mine, now, ""), "unsupported-algorithm"), "%s: %s", name, kind);
        }
        awsaccess_credentials_free(others);
        awsaccess_signed_free(head);
    }
    awsaccess_credentials_free(mine);
}

static void the_suite(void)
{
    char at[512], dir[1024];
    int cases = 0;
    snprintf(at, sizeof at, "%s/sigv4/v4a", root);
    DIR *folder = opendir(at);
    if (folder == NULL) {
        perror(at);
        exit(2);
    }
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        snprintf(dir, sizeof dir, "%s/%s", at, entry->d_name);
        /* Two hold no expectations. */
        if (entry->d_name[0] == '.' || slurp(dir, "public-key.json", NULL) == NULL)
            continue;
        suite_case(dir, entry->d_name);
        cases++;
    }
    closedir(folder);
    CHECK(cases == 38, "%d cases", cases);
}

static void what_the_common_runtime_signed(void)
{
    const json *cases = json_file(root, "sigv4/awscrt-v4a.json");
    CHECK(cases->count == 24, "%zu cases", cases->count);
    for (size_t i = 0; i < cases->count; i++) {
        const json *one = &cases->items[i], *list = get(one, "headers");
        awsaccess_header fields[MOST_HEADERS];
        for (size_t j = 0; j < list->count; j++) {
            const json *pair = &list->items[j];
            awsaccess_header field = { pair->items[0].text, pair->items[0].len, pair->items[1].text, pair->items[1].len };
            fields[j] = field;
        }
        awsaccess_request request = {
            .struct_size = sizeof request, .method = text(str(one, "method")), .target = text(str(one, "target")),
            .headers = fields, .header_count = list->count, .body = str(one, "body"), .body_len = get(one, "body")->len,
        };
        awsaccess_credentials *mine = keys(str(one, "access_key_id"), str(one, "secret_access_key"), str(one, "session_token"));
        CHECK(eq(fault(&request, NULL, mine, 1800000000, str(one, "region_set")), ""), "%zu", i);
        awsaccess_credentials_free(mine);
    }
}

static const awsaccess_header HOST = AWSACCESS_HEADER("Host", "b.s3.us-east-1.amazonaws.com");

static awsaccess_request get_of(const char *target)
{
    awsaccess_request request = { .struct_size = sizeof request, .method = AWSACCESS_TEXT("GET"), .target = text(target),
                                  .headers = &HOST, .header_count = 1, .body = "" };
    return request;
}

static void region_sets(void)
{
    awsaccess_credentials *mine = keys("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", NULL), *real = keys("AKIDREAL", "the-real-secret", NULL);
    awsaccess_text set[] = { AWSACCESS_TEXT("us-east-1"), AWSACCESS_TEXT("eu-*") };
    awsaccess_scope scope = { .struct_size = sizeof scope, .region_set = set, .region_set_count = 2, .service = AWSACCESS_TEXT("s3") };
    awsaccess_request request = get_of("/k"), sent = request;
    awsaccess_signed *head = NULL, *again = NULL;
    awsaccess_claim *claim = NULL;
    awsaccess_verified *verified = NULL;
    DONE(awsaccess_sign(&request, mine, &scope, NOW, &head, &error));
    sent.headers = awsaccess_signed_headers(head, &sent.header_count);
    DONE(awsaccess_claim_parse(&sent, NULL, NOW, &claim, &error));
    CHECK(is(awsaccess_claim_region(claim), "us-east-1,eu-*"), "%s", awsaccess_claim_region(claim).data);
    DONE(awsaccess_claim_verify(claim, mine, "", 0, &verified, &error));
    DONE(awsaccess_resign(verified, real, NULL, NOW, &again, &error));
    size_t count = 0;
    const awsaccess_header *out = awsaccess_signed_headers(again, &count);
    CHECK(eq(header(out, count, "x-amz-region-set").data, "us-east-1,eu-*"), "region set");
    CHECK(strncmp(header(out, count, "authorization").data, "AWS4-ECDSA-P256-SHA256 Credential=AKIDREAL/", 43) == 0, "%s",
          header(out, count, "authorization").data);
    awsaccess_signed_free(again);
    awsaccess_verified_free(verified);
    awsaccess_claim_free(claim);
    awsaccess_signed_free(head);
    scope.region = text("us-east-1");
    FAILS(awsaccess_sign(&request, mine, &scope, NOW, &head, &error), AWSACCESS_INPUT);
    scope.region = NONE;
    set[0] = text("a b");
    FAILS(awsaccess_sign(&request, mine, &scope, NOW, &head, &error), AWSACCESS_SIGN);
    scope.region_set_count = 0;
    FAILS(awsaccess_sign(&request, mine, &scope, NOW, &head, &error), AWSACCESS_INPUT);
    awsaccess_credentials_free(mine);
    awsaccess_credentials_free(real);
}

static void a_derived_key(void)
{
    awsaccess_credentials *mine = keys("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "t0k3n-of-the-client");
    awsaccess_credentials *delegate = NULL, *made = NULL;
    awsaccess_scope scope = { .struct_size = sizeof scope, .region = AWSACCESS_TEXT("us-east-1"), .service = AWSACCESS_TEXT("iam") };
    awsaccess_request request = get_of("/?Action=ListUsers"), sent = request;
    awsaccess_signed *whole = NULL, *head = NULL;
    uint8_t key[32];
    DONE(awsaccess_credentials_delegate(mine, text("us-east-1"), text("iam"), NOW, &delegate, &error));
    CHECK(awsaccess_credentials_is_delegate(delegate) && !awsaccess_credentials_is_delegate(mine), "which is it");
    CHECK(awsaccess_credentials_secret_access_key(delegate).data == NULL, "a secret");
    CHECK(is(awsaccess_credentials_session_token(delegate), "t0k3n-of-the-client"), "token");
    DONE(awsaccess_credentials_key(delegate, key, &error));
    DONE(awsaccess_delegate_new(text("AKIDEXAMPLE"), key, text("us-east-1"), text("iam"), text("t0k3n-of-the-client"),
                                AWSACCESS_NEVER, NOW, &made, &error));
    DONE(awsaccess_sign(&request, mine, &scope, NOW, &whole, &error));
    awsaccess_credentials *both[] = { delegate, made };
    for (int i = 0; i < 2; i++) {
        DONE(awsaccess_sign(&request, both[i], &scope, NOW, &head, &error));
        CHECK(same(awsaccess_signed_signature(head), awsaccess_signed_signature(whole)), "%d", i);
        sent.headers = awsaccess_signed_headers(head, &sent.header_count);
        CHECK(eq(fault(&sent, NULL, both[i], NOW, ""), ""), "%d", i);
        awsaccess_signed_free(head);
        FAILS(awsaccess_sign(&request, both[i], &scope, NOW + 86400, &head, &error), AWSACCESS_SIGN);
        awsaccess_scope other = scope;
        other.region = text("eu-west-1");
        FAILS(awsaccess_sign(&request, both[i], &other, NOW, &head, &error), AWSACCESS_SIGN);
    }
    /* What needs the secret says so. */
    awsaccess_redactor *redactor = NULL;
    awsaccess_step *step = NULL;
    awsaccess_options options = { .struct_size = sizeof options, .credentials = delegate };
    DONE(awsaccess_redactor_new(false, &redactor, &error));
    FAILS(awsaccess_redactor_learn(redactor, delegate, &error), AWSACCESS_INPUT);
    FAILS(awsaccess_step_start(&options, NULL, NOW, NULL, &step, &error), AWSACCESS_INPUT);
    FAILS(awsaccess_credentials_key(mine, key, &error), AWSACCESS_INPUT);
    FAILS(awsaccess_credentials_key(delegate, NULL, &error), AWSACCESS_INPUT);
    FAILS(awsaccess_delegate_new(text("A"), NULL, text("r"), text("s"), NONE, AWSACCESS_NEVER, NOW, &made, &error), AWSACCESS_INPUT);
    awsaccess_redactor_free(redactor);
    awsaccess_signed_free(whole);
    awsaccess_credentials_free(both[0]);
    awsaccess_credentials_free(both[1]);
    awsaccess_credentials_free(mine);
}

static void tokens(void)
{
    awsaccess_credentials *mine = keys("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "t0k3n-of-the-client");
    awsaccess_credentials *plain = keys("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", NULL);
    awsaccess_header fields[] = { AWSACCESS_HEADER("Host", "b--usw2-az1--x-s3.s3express-usw2-az1.us-west-2.amazonaws.com"),
                                  AWSACCESS_HEADER("X-Amz-Security-Token", "t0k3n-of-others") };
    awsaccess_request request = get_of("/key"), sent = request;
    awsaccess_scope scope = { .struct_size = sizeof scope, .region = AWSACCESS_TEXT("us-west-2"), .service = AWSACCESS_TEXT("s3express"),
                              .session_token = AWSACCESS_TOKEN_S3EXPRESS };
    awsaccess_signed *head = NULL;
    size_t count = 0;
    request.headers = fields;
    DONE(awsaccess_sign(&request, mine, &scope, NOW, &head, &error));
    sent.headers = awsaccess_signed_headers(head, &sent.header_count);
    CHECK(eq(header(sent.headers, sent.header_count, "x-amz-s3session-token").data, "t0k3n-of-the-client"), "token");
    CHECK(strstr(header(sent.headers, sent.header_count, "authorization").data, "x-amz-s3session-token") != NULL, "signed");
    CHECK(eq(fault(&sent, NULL, mine, NOW, ""), ""), "verified");
    awsaccess_signed_free(head);
    /* A token that came in belongs to other credentials than those that sign. */
    request.header_count = 2;
    scope.session_token = AWSACCESS_TOKEN_SIGN;
    DONE(awsaccess_sign(&request, plain, &scope, NOW, &head, &error));
    const awsaccess_header *out = awsaccess_signed_headers(head, &count);
    CHECK(header(out, count, "x-amz-security-token").data == NULL, "a token of others");
    CHECK(strstr(header(out, count, "authorization").data, "security-token") == NULL, "signed");
    awsaccess_signed_free(head);
    scope.session_token = 9;
    FAILS(awsaccess_sign(&request, mine, &scope, NOW, &head, &error), AWSACCESS_INPUT);
    awsaccess_credentials_free(mine);
    awsaccess_credentials_free(plain);
}

static void checksums_of_trailers(void)
{
    static const char BODY[] = "5\r\nhello\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n";
    char length[16];
    snprintf(length, sizeof length, "%zu", sizeof BODY - 1);
    awsaccess_credentials *mine = keys("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", NULL);
    awsaccess_header fields[] = { HOST, AWSACCESS_HEADER("content-encoding", "aws-chunked"), AWSACCESS_HEADER("x-amz-decoded-content-length", "5"),
                                  AWSACCESS_HEADER("x-amz-trailer", "x-amz-checksum-crc32"), { "content-length", 14, length, strlen(length) } };
    awsaccess_request request = get_of("/k"), sent = request;
    awsaccess_scope scope = { .struct_size = sizeof scope, .region = AWSACCESS_TEXT("us-east-1"), .service = AWSACCESS_TEXT("s3") };
    request.method = text("PUT");
    request.headers = fields;
    request.header_count = 5;
    request.payload = text("STREAMING-UNSIGNED-PAYLOAD-TRAILER");
    for (int checked = 0; checked < 2; checked++) {
        awsaccess_signed *head = NULL, *again = NULL;
        awsaccess_claim *claim = NULL;
        awsaccess_verified *verified = NULL;
        awsaccess_body_resigner *way = NULL;
        awsaccess_text first = NONE, last = NONE;
        DONE(awsaccess_sign(&request, mine, &scope, NOW, &head, &error));
        sent.method = request.method;
        sent.headers = awsaccess_signed_headers(head, &sent.header_count);
        DONE(awsaccess_claim_parse(&sent, NULL, NOW, &claim, &error));
        DONE(awsaccess_claim_verify(claim, mine, NULL, 0, &verified, &error));
        DONE(awsaccess_resign(verified, mine, NULL, NOW, &again, &error));
        DONE(awsaccess_body_resigner_new(again, &way, &error));
        if (!checked)
            DONE(awsaccess_body_resigner_without_checksums(way, &error));
        awsaccess_status status = awsaccess_body_resigner_push(way, BODY, sizeof BODY - 1, &first, &error);
        size_t len = first.len;
        if (status == AWSACCESS_OK)
            status = awsaccess_body_resigner_finish(way, &last, &error);
        CHECK(status == (checked ? AWSACCESS_VERIFY : AWSACCESS_OK), "%d: %s", checked, message(error));
        CHECK(checked || len + last.len == sizeof BODY - 1, "%zu", len + last.len);
        awsaccess_error_free(error);
        awsaccess_body_resigner_free(way);
        awsaccess_signed_free(again);
        awsaccess_verified_free(verified);
        awsaccess_claim_free(claim);
        awsaccess_signed_free(head);
    }
    FAILS(awsaccess_body_resigner_without_checksums(NULL, &error), AWSACCESS_INPUT);
    awsaccess_credentials_free(mine);
}

int main(int argc, char **argv)
{
    root = argc > 1 ? argv[1] : "vectors";
    the_suite();
    what_the_common_runtime_signed();
    region_sets();
    a_derived_key();
    tokens();
    checksums_of_trailers();
    return finish();
}
