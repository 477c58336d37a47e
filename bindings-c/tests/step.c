/* Credentials found by a loop that asks a table instead of the world: files, instance metadata, two roles, MFA. */
#include "check.h"

#define NOW 1800000000

typedef struct {
    const char *method;
    const char *url;
    uint32_t status; /* 0: it fails, and `body` says how */
    const char *body;
} exchange;

typedef struct {
    const char *path;
    const char *data;
} file;

/* What the simulated host knows. Lists end with NULL. */
typedef struct {
    const file *files;
    const exchange *http;
    const char *code;
    /* What happened. */
    int questions, requests, direct, prompts;
    char bodies[4096];
} world;

static const file NO_FILES[] = { { NULL, NULL } };
static const exchange NO_NET[] = { { NULL, NULL, 0, NULL } };

static int asks(awsaccess_text asked, const char *wanted) { return is(asked, wanted); }

/* Answers until there is nothing more to ask. */
static void drive(awsaccess_step *step, world *w)
{
    awsaccess_error *error = NULL;
    const awsaccess_question *question;
    while ((question = awsaccess_step_question(step))->kind != AWSACCESS_ASK_NOTHING) {
        awsaccess_status status = AWSACCESS_OK;
        if (++w->questions > 1000) {
            CHECK(0, "endless");
            return;
        }
        switch (question->kind) {
        case AWSACCESS_ASK_READ_FILE: {
            const file *f = w->files;
            while (f->path != NULL && !asks(question->ask.read_file.path, f->path))
                f++;
            status = awsaccess_step_answer_file(step, NOW, f->data, f->data ? strlen(f->data) : 0, &error);
            break;
        }
        case AWSACCESS_ASK_HTTP: {
            awsaccess_ask_http http = question->ask.http;
            w->requests++;
            w->direct += http.direct;
            strncat(w->bodies, http.body.data, sizeof w->bodies - strlen(w->bodies) - 2);
            strcat(w->bodies, "\n");
            const exchange *e = w->http;
            while (e->url != NULL && !(asks(http.method, e->method) && asks(http.url, e->url)))
                e++;
            if (e->url == NULL || e->status == 0) {
                status = awsaccess_step_answer_failure(step, NOW, text(e->url ? e->body : "unreachable"),
                                                       text("no route"), &error);
                break;
            }
            awsaccess_header headers[] = { AWSACCESS_HEADER("X-Aws-Ec2-Metadata-Token-Ttl-Seconds", "21600") };
            awsaccess_http_reply reply = {
                .struct_size = sizeof reply,
                .headers = headers,
                .header_count = 1,
                .body = e->body,
                .body_len = strlen(e->body),
                .status = e->status,
            };
            status = awsaccess_step_answer_http(step, NOW, &reply, &error);
            break;
        }
        case AWSACCESS_ASK_PROMPT:
            w->prompts++;
            CHECK(asks(question->ask.prompt.kind, "mfa"), "%s", question->ask.prompt.kind.data);
            status = w->code ? awsaccess_step_answer_text(step, NOW, text(w->code), &error)
                             : awsaccess_step_decline(step, NOW, &error);
            break;
        case AWSACCESS_ASK_WAIT:
            status = awsaccess_step_answer_done(step, NOW + (int64_t)(question->ask.wait.ms / 1000), &error);
            break;
        default:
            status = awsaccess_step_decline(step, NOW, &error);
        }
        CHECK(status == AWSACCESS_OK, "%s", message(error));
        awsaccess_error_free(error);
    }
}

static awsaccess_step *start(const awsaccess_options *options, const char *const *environ_)
{
    static const uint8_t SEED[32] = { 3 };
    awsaccess_error *error = NULL;
    awsaccess_step *step = NULL;
    DONE(awsaccess_step_start(options, environ_, NOW, SEED, &step, &error));
    return step;
}

/* No secret of these tests may be in an error or a trace. */
static int clean(const char *shown)
{
    return strstr(shown, "s3cr3t") == NULL && strstr(shown, "t0k") == NULL && strstr(shown, "hidden") == NULL;
}

