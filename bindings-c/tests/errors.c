/* The table of statuses, the version, and what an error says. */
#include "check.h"

static const struct {
    awsaccess_status status;
    const char *name;
} TABLE[] = {
    { AWSACCESS_OK, "ok" },
    { AWSACCESS_NOT_CONFIGURED, "not_configured" },
    { AWSACCESS_PROFILE, "profile" },
    { AWSACCESS_CONFIG, "config" },
    { AWSACCESS_DECLINED, "declined" },
    { AWSACCESS_UNREACHABLE, "unreachable" },
    { AWSACCESS_TIMEOUT, "timeout" },
    { AWSACCESS_DENIED, "denied" },
    { AWSACCESS_SERVICE, "service" },
    { AWSACCESS_MALFORMED, "malformed" },
    { AWSACCESS_EXPIRED, "expired" },
    { AWSACCESS_MFA, "mfa" },
    { AWSACCESS_LIMIT, "limit" },
    { AWSACCESS_INPUT, "input" },
    { AWSACCESS_SIGN, "sign" },
    { AWSACCESS_VERIFY, "verify" },
    { AWSACCESS_RESIGN, "resign" },
    { AWSACCESS_USED, "used" },
    { AWSACCESS_WRONG_ANSWER, "wrong_answer" },
    { AWSACCESS_INTERNAL, "internal" },
    { AWSACCESS_CANCELLED, "cancelled" },
};

