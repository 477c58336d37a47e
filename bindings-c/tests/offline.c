/* What was signed offline, and why a signature was refused: vectors/presigned, vectors/diagnose. */
#define _POSIX_C_SOURCE 200809L
#include "check.h"
#include "json.h"

static const char *root;
static awsaccess_error *error;
static const awsaccess_text NONE = { NULL, 0 };

static awsaccess_credentials *keys_of(const json *list)
{
    return keys(list->items[0].text, list->items[1].text,
                list->count > 2 && list->items[2].type == 's' ? list->items[2].text : NULL);
}

static char *trimmed(const char *text_)
{
    char *copy = strdup(text_ + strspn(text_, " \r\n"));
    size_t len = strlen(copy);
    while (len > 0 && strchr(" \r\n", copy[len - 1]))
        copy[--len] = '\0';
    return copy;
}

static awsaccess_offline_presign *recognized(const json *one)
{
    awsaccess_offline_presign *found = NULL;
    awsaccess_header fields[8];
    const json *headers = get(one, "headers");
    for (size_t i = 0; i < headers->count; i++) {
        awsaccess_header field = { headers->names[i], strlen(headers->names[i]), headers->items[i].text, headers->items[i].len };
        fields[i] = field;
    }
    DONE(awsaccess_recognize_presign(text(str(one, "text")), fields, headers->count, &found, &error));
    CHECK(found != NULL, "%s", str(one, "kind"));
    return found;
}

static void signed_again(const json *one)
{
    const char *kind = str(one, "kind");
    awsaccess_offline_presign *found = recognized(one);
    awsaccess_proven_presign *proven = NULL;
    awsaccess_resigned_presign *resigned = NULL;
    awsaccess_presign_facts facts = *awsaccess_offline_presign_facts(found);
    CHECK(is(facts.kind, kind) && is(facts.service, str(one, "service")) && is(facts.region, str(one, "region")), "%s", facts.kind.data);
    CHECK(eq(facts.resource.data, str(one, "resource")) && facts.missing_header_count == 0, "%s: %s", kind, facts.resource.data);
    CHECK(eq(facts.access_key_id.data, get(one, "placeholder")->items[0].text), "%s", kind);
    awsaccess_credentials *placeholder = keys_of(get(one, "placeholder")), *real = keys_of(get(one, "real"));
    DONE(awsaccess_offline_presign_verify(found, placeholder, NULL, facts.signed_at, &proven, &error));
    CHECK(awsaccess_proven_presign_method(proven).len > 0, "%s", kind);
    DONE(awsaccess_proven_presign_resign(proven, real, 0, facts.signed_at, &resigned, &error));
    awsaccess_presign_text out = *awsaccess_resigned_presign_text(resigned);
    CHECK(eq(trimmed(out.text.data), trimmed(str(one, "resigned"))), "%s: %s", kind, out.text.data);
    CHECK(is(out.limited_by, "asked") && out.expires_at == facts.expires_at, "%s: %s", kind, out.limited_by.data);
    CHECK(out.lifetime_ms == 1000 * (uint64_t)(facts.expires_at - facts.signed_at), "%s", kind);
    uint64_t asked = out.lifetime_ms;
    awsaccess_resigned_presign_free(resigned);
    if (asked > 60000) {
        DONE(awsaccess_proven_presign_resign(proven, real, 60, facts.signed_at, &resigned, &error));
        out = *awsaccess_resigned_presign_text(resigned);
        CHECK(is(out.limited_by, "policy") && out.lifetime_ms == 60000, "%s", kind);
        awsaccess_resigned_presign_free(resigned);
    }
    awsaccess_proven_presign_free(proven);

    /* Another key, no key, another time. */
    const struct {
        const awsaccess_credentials *key;
        int64_t now;
        const char *kind, *code;
        bool uniform;
    } REFUSED[] = {
        { real, facts.signed_at, "signature-mismatch", "SignatureDoesNotMatch", false },
        { NULL, facts.signed_at, "unknown-key", strncmp(facts.service.data, "s3", 2) == 0 ? "InvalidAccessKeyId" : "InvalidClientTokenId", false },
        { NULL, facts.signed_at, "signature-mismatch", "SignatureDoesNotMatch", true },
        { NULL, facts.expires_at + 1, "expired", NULL, false },
        { placeholder, facts.expires_at + 1, "expired", NULL, false },
        { placeholder, facts.signed_at - 3600, "not-yet-valid", NULL, false },
    };
    for (size_t i = 0; i < sizeof REFUSED / sizeof *REFUSED; i++) {
        awsaccess_policy policy = { .struct_size = sizeof policy, .uniform_errors = REFUSED[i].uniform ? AWSACCESS_ON : AWSACCESS_DEFAULT };
        awsaccess_status status = awsaccess_offline_presign_verify(found, REFUSED[i].key, &policy, REFUSED[i].now, &proven, &error);
        const char *why = awsaccess_error_verify_kind(error).data;
        /* A key with a session token of its own is told by the token that is not there. */
        bool right = eq(why, REFUSED[i].kind) || (i == 0 && eq(why, "invalid-token"));
        CHECK(status == AWSACCESS_VERIFY && right, "%s, %zu: %s", kind, i, why);
        if (REFUSED[i].code != NULL && eq(why, REFUSED[i].kind))
            CHECK(is(awsaccess_error_aws_code(error), REFUSED[i].code) && awsaccess_error_http_status(error) == 403, "%s, %zu: %s", kind, i,
                  awsaccess_error_aws_code(error).data);
        CHECK(strstr(message(error), get(one, "placeholder")->items[1].text) == NULL, "%s", kind);
        awsaccess_error_free(error);
    }
    awsaccess_credentials_free(placeholder);
    awsaccess_credentials_free(real);
    awsaccess_offline_presign_free(found);
}

