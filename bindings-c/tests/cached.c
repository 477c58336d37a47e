/* When a source is asked again: the published cases (vectors/chain/credential-refresh-tests.json), and what is no answer
 * of a source. */
#include "check.h"
#include "json.h"

#define START 1800000000LL

static awsaccess_error *error;
static const awsaccess_text NONE = { NULL, 0 };

static awsaccess_credentials *of_imds(const char *id, int64_t end)
{
    /* What instance metadata gives: its credentials may serve past their time. */
    static const char *const HOME[] = { "HOME=/h", NULL };
    awsaccess_text imds = AWSACCESS_TEXT("imds");
    awsaccess_options options = { .struct_size = sizeof options, .order = &imds, .order_count = 1 };
    awsaccess_step *step = NULL;
    awsaccess_credentials *found = NULL;
    static const uint8_t SEED[32] = { 1 };
    DONE(awsaccess_step_start(&options, HOME, START - 100, SEED, &step, &error));
    char document[512];
    int64_t day = end / 86400, second = end % 86400;
    /* 2027-01-15 is day 20833. */
    snprintf(document, sizeof document,
             "{\"Code\":\"Success\",\"AccessKeyId\":\"%s\",\"SecretAccessKey\":\"s3cr3t-k\",\"Token\":\"t0k3n-k\","
             "\"Expiration\":\"2027-01-%02dT%02d:%02d:%02dZ\"}",
             id, (int)(day - 20833 + 15), (int)(second / 3600), (int)(second / 60 % 60), (int)(second % 60));
    for (const awsaccess_question *asked; (asked = awsaccess_step_question(step))->kind != AWSACCESS_ASK_NOTHING;) {
        if (asked->kind != AWSACCESS_ASK_HTTP) {
            DONE(awsaccess_step_answer_file(step, START - 100, NULL, 0, &error));
            continue;
        }
        const char *url = asked->ask.http.url.data;
        const char *body = strstr(url, "api/token") ? "t0k3n-imds" : url[asked->ask.http.url.len - 1] == '/' ? "role" : document;
        awsaccess_header ttl = AWSACCESS_HEADER("X-Aws-Ec2-Metadata-Token-Ttl-Seconds", "21600");
        awsaccess_http_reply reply = { .struct_size = sizeof reply, .status = 200, .headers = &ttl, .header_count = 1,
                                       .body = body, .body_len = strlen(body) };
        DONE(awsaccess_step_answer_http(step, START - 100, &reply, &error));
    }
    DONE(awsaccess_step_result(step, &found, &error));
    CHECK(awsaccess_credentials_expires_at(found) == end, "%lld", (long long)awsaccess_credentials_expires_at(found));
    awsaccess_step_free(step);
    return found;
}

static awsaccess_error *fault(awsaccess_status status, const char *line, const char *code, bool retryable)
{
    awsaccess_error *made = NULL;
    DONE(awsaccess_error_new(status, text(line), text(code), retryable, &made, &error));
    return made;
}

static awsaccess_cached *new_cached(uint32_t window, const uint8_t *seed)
{
    awsaccess_cached_settings settings = { .struct_size = sizeof settings, .advisory_window = window, .jitter = AWSACCESS_OFF };
    awsaccess_cached *cached = NULL;
    DONE(awsaccess_cached_new(&settings, seed, &cached, &error));
    return cached;
}

