/* A gateway's way with one request: verify what a client signed with a placeholder, sign it again, pass the body on. */
#include "check.h"

#define NOW 1440938160

static awsaccess_credentials *client, *real;

static const char BODY[] = "hello, bucket";

/* Signs a PUT as a client does, verifies it with the body or without, and signs it again. */
static awsaccess_signed *pass(const char *payload, const char *seen, const awsaccess_upstream *upstream)
{
    awsaccess_error *error = NULL;
    awsaccess_header headers[] = {
        AWSACCESS_HEADER("Host", "bucket.s3.amazonaws.com"),
        AWSACCESS_HEADER("X-Amz-Meta-Name", "J\xfcrgen"), /* bytes, taken as they are */
        AWSACCESS_HEADER("Connection", "keep-alive"),
        AWSACCESS_HEADER("X-Unsigned", "1"),
    };
    awsaccess_request request = {
        .struct_size = sizeof request,
        .method = AWSACCESS_TEXT("PUT"),
        .target = AWSACCESS_TEXT("/base/a%20key?x=1"),
        .headers = headers,
        .header_count = 3,
        .body = BODY,
        .body_len = sizeof BODY - 1,
        .payload = text(payload),
    };
    awsaccess_scope scope = {
        .struct_size = sizeof scope, .region = AWSACCESS_TEXT("eu-west-1"), .service = AWSACCESS_TEXT("s3")
    };
    awsaccess_signed *sent = NULL, *again = NULL;
    awsaccess_claim *claim = NULL;
    awsaccess_verified *verified = NULL;
    DONE(awsaccess_sign(&request, client, &scope, NOW, &sent, &error));
    awsaccess_header all[16];
    size_t count = 0;
    const awsaccess_header *signed_headers = awsaccess_signed_headers(sent, &count);
    memcpy(all, signed_headers, count * sizeof *all);
    all[count] = headers[3]; /* added on the way */
    request.headers = all;
    request.header_count = count + 1;

    DONE(awsaccess_claim_parse(&request, NULL, NOW, &claim, &error));
    CHECK(is(awsaccess_claim_region(claim), "eu-west-1") && is(awsaccess_claim_service(claim), "s3"), "scope");
    CHECK(is(awsaccess_claim_session_token(claim), "a placeholder token"), "token");
    CHECK(awsaccess_claim_expires(claim) == 0, "in the headers");
    const awsaccess_text *names = awsaccess_claim_signed_headers(claim, &count);
    CHECK(count == 5 && is(names[0], "host") && is(names[4], "x-amz-security-token"), "%zu", count);
    DONE(awsaccess_claim_verify(claim, client, seen, seen ? strlen(seen) : 0, &verified, &error));
    awsaccess_claim_free(claim);
    awsaccess_signed_free(sent);
    CHECK(is(awsaccess_verified_access_key_id(verified), "AKIDPLACEHOLDER"), "key id");
    CHECK(is(awsaccess_verified_region(verified), "eu-west-1"), "region");
    CHECK(is(awsaccess_verified_service(verified), "s3"), "service");
    CHECK(awsaccess_verified_signed_at(verified) == NOW && !awsaccess_verified_presigned(verified), "time");
    names = awsaccess_verified_signed_headers(verified, &count);
    CHECK(count == 5 && is(names[1], "x-amz-content-sha256"), "%zu", count);
    CHECK(awsaccess_verified_payload(verified).len == (payload ? strlen(payload) : 64), "payload");

    DONE(awsaccess_resign(verified, real, upstream, NOW + 1, &again, &error));
    awsaccess_verified_free(verified);
    return again;
}

/* The new head is right if a verifier that knows the real key says so. */
static void check_head(awsaccess_signed *head, const char *host, const char *target, int strict)
{
    awsaccess_error *error = NULL;
    size_t count = 0;
    const awsaccess_header *headers = awsaccess_signed_headers(head, &count);
    CHECK(is(awsaccess_signed_method(head), "PUT"), "method");
    CHECK(is(awsaccess_signed_target(head), target), "%s", awsaccess_signed_target(head).data);
    CHECK(is(header(headers, count, "host"), host), "host");
    CHECK(is(header(headers, count, "x-amz-meta-name"), "J\xfcrgen"), "bytes");
    CHECK(header(headers, count, "connection").data == NULL, "hop by hop");
    CHECK((header(headers, count, "x-unsigned").data == NULL) == strict, "unsigned");
    CHECK(is(header(headers, count, "x-amz-security-token"), "the real token"), "token");
    for (size_t i = 0; i < count; i++)
        CHECK(strstr(headers[i].value, "placeholder") == NULL && strstr(headers[i].value, "PLACEHOLDER") == NULL,
              "%s", headers[i].name);

    awsaccess_request request = {
        .struct_size = sizeof request,
        .method = awsaccess_signed_method(head),
        .target = awsaccess_signed_target(head),
        .headers = headers,
        .header_count = count,
    };
    awsaccess_claim *claim = NULL;
    awsaccess_verified *verified = NULL;
    DONE(awsaccess_claim_parse(&request, NULL, NOW + 1, &claim, &error));
    CHECK(is(awsaccess_claim_access_key_id(claim), "AKIDREAL"), "key id");
    DONE(awsaccess_claim_verify(claim, real, BODY, sizeof BODY - 1, &verified, &error));
    awsaccess_claim_free(claim);
    awsaccess_verified_free(verified);
}