static void trace_is(const awsaccess_attempt *trace, size_t count, const char *expected)
{
    char shown[1024] = "";
    for (size_t i = 0; i < count; i++) {
        if (strcmp(trace[i].outcome.data, "not_configured") != 0) {
            strcat(shown, trace[i].source.data);
            strcat(shown, "=");
            strcat(shown, trace[i].outcome.data);
            strcat(shown, " ");
        }
        CHECK(clean(trace[i].reason.data), "%s", trace[i].reason.data);
    }
    CHECK(strcmp(shown, expected) == 0, "%s", shown);
}

static const char *const HOME[] = { "HOME=/h", "NOT A VARIABLE", NULL };

#define IMDS "http://169.254.169.254/latest/"
#define ROLE_KEYS                                                                                  \
    "{\"Code\":\"Success\",\"AccessKeyId\":\"ASIAINSTANCE\",\"SecretAccessKey\":\"s3cr3t-i\","     \
    "\"Token\":\"t0k-i\",\"Expiration\":\"2100-01-01T00:00:00Z\"}"
#define ASSUMED                                                                                    \
    "<AssumeRoleResponse><AssumeRoleResult><AssumedRoleUser>"                                      \
    "<Arn>arn:aws:sts::111122223333:assumed-role/one/x</Arn></AssumedRoleUser><Credentials>"       \
    "<AccessKeyId>ASIAROLE</AccessKeyId><SecretAccessKey>s3cr3t-r</SecretAccessKey>"               \
    "<SessionToken>t0k-r</SessionToken><Expiration>2100-01-01T00:00:00Z</Expiration>"              \
    "</Credentials></AssumeRoleResult></AssumeRoleResponse>"

static const exchange CLOUD[] = {
    { "PUT", IMDS "api/token", 200, "t0k-imds" },
    { "GET", IMDS "meta-data/iam/security-credentials/", 200, "gateway\n" },
    { "GET", IMDS "meta-data/iam/security-credentials/gateway", 200, ROLE_KEYS },
    { "POST", "https://sts.eu-west-1.amazonaws.com/", 200, ASSUMED },
    { NULL, NULL, 0, NULL },
};

static void the_instance_role_and_two_more(void)
{
    awsaccess_role roles[] = {
        { .struct_size = sizeof *roles, .role_arn = AWSACCESS_TEXT("arn:aws:iam::111122223333:role/one") },
        { .struct_size = sizeof *roles,
          .role_arn = AWSACCESS_TEXT("arn:aws:iam::444455556666:role/two"),
          .external_id = AWSACCESS_TEXT("hidden-id"),
          .session_name = AWSACCESS_TEXT("ana"),
          .duration = 7200 },
    };
    awsaccess_options options = {
        .struct_size = sizeof options, .region = AWSACCESS_TEXT("eu-west-1"), .assume = roles, .assume_count = 2
    };
    world w = { .files = NO_FILES, .http = CLOUD };
    awsaccess_step *step = start(&options, HOME);
    awsaccess_error *error = NULL;
    awsaccess_credentials *found = NULL;
    FAILS(awsaccess_step_result(step, &found, &error), AWSACCESS_INPUT);
    drive(step, &w);
    CHECK(w.requests == 5 && w.direct == 3, "%d requests, %d direct", w.requests, w.direct);
    CHECK(strstr(w.bodies, "RoleSessionName=ana&DurationSeconds=3600&ExternalId=hidden-id") != NULL, "%s", w.bodies);
    DONE(awsaccess_step_result(step, &found, &error));
    CHECK(is(awsaccess_credentials_access_key_id(found), "ASIAROLE"), "key id");
    CHECK(is(awsaccess_credentials_secret_access_key(found), "s3cr3t-r"), "secret");
    CHECK(is(awsaccess_credentials_session_token(found), "t0k-r"), "token");
    CHECK(is(awsaccess_credentials_account_id(found), "111122223333"), "account");
    CHECK(is(awsaccess_credentials_source(found), "assume-role"), "%s", awsaccess_credentials_source(found).data);
    CHECK(awsaccess_credentials_expires_at(found) == 4102444800, "expiry");
    awsaccess_credentials_free(found);
    size_t count = 0;
    const awsaccess_attempt *trace = awsaccess_step_trace(step, &count);
    CHECK(count == 8 && is(trace[0].source, "code"), "%zu", count);
    trace_is(trace, count, "imds=ok assume-role=ok assume-role=ok ");

    /* A step that is done can be read again, and not answered. */
    DONE(awsaccess_step_result(step, &found, &error));
    awsaccess_credentials_free(found);
    FAILS(awsaccess_step_answer_done(step, NOW, &error), AWSACCESS_USED);
    FAILS(awsaccess_step_decline(step, NOW, &error), AWSACCESS_USED);
    awsaccess_step_free(step);
}