static void only_what_it_is(void)
{
    static const char *const NOTHING[] = { "", "https://example.com/", "k8s-aws-v1.", "hello", "\xff\xfe" };
    for (size_t i = 0; i < sizeof NOTHING / sizeof *NOTHING; i++) {
        awsaccess_offline_presign *found = NULL;
        DONE(awsaccess_recognize_presign(text(NOTHING[i]), NULL, 0, &found, &error));
        CHECK(found == NULL && awsaccess_offline_presign_facts(found) == NULL, "%s", NOTHING[i]);
    }
    FAILS(awsaccess_recognize_presign(text("x"), NULL, 0, NULL, &error), AWSACCESS_INPUT);
}

#define MOST_HEADERS 64

/* A raw request; points into `raw`, which it cuts. */
static void parse(char *raw, awsaccess_request *out, awsaccess_header *fields)
{
    memset(out, 0, sizeof *out);
    out->struct_size = sizeof *out;
    char *end = strstr(raw, "\r\n\r\n");
    *end = '\0';
    out->body = end + 4;
    out->body_len = strlen(end + 4);
    char *save = NULL, *line = strtok_r(raw, "\r\n", &save), *space = strchr(line, ' ');
    awsaccess_text method = { line, (size_t)(space - line) };
    awsaccess_text target = { space + 1, strcspn(space + 1, " ") };
    out->method = method;
    out->target = target;
    while ((line = strtok_r(NULL, "\r\n", &save)) != NULL && out->header_count < MOST_HEADERS) {
        char *colon = strstr(line, ": ");
        awsaccess_header field = { line, (size_t)(colon - line), colon + 2, strlen(colon + 2) };
        fields[out->header_count++] = field;
    }
    out->headers = fields;
}

static void diagnosed(const char *file, size_t expected)
{
    const json *cases = json_file(root, file);
    CHECK(cases->count == expected, "%zu cases", cases->count);
    for (size_t i = 0; i < cases->count; i++) {
        const json *one = &cases->items[i];
        awsaccess_header fields[MOST_HEADERS];
        awsaccess_request request;
        parse(strdup(str(one, "request")), &request, fields);
        awsaccess_credentials *mine = keys_of(get(one, "keys"));
        awsaccess_evidence evidence = { .struct_size = sizeof evidence, .credentials = mine };
        awsaccess_diagnosis *diagnosis = NULL;
        DONE(awsaccess_diagnose(&request, text(str(one, "reply")), &evidence, &diagnosis, &error));
        awsaccess_finding found = *awsaccess_diagnosis_finding(diagnosis);
        CHECK(is(found.cause, str(one, "cause")), "%s, %zu: %s, not %s", file, i, found.cause.data, str(one, "cause"));
        if (str(one, "subject"))
            CHECK(eq(found.subject.data, str(one, "subject")), "%s, %zu: %s", file, i, found.subject.data);
        CHECK(found.explanation.len > 0 && found.remedy.len > 0 && found.part.len > 0, "%s, %zu", file, i);
        const char *secret = get(one, "keys")->items[1].text;
        CHECK(strstr(found.explanation.data, secret) == NULL, "%s, %zu", file, i);
        CHECK(found.ours.data == NULL || strstr(found.ours.data, secret) == NULL, "%s, %zu", file, i);
        CHECK(found.theirs.data == NULL || strstr(found.theirs.data, secret) == NULL, "%s, %zu", file, i);
        awsaccess_diagnosis_free(diagnosis);
        awsaccess_credentials_free(mine);
    }
}

