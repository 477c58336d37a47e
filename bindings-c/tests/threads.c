/* Handles that several threads share: of those that race for a claim exactly one wins. */
#define _POSIX_C_SOURCE 200809L
#include <pthread.h>

#include "check.h"

#define THREADS 8
#define ROUNDS 20

static awsaccess_credentials *known;
static awsaccess_claim *claim;
static awsaccess_redactor *redactor;
static awsaccess_step *step;

/* What each thread saw. */
typedef struct {
    awsaccess_status verified, answered;
    int redacted;
} seen;

static void *race(void *out)
{
    seen *saw = out;
    awsaccess_verified *verified = NULL;
    awsaccess_buffer *buffer = NULL;
    saw->verified = awsaccess_claim_verify(claim, known, NULL, 0, &verified, NULL);
    awsaccess_verified_free(verified);
    saw->answered = awsaccess_step_answer_file(step, AWSACCESS_NOW, NULL, 0, NULL);
    if (awsaccess_redactor_learn(redactor, known, NULL) == AWSACCESS_OK
        && awsaccess_redactor_redact(redactor, "a placeholder", 13, &buffer, NULL) == AWSACCESS_OK)
        saw->redacted = is(awsaccess_buffer_text(buffer), "[aws-secret-access-key]");
    awsaccess_buffer_free(buffer);
    return NULL;
}

int main(void)
{
    awsaccess_error *error = NULL;
    awsaccess_signed *head = NULL;
    known = keys("AKIDEXAMPLE", "a placeholder", NULL);
    awsaccess_header host[] = { AWSACCESS_HEADER("Host", "iam.amazonaws.com") };
    awsaccess_request request = {
        .struct_size = sizeof request, .method = AWSACCESS_TEXT("GET"), .target = AWSACCESS_TEXT("/"),
        .headers = host, .header_count = 1,
    };
    awsaccess_scope scope = {
        .struct_size = sizeof scope, .region = AWSACCESS_TEXT("us-east-1"), .service = AWSACCESS_TEXT("iam")
    };
    DONE(awsaccess_sign(&request, known, &scope, AWSACCESS_NOW, &head, &error));
    request.headers = awsaccess_signed_headers(head, &request.header_count);
    DONE(awsaccess_redactor_new(false, &redactor, &error));
    for (int round = 0; round < ROUNDS; round++) {
        static const char *const HOME[] = { "HOME=/h", NULL };
        pthread_t threads[THREADS];
        seen saw[THREADS] = { { 0, 0, 0 } };
        int wins = 0, answers = 0;
        DONE(awsaccess_claim_parse(&request, NULL, AWSACCESS_NOW, &claim, &error));
        DONE(awsaccess_step_start(NULL, HOME, AWSACCESS_NOW, NULL, &step, &error));
        for (int i = 0; i < THREADS; i++)
            CHECK(pthread_create(&threads[i], NULL, race, &saw[i]) == 0, "no thread");
        for (int i = 0; i < THREADS; i++)
            pthread_join(threads[i], NULL);
        for (int i = 0; i < THREADS; i++) {
            wins += saw[i].verified == AWSACCESS_OK;
            answers += saw[i].answered == AWSACCESS_OK;
            CHECK(saw[i].verified == AWSACCESS_OK || saw[i].verified == AWSACCESS_USED, "%s",
                  awsaccess_status_name(saw[i].verified));
            CHECK(saw[i].answered == AWSACCESS_OK || saw[i].answered == AWSACCESS_WRONG_ANSWER, "%s",
                  awsaccess_status_name(saw[i].answered));
            CHECK(saw[i].redacted, "a secret is seen");
        }
        CHECK(wins == 1, "%d won", wins);
        CHECK(answers == 2, "%d of two files were answered", answers);
        awsaccess_claim_free(claim);
        awsaccess_step_free(step);
    }
    awsaccess_redactor_free(redactor);
    awsaccess_signed_free(head);
    awsaccess_credentials_free(known);
    return finish();
}