/* Pushes a body in pieces of one length; gives what came out before the end, and the status of the end. */
static awsaccess_status stream(awsaccess_signed *head, const char *body, size_t step, char *out)
{
    awsaccess_error *error = NULL;
    awsaccess_body_resigner *resigner = NULL;
    awsaccess_text piece;
    size_t len = strlen(body), at = 0;
    out[0] = '\0';
    DONE(awsaccess_body_resigner_new(head, &resigner, &error));
    for (size_t from = 0; from < len; from += step) {
        size_t take = len - from < step ? len - from : step;
        DONE(awsaccess_body_resigner_push(resigner, body + from, take, &piece, &error));
        memcpy(out + at, piece.data, piece.len);
        at += piece.len;
    }
    awsaccess_status status = awsaccess_body_resigner_finish(resigner, &piece, &error);
    if (status == AWSACCESS_OK) {
        memcpy(out + at, piece.data, piece.len);
        at += piece.len;
    }
    out[at] = '\0';
    awsaccess_error_free(error);
    awsaccess_body_resigner_free(resigner);
    return status;
}

int main(void)
{
    char out[64];
    client = keys("AKIDPLACEHOLDER", "placeholder", "a placeholder token");
    real = keys("AKIDREAL", "the real secret", "the real token");

    /* The body at hand. */
    awsaccess_signed *head = pass(NULL, BODY, NULL);
    check_head(head, "bucket.s3.amazonaws.com", "/base/a%20key?x=1", 0);
    awsaccess_signed_free(head);

    /* Another host, a prefix taken off, and nothing that was not signed. */
    awsaccess_upstream upstream = {
        .struct_size = sizeof upstream,
        .host = AWSACCESS_TEXT("vpce-1.s3.amazonaws.com"),
        .base_path = AWSACCESS_TEXT("/base"),
        .strict = AWSACCESS_ON,
    };
    head = pass(NULL, BODY, &upstream);
    check_head(head, "vpce-1.s3.amazonaws.com", "/a%20key?x=1", 1);
    awsaccess_signed_free(head);

    /* Only the head at hand: the body is checked as it flows, however it is cut. */
    for (size_t step = 1; step < sizeof BODY; step++) {
        head = pass(NULL, NULL, NULL);
        CHECK(stream(head, BODY, step, out) == AWSACCESS_OK && strcmp(out, BODY) == 0, "%zu: %s", step, out);
        awsaccess_signed_free(head);
    }
    /* Another body than the one that was signed: its last byte is never given. */
    head = pass(NULL, NULL, NULL);
    CHECK(stream(head, "hello, Bucket", 5, out) == AWSACCESS_VERIFY && strcmp(out, "hello, Bucke") == 0, "%s", out);
    awsaccess_signed_free(head);
    /* A body that the client did not sign passes unchanged. */
    head = pass("UNSIGNED-PAYLOAD", NULL, NULL);
    CHECK(stream(head, "any body at all", 4, out) == AWSACCESS_OK && strcmp(out, "any body at all") == 0, "%s", out);
    awsaccess_signed_free(head);
    /* Chunks with broken framing end at once. */
    head = pass("STREAMING-UNSIGNED-PAYLOAD-TRAILER", NULL, NULL);
    awsaccess_body_resigner *resigner = NULL;
    awsaccess_error *error = NULL;
    awsaccess_text piece;
    DONE(awsaccess_body_resigner_new(head, &resigner, &error));
    FAILS(awsaccess_body_resigner_push(resigner, "5\r\nhelloX", 9, &piece, &error), AWSACCESS_VERIFY);
    CHECK(piece.data == NULL, "nothing comes out");
    FAILS(awsaccess_body_resigner_push(resigner, "0\r\n\r\n", 5, &piece, &error), AWSACCESS_VERIFY);
    awsaccess_body_resigner_free(resigner);
    awsaccess_signed_free(head);

    awsaccess_credentials_free(client);
    awsaccess_credentials_free(real);
    return finish();
}