static void a_profile_with_mfa(void)
{
    static const file FILES[] = {
        { "/h/.aws/config",
          "[profile dev]\nrole_arn = arn:aws:iam::111122223333:role/one\nsource_profile = base\n"
          "mfa_serial = arn:aws:iam::111122223333:mfa/me\nregion = eu-west-1\n" },
        { "/h/.aws/credentials", "[base]\naws_access_key_id = AKIDBASE\naws_secret_access_key = s3cr3t-b\n" },
        { NULL, NULL },
    };
    awsaccess_options options = { .struct_size = sizeof options, .profile = AWSACCESS_TEXT("dev") };
    awsaccess_error *error = NULL;
    awsaccess_credentials *found = NULL;
    world w = { .files = FILES, .http = CLOUD, .code = "654321" };
    awsaccess_step *step = start(&options, HOME);
    drive(step, &w);
    DONE(awsaccess_step_result(step, &found, &error));
    CHECK(is(awsaccess_credentials_access_key_id(found), "ASIAROLE") && w.prompts == 1, "%d prompts", w.prompts);
    CHECK(strstr(w.bodies, "TokenCode=654321") != NULL, "%s", w.bodies);
    awsaccess_credentials_free(found);
    awsaccess_step_free(step);

    /* Nobody is there to type: it is configured, so it fails. */
    world alone = { .files = FILES, .http = CLOUD };
    step = start(&options, HOME);
    drive(step, &alone);
    awsaccess_status status = awsaccess_step_result(step, &found, &error);
    CHECK(status == AWSACCESS_DECLINED || status == AWSACCESS_MFA, "%s", awsaccess_status_name(status));
    CHECK(found == NULL && clean(message(error)), "%s", message(error));
    awsaccess_error_free(error);
    awsaccess_step_free(step);
}

static void credentials_and_files_of_the_caller(void)
{
    static const file FILES[] = {
        { "/etc/config", "[profile p]\nregion = eu-west-1\n" },
        { "/etc/keys", "[p]\naws_access_key_id = AKIDP\naws_secret_access_key = s3cr3t-p\n" },
        { NULL, NULL },
    };
    awsaccess_credentials *mine = keys("AKIDMINE", "s3cr3t-m", NULL), *found = NULL;
    awsaccess_role role = { .struct_size = sizeof role, .role_arn = AWSACCESS_TEXT("arn:aws:iam::111122223333:role/one") };
    awsaccess_options options = {
        .struct_size = sizeof options,
        .region = AWSACCESS_TEXT("eu-west-1"),
        .credentials = mine,
        .assume = &role,
        .assume_count = 1,
    };
    awsaccess_error *error = NULL;
    world w = { .files = NO_FILES, .http = CLOUD };
    awsaccess_step *step = start(&options, HOME);
    awsaccess_credentials_free(mine); /* a call keeps nothing that it was given */
    drive(step, &w);
    CHECK(w.requests == 1, "%d requests", w.requests);
    DONE(awsaccess_step_result(step, &found, &error));
    CHECK(is(awsaccess_credentials_access_key_id(found), "ASIAROLE"), "key id");
    awsaccess_credentials_free(found);
    size_t count = 0;
    const awsaccess_attempt *trace = awsaccess_step_trace(step, &count);
    trace_is(trace, count, "code=ok assume-role=ok ");
    awsaccess_step_free(step);

    awsaccess_options files = {
        .struct_size = sizeof files,
        .profile = AWSACCESS_TEXT("p"),
        .config_file = AWSACCESS_TEXT("/etc/config"),
        .credentials_file = AWSACCESS_TEXT("/etc/keys"),
    };
    world named = { .files = FILES, .http = NO_NET };
    step = start(&files, HOME);
    drive(step, &named);
    DONE(awsaccess_step_result(step, &found, &error));
    CHECK(is(awsaccess_credentials_access_key_id(found), "AKIDP") && named.questions == 2, "%d", named.questions);
    awsaccess_credentials_free(found);
    awsaccess_step_free(step);
}