static void without_a_reply(void)
{
    awsaccess_credentials *mine = keys("AKIDEXAMPLE", "placeholder-secret-of-presigns-0001", NULL);
    awsaccess_header host = AWSACCESS_HEADER("Host", "abc.execute-api.us-east-1.amazonaws.com");
    awsaccess_request request = { .struct_size = sizeof request, .method = AWSACCESS_TEXT("GET"),
                                  .target = AWSACCESS_TEXT("/stage/a%20b"), .headers = &host, .header_count = 1 };
    awsaccess_scope scope = { .struct_size = sizeof scope, .region = AWSACCESS_TEXT("us-east-1"),
                              .service = AWSACCESS_TEXT("execute-api"), .double_encode = AWSACCESS_OFF };
    awsaccess_scope elsewhere = { .struct_size = sizeof scope, .region = AWSACCESS_TEXT("eu-west-1"), .service = AWSACCESS_TEXT("execute-api") };
    awsaccess_diagnosis *diagnosis = NULL;
    awsaccess_signed *sent = NULL;
    DONE(awsaccess_diagnose(&request, NONE, NULL, &diagnosis, &error));
    CHECK(is(awsaccess_diagnosis_finding(diagnosis)->cause, "not-signed"), "%s", awsaccess_diagnosis_finding(diagnosis)->cause.data);
    awsaccess_diagnosis_free(diagnosis);
    for (int right = 0; right < 2; right++) {
        awsaccess_request signed_ = request;
        scope.double_encode = right ? AWSACCESS_DEFAULT : AWSACCESS_OFF;
        DONE(awsaccess_sign(&request, mine, &scope, 1700000000, &sent, &error));
        signed_.headers = awsaccess_signed_headers(sent, &signed_.header_count);
        signed_.body = "";
        awsaccess_evidence evidence = { .struct_size = sizeof evidence, .credentials = mine };
        DONE(awsaccess_diagnose(&signed_, NONE, &evidence, &diagnosis, &error));
        awsaccess_finding found = *awsaccess_diagnosis_finding(diagnosis);
        CHECK(is(found.cause, right ? "nothing" : "path-encoded-once"), "%s", found.cause.data);
        if (!right)
            CHECK(is(found.ours, "/stage/a%20b") && is(found.theirs, "/stage/a%2520b") && found.certain, "%s", found.ours.data);
        awsaccess_diagnosis_free(diagnosis);
        evidence.now = 1700003600;
        DONE(awsaccess_diagnose(&signed_, NONE, &evidence, &diagnosis, &error));
        CHECK(right == 0 || is(awsaccess_diagnosis_finding(diagnosis)->cause, "clock-skew"), "clock");
        awsaccess_diagnosis_free(diagnosis);
        awsaccess_evidence wanted = { .struct_size = sizeof wanted, .scope = &elsewhere };
        DONE(awsaccess_diagnose(&signed_, NONE, &wanted, &diagnosis, &error));
        CHECK(is(awsaccess_diagnosis_finding(diagnosis)->cause, "wrong-region"), "%s", awsaccess_diagnosis_finding(diagnosis)->cause.data);
        awsaccess_diagnosis_free(diagnosis);
        awsaccess_signed_free(sent);
    }
    FAILS(awsaccess_diagnose(NULL, NONE, NULL, &diagnosis, &error), AWSACCESS_INPUT);
    awsaccess_credentials_free(mine);
}

int main(int argc, char **argv)
{
    root = argc > 1 ? argv[1] : "vectors";
    const json *cases = json_file(root, "presigned/cases.json");
    CHECK(cases->count == 40, "%zu cases", cases->count);
    for (size_t i = 0; i < cases->count; i++)
        signed_again(&cases->items[i]);
    only_what_it_is();
    diagnosed("diagnose/aws.json", 46);
    diagnosed("diagnose/moto.json", 29);
    diagnosed("diagnose/s3s.json", 30);
    without_a_reply();
    return finish();
}