int main(void)
{
    size_t count = sizeof TABLE / sizeof TABLE[0];
    for (size_t i = 0; i < count; i++) {
        CHECK(TABLE[i].status == i, "%s is %u", TABLE[i].name, TABLE[i].status);
        CHECK(strcmp(awsaccess_status_name(TABLE[i].status), TABLE[i].name) == 0, "%u", TABLE[i].status);
    }
    /* The library knows no status that the header does not. */
    for (awsaccess_status status = (awsaccess_status)count; status < 300; status++)
        CHECK(strcmp(awsaccess_status_name(status), "unknown") == 0, "%u", status);

    int major, minor, patch;
    CHECK(strcmp(awsaccess_version(), AWSACCESS_VERSION) == 0, "%s", awsaccess_version());
    CHECK(sscanf(awsaccess_version(), "%d.%d.%d", &major, &minor, &patch) == 3, "%s", awsaccess_version());
    CHECK(major == AWSACCESS_VERSION_MAJOR && minor == AWSACCESS_VERSION_MINOR && patch == AWSACCESS_VERSION_PATCH,
          "%d.%d.%d", major, minor, patch);
    CHECK(AWSACCESS_VERSION_NUMBER == (major << 16) + (minor << 8) + patch, "%x", AWSACCESS_VERSION_NUMBER);

    /* A verification error says what to answer, and to the operator why. */
    awsaccess_header headers[] = {
        AWSACCESS_HEADER("Host", "b.s3.amazonaws.com"),
        AWSACCESS_HEADER("X-Amz-Date", "20150830T123600Z"),
        AWSACCESS_HEADER("x-amz-content-sha256", "UNSIGNED-PAYLOAD"),
        AWSACCESS_HEADER("Authorization",
                         "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/s3/aws4_request, "
                         "SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature="
                         "0000000000000000000000000000000000000000000000000000000000000000"),
    };
    awsaccess_request request = {
        .struct_size = sizeof request,
        .method = AWSACCESS_TEXT("GET"),
        .target = AWSACCESS_TEXT("/k"),
        .headers = headers,
        .header_count = 4,
    };
    awsaccess_claim *claim = NULL;
    awsaccess_verified *verified = NULL;
    awsaccess_error *error = NULL;
    awsaccess_credentials *known = keys("AKIDEXAMPLE", "a secret that must not be seen", NULL);
    DONE(awsaccess_claim_parse(&request, NULL, 1440938160, &claim, &error));
    CHECK(is(awsaccess_claim_access_key_id(claim), "AKIDEXAMPLE"), "key id");
    CHECK(is(awsaccess_claim_payload(claim), "UNSIGNED-PAYLOAD"), "payload");
    CHECK(awsaccess_claim_session_token(claim).data == NULL, "no token");
    CHECK(awsaccess_claim_signed_at(claim) == 1440938160, "signed at");
    CHECK(awsaccess_claim_verify(claim, known, NULL, 0, &verified, &error) == AWSACCESS_VERIFY, "verified");
    CHECK(verified == NULL, "a result of a failure");
    CHECK(is(awsaccess_error_verify_kind(error), "signature-mismatch"), "%s", awsaccess_error_verify_kind(error).data);
    CHECK(is(awsaccess_error_aws_code(error), "SignatureDoesNotMatch"), "%s", awsaccess_error_aws_code(error).data);
    CHECK(awsaccess_error_http_status(error) == 403, "%u", awsaccess_error_http_status(error));
    CHECK(awsaccess_error_operator_detail(error).len > 0, "no detail");
    CHECK(!awsaccess_error_retryable(error), "retryable");
    CHECK(strstr(message(error), "must not be seen") == NULL, "%s", message(error));
    awsaccess_error_free(error);
    awsaccess_claim_free(claim);

    /* An unknown key. */
    DONE(awsaccess_claim_parse(&request, NULL, 1440938160, &claim, &error));
    CHECK(awsaccess_claim_refuse_unknown(claim, NULL, 0, &error) == AWSACCESS_VERIFY, "accepted");
    CHECK(is(awsaccess_error_verify_kind(error), "unknown-key"), "%s", awsaccess_error_verify_kind(error).data);
    CHECK(is(awsaccess_error_aws_code(error), "InvalidAccessKeyId"), "%s", awsaccess_error_aws_code(error).data);
    awsaccess_error_free(error);
    FAILS(awsaccess_claim_refuse_unknown(claim, NULL, 0, &error), AWSACCESS_USED);
    awsaccess_claim_free(claim);

    /* A policy: uniform errors, a region, a skew. */
    awsaccess_policy policy = { .struct_size = sizeof policy, .uniform_errors = AWSACCESS_ON };
    DONE(awsaccess_claim_parse(&request, &policy, 1440938160, &claim, &error));
    CHECK(awsaccess_claim_refuse_unknown(claim, NULL, 0, &error) == AWSACCESS_VERIFY, "accepted");
    CHECK(is(awsaccess_error_aws_code(error), "SignatureDoesNotMatch"), "%s", awsaccess_error_aws_code(error).data);
    awsaccess_error_free(error);
    awsaccess_claim_free(claim);
    policy.region = text("eu-west-1");
    CHECK(awsaccess_claim_parse(&request, &policy, 1440938160, &claim, &error) == AWSACCESS_VERIFY, "accepted");
    CHECK(is(awsaccess_error_verify_kind(error), "wrong-scope"), "%s", awsaccess_error_verify_kind(error).data);
    awsaccess_error_free(error);
    awsaccess_text required[] = { AWSACCESS_TEXT("content-type") };
    awsaccess_policy signs = { .struct_size = sizeof signs, .require_signed = required, .require_signed_count = 1 };
    CHECK(awsaccess_claim_parse(&request, &signs, 1440938160, &claim, &error) == AWSACCESS_VERIFY, "accepted");
    CHECK(is(awsaccess_error_verify_kind(error), "header-not-signed"), "%s", awsaccess_error_verify_kind(error).data);
    awsaccess_error_free(error);
    awsaccess_policy slow = { .struct_size = sizeof slow, .max_skew = 3600 };
    CHECK(awsaccess_claim_parse(&request, NULL, 1440938160 + 3000, &claim, &error) == AWSACCESS_VERIFY, "accepted");
    CHECK(is(awsaccess_error_verify_kind(error), "expired"), "%s", awsaccess_error_verify_kind(error).data);
    awsaccess_error_free(error);
    DONE(awsaccess_claim_parse(&request, &slow, 1440938160 + 3000, &claim, &error));
    awsaccess_claim_free(claim);
    awsaccess_credentials_free(known);
    return finish();
}