/* With the backoff of the case, to the second: a seed is looked for whose second draw gives it. */
static awsaccess_cached *fresh(const json *given)
{
    uint32_t window = (uint32_t)num(given, "configuredAdvisoryWindowSeconds", 0);
    int64_t backoff = num(given, "refreshBackoffSeconds", 0);
    static const uint8_t ANY[32] = { 1 };
    if (backoff == 0)
        return new_cached(window, ANY);
    awsaccess_credentials *first = of_imds("TRIAL", START + 3600), *served = NULL;
    awsaccess_error *outage = fault(AWSACCESS_UNREACHABLE, "nobody answers", NULL, true);
    for (uint32_t n = 0; n < 100000; n++) {
        uint8_t seed[32] = { (uint8_t)(n >> 24), (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n };
        awsaccess_cached *trial = new_cached(0, seed);
        DONE(awsaccess_cached_settle(trial, START, first, NULL, &served, &error));
        awsaccess_credentials_free(served);
        DONE(awsaccess_cached_settle(trial, START + 3000, NULL, outage, &served, &error));
        awsaccess_credentials_free(served);
        int64_t ends = START + 3000 + backoff;
        bool right = awsaccess_cached_is_backing_off(trial, ends - 1) && !awsaccess_cached_is_backing_off(trial, ends + 1);
        awsaccess_cached_free(trial);
        if (right) {
            awsaccess_credentials_free(first);
            awsaccess_error_free(outage);
            return new_cached(window, seed);
        }
    }
    exit(2);
}

typedef struct {
    awsaccess_cached *cached;
    int64_t now;
    bool contacted;
    char id[64];
} caller;

/* One caller: the one that has to ask waits for the answer. Gives what serves, or NULL and the failure. */
static awsaccess_credentials *call(caller *c, awsaccess_credentials *found, awsaccess_error *failure, awsaccess_error **why)
{
    uint32_t decision = 99;
    awsaccess_credentials *serves = NULL, *served = NULL;
    awsaccess_status status = awsaccess_cached_decide(c->cached, c->now, 0, &decision, &serves, NULL, why);
    c->contacted = status == AWSACCESS_OK && decision != AWSACCESS_USE;
    if (!c->contacted) {
        awsaccess_credentials_free(found);
        awsaccess_error_free(failure);
        return serves;
    }
    CHECK(decision == AWSACCESS_REFRESH_NOW || decision == AWSACCESS_REFRESH_IN_BACKGROUND, "%u", decision);
    awsaccess_credentials_free(serves);
    status = awsaccess_cached_settle(c->cached, c->now, found, failure, &served, why);
    awsaccess_credentials_free(found);
    awsaccess_error_free(failure);
    if (status != AWSACCESS_OK)
        return NULL;
    awsaccess_credentials_free(served);
    CHECK(awsaccess_cached_serve(c->cached, c->now, 0, &served, why) == AWSACCESS_OK, "%s", message(*why));
    return served;
}

static void one_case(const json *one)
{
    const char *docs = str(one, "documentation");
    const json *given = get(one, "given"), *steps = get(one, "steps");
    const char *state = str(given, "cachedCredentials");
    caller c = { .cached = fresh(given), .now = START };
    snprintf(c.id, sizeof c.id, "%s", str(given, "accessKeyId") ? str(given, "accessKeyId") : "CACHED");
    if (!eq(state, "none")) {
        awsaccess_credentials_free(call(&c, of_imds(c.id, START + 3600), NULL, &error));
        c.now = START + (eq(state, "valid") ? 0 : eq(state, "advisory") ? 3000 : eq(state, "mandatory") ? 3570 : 3630);
    }
    for (size_t i = 0; i < steps->count; i++) {
        const json *step = &steps->items[i], *expected = get(step, "expected");
        if (eq(str(step, "type"), "advanceTime")) {
            c.now += num(step, "seconds", 0);
            continue;
        }
        if (eq(str(step, "type"), "invalidate")) {
            bool changed = false;
            DONE(awsaccess_cached_invalidate(c.cached, c.now, text(str(step, "rejectedAccessKeyId")), &changed, &error));
            CHECK(changed == eq(c.id, str(step, "rejectedAccessKeyId")), "%s", docs);
            continue;
        }
        int64_t lifetime = num(step, "lifetimeSeconds", 3600);
        bool aging = awsaccess_cached_advisory_at(c.cached) <= c.now;
        bool limited = awsaccess_cached_is_backing_off(c.cached, c.now);
        const char *response = str(step, "response"), *result = str(expected, "result");
        awsaccess_credentials *found = NULL;
        awsaccess_error *failure = NULL, *why = NULL;
        if (eq(response, "freshCredentials"))
            found = of_imds("FRESH", c.now + lifetime);
        else if (eq(response, "staleCredentials"))
            DONE(awsaccess_credentials_new(text("STALE"), text("s3cr3t-k"), NONE, c.now, NONE, &found, &error));
        else if (eq(response, "error"))
            failure = fault(AWSACCESS_UNREACHABLE, "nobody answers", NULL, true);
        else if (response != NULL)
            failure = fault(AWSACCESS_DENIED, "no", "AccessDenied", false);
        awsaccess_credentials *serves = call(&c, found, failure, &why);
        const char *id = awsaccess_credentials_access_key_id(serves).data;
        if (eq(result, "cachedCredentials")) {
            CHECK(eq(id, c.id), "%s: %s", docs, id);
        } else if (eq(result, "newCredentials")) {
            CHECK(eq(id, "FRESH"), "%s: %s", docs, id);
            snprintf(c.id, sizeof c.id, "FRESH");
        } else if (eq(result, "noCredentialsError")) {
            CHECK(awsaccess_error_status(why) == AWSACCESS_UNREACHABLE && awsaccess_error_retryable(why), "%s", docs);
            CHECK(eq(message(why), "nobody answers"), "%s: %s", docs, message(why));
        } else {
            CHECK(awsaccess_error_status(why) == AWSACCESS_DENIED, "%s", docs);
            CHECK(is(awsaccess_error_aws_code(why), "AccessDenied"), "%s", docs);
        }
        CHECK(c.contacted == truth(expected, "sourceContacted"), "%s", docs);
        CHECK((limited && aging && !c.contacted) == truth(expected, "rateLimited"), "%s", docs);
        if (get(expected, "advisoryWindowSeconds"))
            CHECK(awsaccess_cached_advisory_at(c.cached) == c.now + lifetime - num(expected, "advisoryWindowSeconds", 0), "%s", docs);
        awsaccess_credentials_free(serves);
        awsaccess_error_free(why);
    }
    awsaccess_cached_free(c.cached);
}

static void one_asks_and_the_others_wait(void)
{
    awsaccess_cached *cached = NULL;
    awsaccess_credentials *serves = NULL;
    uint32_t decision = 99;
    int64_t until = 0;
    DONE(awsaccess_cached_new(NULL, NULL, &cached, &error));
    DONE(awsaccess_cached_decide(cached, START, 0, &decision, &serves, &until, &error));
    CHECK(decision == AWSACCESS_REFRESH_NOW && serves == NULL, "%u", decision);
    for (int n = 0; n < 1000; n++) {
        DONE(awsaccess_cached_decide(cached, START, 0, &decision, &serves, &until, &error));
        CHECK(decision == AWSACCESS_WAIT && until == START + 300, "%u, %lld", decision, (long long)until);
    }
    FAILS(awsaccess_cached_serve(cached, START, 0, &serves, &error), AWSACCESS_NOT_CONFIGURED);
    awsaccess_cached_abandon(cached);
    DONE(awsaccess_cached_decide(cached, START, 0, &decision, &serves, NULL, &error));
    CHECK(decision == AWSACCESS_REFRESH_NOW, "%u", decision);
    CHECK(awsaccess_cached_advisory_at(cached) == AWSACCESS_NEVER, "advisory");

    awsaccess_credentials *mine = keys("AKID", "s3cr3t-k", NULL), *delegate = NULL;
    awsaccess_error *made = fault(AWSACCESS_DENIED, "no", NULL, false);
    DONE(awsaccess_credentials_delegate(mine, text("r"), text("s"), START, &delegate, &error));
    FAILS(awsaccess_cached_settle(cached, START, NULL, NULL, &serves, &error), AWSACCESS_INPUT);
    FAILS(awsaccess_cached_settle(cached, START, mine, made, &serves, &error), AWSACCESS_INPUT);
    FAILS(awsaccess_cached_settle(cached, START, delegate, NULL, &serves, &error), AWSACCESS_INPUT);
    FAILS(awsaccess_cached_decide(cached, -7, 0, &decision, &serves, NULL, &error), AWSACCESS_INPUT);
    FAILS(awsaccess_cached_decide(cached, START, 0, NULL, &serves, NULL, &error), AWSACCESS_INPUT);
    awsaccess_error_free(made);
    FAILS(awsaccess_error_new(AWSACCESS_OK, text("x"), NONE, false, &made, &error), AWSACCESS_INPUT);
    FAILS(awsaccess_error_new(999, text("x"), NONE, false, &made, &error), AWSACCESS_INPUT);
    DONE(awsaccess_cached_settle(cached, START, mine, NULL, &serves, &error));
    awsaccess_credentials_free(serves);
    awsaccess_credentials_free(mine);
    DONE(awsaccess_cached_decide(cached, START, 0, &decision, &serves, NULL, &error));
    CHECK(decision == AWSACCESS_USE && is(awsaccess_credentials_access_key_id(serves), "AKID"), "%u", decision);
    awsaccess_credentials_free(serves);
    awsaccess_credentials_free(delegate);
    awsaccess_cached_free(cached);
    awsaccess_cached_free(NULL);
    CHECK(!awsaccess_cached_is_backing_off(NULL, START), "of nothing");
}

int main(int argc, char **argv)
{
    const json *cases = json_file(argc > 1 ? argv[1] : "vectors", "chain/credential-refresh-tests.json");
    CHECK(cases->count == 24, "%zu cases", cases->count);
    for (size_t i = 0; i < cases->count; i++)
        one_case(&cases->items[i]);
    one_asks_and_the_others_wait();
    return finish();
}