static void the_environment(void)
{
    static const char *const ENVIRON[] = {
        "AWS_ACCESS_KEY_ID=AKIDENV", "AWS_SECRET_ACCESS_KEY=s3cr3t-e", "AWS_SESSION_TOKEN=t0k-e", NULL
    };
    awsaccess_error *error = NULL;
    awsaccess_credentials *found = NULL;
    awsaccess_step *step = start(NULL, ENVIRON);
    CHECK(awsaccess_step_question(step)->kind == AWSACCESS_ASK_NOTHING, "a question");
    DONE(awsaccess_step_result(step, &found, &error));
    CHECK(is(awsaccess_credentials_access_key_id(found), "AKIDENV"), "key id");
    CHECK(awsaccess_credentials_expires_at(found) == AWSACCESS_NEVER, "expiry");
    awsaccess_credentials_free(found);
    awsaccess_step_free(step);

    /* Another order; a source that is left out is never asked. */
    awsaccess_text imds[] = { AWSACCESS_TEXT("imds") };
    awsaccess_options options = { .struct_size = sizeof options, .order = imds, .order_count = 1 };
    world w = { .files = NO_FILES, .http = CLOUD };
    step = start(&options, ENVIRON);
    drive(step, &w);
    DONE(awsaccess_step_result(step, &found, &error));
    CHECK(is(awsaccess_credentials_access_key_id(found), "ASIAINSTANCE"), "key id");
    awsaccess_credentials_free(found);
    awsaccess_step_free(step);
    imds[0] = text("moon");
    FAILS(awsaccess_step_start(&options, ENVIRON, NOW, NULL, &step, &error), AWSACCESS_INPUT);

    /* A variable that is no text might be the one that counts. */
    static const char *const BAD[] = { "AWS_PROFILE=\xff", NULL };
    FAILS(awsaccess_step_start(NULL, BAD, NOW, NULL, &step, &error), AWSACCESS_INPUT);
    CHECK(step == NULL, "a result of a failure");
}

static void a_host_that_does_nothing(void)
{
    awsaccess_error *error = NULL;
    awsaccess_credentials *found = NULL;
    awsaccess_step *step = NULL;
    DONE(awsaccess_step_start(NULL, HOME, NOW, NULL, &step, &error)); /* a seed from the system */
    int turns = 0;
    while (awsaccess_step_question(step)->kind != AWSACCESS_ASK_NOTHING && turns++ < 1000)
        DONE(awsaccess_step_decline(step, NOW, &error));
    CHECK(turns > 0, "no question");
    CHECK(awsaccess_step_result(step, &found, &error) == AWSACCESS_NOT_CONFIGURED, "%s", message(error));
    size_t count = 0, in_trace = 0;
    const awsaccess_attempt *attempts = awsaccess_error_attempts(error, &count);
    awsaccess_step_trace(step, &in_trace);
    CHECK(count > 3 && count == in_trace, "%zu, %zu", count, in_trace);
    trace_is(attempts, count, "");
    awsaccess_error_free(error);
    awsaccess_step_free(step);
}

