/* What must not crash: NULL everywhere, handles used twice, sizes that are wrong. */
#include "check.h"

static void frees_take_null(void)
{
    awsaccess_error_free(NULL);
    awsaccess_credentials_free(NULL);
    awsaccess_signed_free(NULL);
    awsaccess_claim_free(NULL);
    awsaccess_verified_free(NULL);
    awsaccess_body_resigner_free(NULL);
    awsaccess_buffer_free(NULL);
    awsaccess_redactor_free(NULL);
    awsaccess_redact_stream_free(NULL);
    awsaccess_step_free(NULL);
    CHECK(1, "reached");
}

static void views_take_null(void)
{
    size_t count = 7;
    awsaccess_text (*of_credentials[])(const awsaccess_credentials *) = {
        awsaccess_credentials_access_key_id, awsaccess_credentials_secret_access_key,
        awsaccess_credentials_session_token, awsaccess_credentials_account_id, awsaccess_credentials_source,
    };
    for (size_t i = 0; i < 5; i++)
        CHECK(of_credentials[i](NULL).data == NULL, "%zu", i);
    CHECK(awsaccess_credentials_expires_at(NULL) == AWSACCESS_NEVER, "expiry");
    CHECK(awsaccess_signed_headers(NULL, &count) == NULL && count == 0, "%zu", count);
    CHECK(awsaccess_signed_headers(NULL, NULL) == NULL, "no count");
    CHECK(awsaccess_signed_target(NULL).data == NULL && awsaccess_signed_method(NULL).len == 0, "signed");
    CHECK(awsaccess_signed_signature(NULL).data == NULL, "signature");
    CHECK(awsaccess_claim_region(NULL).data == NULL && awsaccess_claim_service(NULL).data == NULL, "claim");
    CHECK(awsaccess_claim_signed_headers(NULL, &count) == NULL && awsaccess_claim_expires(NULL) == 0, "claim");
    CHECK(awsaccess_verified_region(NULL).data == NULL && !awsaccess_verified_presigned(NULL), "verified");
    CHECK(awsaccess_error_message(NULL).data == NULL && awsaccess_error_status(NULL) == AWSACCESS_OK, "error");
    CHECK(awsaccess_error_attempts(NULL, &count) == NULL && count == 0, "attempts");
    CHECK(awsaccess_step_question(NULL) == NULL && awsaccess_step_trace(NULL, NULL) == NULL, "step");
    CHECK(awsaccess_buffer_text(NULL).data == NULL && awsaccess_text_of(NULL).data == NULL, "text");
}

#define INPUT(call) FAILS(call, AWSACCESS_INPUT)