static void a_wrong_answer_leaves_the_step(void)
{
    awsaccess_error *error = NULL;
    awsaccess_text none = { NULL, 0 };
    awsaccess_step *step = start(NULL, HOME);
    const awsaccess_question *question = awsaccess_step_question(step);
    CHECK(question->kind == AWSACCESS_ASK_READ_FILE, "%u", question->kind);
    awsaccess_http_reply reply = { .struct_size = sizeof reply, .status = 200 };
    FAILS(awsaccess_step_answer_http(step, NOW, &reply, &error), AWSACCESS_WRONG_ANSWER);
    FAILS(awsaccess_step_answer_done(step, NOW, &error), AWSACCESS_WRONG_ANSWER);
    FAILS(awsaccess_step_answer_names(step, NOW, NULL, 0, &error), AWSACCESS_WRONG_ANSWER);
    FAILS(awsaccess_step_answer_process(step, NOW, 0, none, none, &error), AWSACCESS_WRONG_ANSWER);
    FAILS(awsaccess_step_answer_text(step, NOW, none, &error), AWSACCESS_WRONG_ANSWER);
    FAILS(awsaccess_step_answer_redirect(step, NOW, 1, none, &error), AWSACCESS_WRONG_ANSWER);
    /* Nor does a wrong argument use it. */
    FAILS(awsaccess_step_answer_file(step, -5, NULL, 0, &error), AWSACCESS_INPUT);
    FAILS(awsaccess_step_answer_file(step, NOW, NULL, 5, &error), AWSACCESS_INPUT);
    CHECK(awsaccess_step_question(step) == question && is(question->ask.read_file.path, "/h/.aws/config"), "%s",
          question->ask.read_file.path.data);
    CHECK(question->ask.read_file.max_bytes > 0, "limit");
    const char *keys_ = "[default]\naws_access_key_id = AKIDP\naws_secret_access_key = s3cr3t-p\n";
    DONE(awsaccess_step_answer_file(step, NOW, keys_, strlen(keys_), &error));
    world w = { .files = NO_FILES, .http = NO_NET };
    drive(step, &w);
    awsaccess_credentials *found = NULL;
    DONE(awsaccess_step_result(step, &found, &error));
    CHECK(is(awsaccess_credentials_access_key_id(found), "AKIDP"), "key id");
    awsaccess_credentials_free(found);
    awsaccess_step_free(step);
}

static void failures_are_told(void)
{
    static const file BROKEN[] = { { "/h/.aws/config", "[default]\nregion eu-west-1\n" }, { NULL, NULL } };
    static const exchange DENIED[] = {
        { "PUT", IMDS "api/token", 200, "t0k-imds" },
        { "GET", IMDS "meta-data/iam/security-credentials/", 200, "gateway" },
        { "GET", IMDS "meta-data/iam/security-credentials/gateway", 200, ROLE_KEYS },
        { "POST", "https://sts.eu-west-1.amazonaws.com/", 403,
          "<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>not you</Message></Error>"
          "</ErrorResponse>" },
        { NULL, NULL, 0, NULL },
    };
    awsaccess_error *error = NULL;
    awsaccess_credentials *found = NULL;
    world w = { .files = BROKEN, .http = NO_NET };
    awsaccess_step *step = start(NULL, HOME);
    drive(step, &w);
    CHECK(awsaccess_step_result(step, &found, &error) == AWSACCESS_PROFILE, "%s", message(error));
    CHECK(strstr(message(error), "line 2") != NULL, "%s", message(error));
    awsaccess_error_free(error);
    awsaccess_step_free(step);

    awsaccess_role role = { .struct_size = sizeof role, .role_arn = AWSACCESS_TEXT("arn:aws:iam::111122223333:role/one") };
    awsaccess_options options = {
        .struct_size = sizeof options, .region = AWSACCESS_TEXT("eu-west-1"), .assume = &role, .assume_count = 1
    };
    world denied = { .files = NO_FILES, .http = DENIED };
    step = start(&options, HOME);
    drive(step, &denied);
    CHECK(awsaccess_step_result(step, &found, &error) == AWSACCESS_DENIED, "%s", message(error));
    CHECK(is(awsaccess_error_aws_code(error), "AccessDenied"), "%s", awsaccess_error_aws_code(error).data);
    CHECK(clean(message(error)), "%s", message(error));
    size_t count = 0;
    const awsaccess_attempt *attempts = awsaccess_error_attempts(error, &count);
    trace_is(attempts, count, "imds=ok assume-role=failed ");
    awsaccess_error_free(error);
    awsaccess_step_free(step);

    /* Given up half way: freeing cancels. */
    step = start(NULL, HOME);
    awsaccess_step_free(step);
}

int main(void)
{
    the_instance_role_and_two_more();
    a_profile_with_mfa();
    credentials_and_files_of_the_caller();
    the_environment();
    a_host_that_does_nothing();
    a_wrong_answer_leaves_the_step();
    failures_are_told();
    return finish();
}