static void calls_refuse_null(void)
{
    awsaccess_error *error = NULL;
    awsaccess_text none = { NULL, 0 };
    awsaccess_credentials *known = keys("AKIDEXAMPLE", "secret", NULL);
    awsaccess_scope scope = {
        .struct_size = sizeof scope, .region = AWSACCESS_TEXT("us-east-1"), .service = AWSACCESS_TEXT("s3")
    };
    awsaccess_header host[] = { AWSACCESS_HEADER("Host", "h") };
    awsaccess_request request = {
        .struct_size = sizeof request, .method = AWSACCESS_TEXT("GET"), .target = AWSACCESS_TEXT("/"),
        .headers = host, .header_count = 1,
    };
    awsaccess_signed *head = (awsaccess_signed *)&request; /* to see it cleared */
    awsaccess_claim *claim = NULL;
    awsaccess_verified *verified = NULL;
    awsaccess_credentials *credentials = NULL;
    awsaccess_body_resigner *resigner = NULL;
    awsaccess_buffer *buffer = NULL;
    awsaccess_redactor *redactor = NULL;
    awsaccess_redact_stream *stream = NULL;
    awsaccess_step *step = NULL;
    awsaccess_text out = AWSACCESS_TEXT("x");

    INPUT(awsaccess_sign(NULL, known, &scope, 0, &head, &error));
    CHECK(head == NULL, "a result is NULL until there is one");
    INPUT(awsaccess_sign(&request, NULL, &scope, 0, &head, &error));
    INPUT(awsaccess_sign(&request, known, NULL, 0, &head, &error));
    INPUT(awsaccess_sign(&request, known, &scope, 0, NULL, &error));
    CHECK(awsaccess_sign(&request, known, &scope, 0, NULL, NULL) == AWSACCESS_INPUT, "an error is not asked for");
    INPUT(awsaccess_presign(&request, known, NULL, 60, 0, &head, &error));
    INPUT(awsaccess_claim_parse(NULL, NULL, 0, &claim, &error));
    INPUT(awsaccess_claim_verify(NULL, known, NULL, 0, &verified, &error));
    INPUT(awsaccess_claim_refuse_unknown(NULL, NULL, 0, &error));
    INPUT(awsaccess_resign(NULL, known, NULL, 0, &head, &error));
    INPUT(awsaccess_body_resigner_new(NULL, &resigner, &error));
    INPUT(awsaccess_body_resigner_push(NULL, "x", 1, &out, &error));
    CHECK(out.data == NULL && out.len == 0, "a view is none until there is one");
    INPUT(awsaccess_body_resigner_finish(NULL, &out, &error));
    INPUT(awsaccess_body_resigner_finish(NULL, NULL, &error));
    INPUT(awsaccess_redact(NULL, 1, &buffer, &error));
    INPUT(awsaccess_redact("x", 1, NULL, &error));
    INPUT(awsaccess_redactor_new(false, NULL, &error));
    INPUT(awsaccess_redactor_learn(NULL, known, &error));
    INPUT(awsaccess_redactor_learn_secret(NULL, none, none, &error));
    INPUT(awsaccess_redactor_forget(NULL, known, &error));
    INPUT(awsaccess_redactor_forget_secret(NULL, none, &error));
    INPUT(awsaccess_redactor_redact(redactor, "x", 1, &buffer, &error));
    INPUT(awsaccess_redactor_redact_header(redactor, none, none, &buffer, &error));
    INPUT(awsaccess_redactor_stream(redactor, &stream, &error));
    INPUT(awsaccess_redact_stream_push(stream, "x", 1, &out, &error));
    INPUT(awsaccess_redact_stream_finish(stream, &out, &error));
    INPUT(awsaccess_step_start(NULL, NULL, 0, NULL, NULL, &error));
    INPUT(awsaccess_step_answer_file(step, 0, NULL, 0, &error));
    INPUT(awsaccess_step_answer_done(step, 0, &error));
    INPUT(awsaccess_step_answer_names(step, 0, NULL, 0, &error));
    INPUT(awsaccess_step_answer_http(step, 0, NULL, &error));
    INPUT(awsaccess_step_answer_process(step, 0, 0, none, none, &error));
    INPUT(awsaccess_step_answer_text(step, 0, none, &error));
    INPUT(awsaccess_step_answer_redirect(step, 0, 1, none, &error));
    INPUT(awsaccess_step_answer_failure(step, 0, none, none, &error));
    INPUT(awsaccess_step_decline(step, 0, &error));
    INPUT(awsaccess_step_result(step, &credentials, &error));
    INPUT(awsaccess_parse_profiles(none, none, NULL, &error));
    INPUT(awsaccess_plan(none, none, none, NULL, NULL, &error));
    INPUT(awsaccess_credentials_new(none, text("s"), none, AWSACCESS_NEVER, none, &credentials, &error));
    INPUT(awsaccess_credentials_new(text(""), text("s"), none, AWSACCESS_NEVER, none, &credentials, &error));
    INPUT(awsaccess_credentials_new(text("\xff"), text("s"), none, AWSACCESS_NEVER, none, &credentials, &error));

    /* Times: neither negative nor in milliseconds. */
    INPUT(awsaccess_sign(&request, known, &scope, -2, &head, &error));
    INPUT(awsaccess_sign(&request, known, &scope, 1440938160000, &head, &error));
    /* Pointers and lengths that do not go together, and values that mean nothing. */
    awsaccess_request wrong = request;
    wrong.body_len = 3;
    INPUT(awsaccess_sign(&wrong, known, &scope, 0, &head, &error));
    wrong = request;
    wrong.headers = NULL;
    INPUT(awsaccess_sign(&wrong, known, &scope, 0, &head, &error));
    wrong = request;
    wrong.header_count = (size_t)-1;
    INPUT(awsaccess_sign(&wrong, known, &scope, 0, &head, &error));
    wrong = request;
    wrong.payload = text("SIGNED");
    INPUT(awsaccess_sign(&wrong, known, &scope, 0, &head, &error));
    awsaccess_scope odd = scope;
    odd.normalize = 3;
    INPUT(awsaccess_sign(&request, known, &odd, 0, &head, &error));
    odd = scope;
    odd.session_token = 9;
    INPUT(awsaccess_sign(&request, known, &odd, 0, &head, &error));
    /* A smuggled line is no argument of the wrong type: the request cannot be signed. */
    awsaccess_header smuggled[] = { host[0], AWSACCESS_HEADER("X", "a\r\nY: b") };
    wrong = request;
    wrong.headers = smuggled;
    wrong.header_count = 2;
    FAILS(awsaccess_sign(&wrong, known, &scope, 0, &head, &error), AWSACCESS_SIGN);
    wrong.method = text("");
    FAILS(awsaccess_sign(&wrong, known, &scope, 0, &head, &error), AWSACCESS_SIGN);
    awsaccess_credentials_free(known);
}

static void sizes_are_looked_at(void)
{
    awsaccess_error *error = NULL;
    awsaccess_signed *head = NULL;
    awsaccess_credentials *known = keys("AKIDEXAMPLE", "secret", NULL);
    awsaccess_scope scope = {
        .struct_size = sizeof scope, .region = AWSACCESS_TEXT("us-east-1"), .service = AWSACCESS_TEXT("iam")
    };
    /* A program of tomorrow: the struct has one more member. */
    struct {
        awsaccess_request known;
        size_t more;
    } later;
    memset(&later, 0, sizeof later);
    awsaccess_header host[] = { AWSACCESS_HEADER("Host", "h") };
    later.known.struct_size = sizeof later;
    later.known.method = text("GET");
    later.known.target = text("/");
    later.known.headers = host;
    later.known.header_count = 1;
    DONE(awsaccess_sign(&later.known, known, &scope, 0, &head, &error));
    awsaccess_signed_free(head);
    later.more = 1;
    INPUT(awsaccess_sign(&later.known, known, &scope, 0, &head, &error));
    later.more = 0;
    later.known.struct_size = 0;
    INPUT(awsaccess_sign(&later.known, known, &scope, 0, &head, &error));
    later.known.struct_size = sizeof later.known - 1;
    INPUT(awsaccess_sign(&later.known, known, &scope, 0, &head, &error));
    awsaccess_credentials_free(known);
}

static void handles_serve_once(void)
{
    awsaccess_error *error = NULL;
    awsaccess_signed *head = NULL, *again = NULL;
    awsaccess_claim *claim = NULL;
    awsaccess_verified *verified = NULL, *twice = NULL;
    awsaccess_body_resigner *resigner = NULL, *second = NULL;
    awsaccess_credentials *known = keys("AKIDEXAMPLE", "placeholder", NULL);
    awsaccess_scope scope = {
        .struct_size = sizeof scope, .region = AWSACCESS_TEXT("us-east-1"), .service = AWSACCESS_TEXT("iam")
    };
    awsaccess_header host[] = { AWSACCESS_HEADER("Host", "iam.amazonaws.com") };
    awsaccess_request request = {
        .struct_size = sizeof request, .method = AWSACCESS_TEXT("GET"), .target = AWSACCESS_TEXT("/"),
        .headers = host, .header_count = 1,
    };
    DONE(awsaccess_sign(&request, known, &scope, AWSACCESS_NOW, &head, &error));
    INPUT(awsaccess_body_resigner_new(head, &resigner, &error));
    request.headers = awsaccess_signed_headers(head, &request.header_count);
    DONE(awsaccess_claim_parse(&request, NULL, AWSACCESS_NOW, &claim, &error));
    awsaccess_signed_free(head);
    /* A wrong argument does not use the claim; a verification does. */
    INPUT(awsaccess_claim_verify(claim, NULL, NULL, 0, &verified, &error));
    DONE(awsaccess_claim_verify(claim, known, "", 0, &verified, &error));
    FAILS(awsaccess_claim_verify(claim, known, "", 0, &twice, &error), AWSACCESS_USED);
    CHECK(twice == NULL, "a result of a failure");
    CHECK(is(awsaccess_claim_access_key_id(claim), "AKIDEXAMPLE"), "views stay until free");
    awsaccess_claim_free(claim);
    CHECK(is(awsaccess_verified_access_key_id(verified), "AKIDEXAMPLE"), "and do not hang on the claim");

    awsaccess_upstream upstream = { .struct_size = sizeof upstream, .host = AWSACCESS_TEXT("bad host") };
    INPUT(awsaccess_resign(verified, known, &upstream, AWSACCESS_NOW, &head, &error));
    DONE(awsaccess_resign(verified, known, NULL, AWSACCESS_NOW, &head, &error));
    FAILS(awsaccess_resign(verified, known, NULL, AWSACCESS_NOW, &again, &error), AWSACCESS_USED);
    awsaccess_verified_free(verified);

    awsaccess_text out;
    DONE(awsaccess_body_resigner_new(head, &resigner, &error));
    FAILS(awsaccess_body_resigner_new(head, &second, &error), AWSACCESS_USED);
    awsaccess_signed_free(head);
    CHECK(awsaccess_body_resigner_push(resigner, NULL, 0, &out, &error) == AWSACCESS_OK && out.len == 0, "nothing");
    CHECK(awsaccess_body_resigner_finish(resigner, &out, &error) == AWSACCESS_OK && is(out, ""), "nothing");
    FAILS(awsaccess_body_resigner_push(resigner, "x", 1, &out, &error), AWSACCESS_USED);
    FAILS(awsaccess_body_resigner_finish(resigner, &out, &error), AWSACCESS_USED);
    awsaccess_body_resigner_free(resigner);
    awsaccess_credentials_free(known);
}

int main(void)
{
    frees_take_null();
    views_take_null();
    calls_refuse_null();
    sizes_are_looked_at();
    handles_serve_once();
    return finish();
}
