/* The published cases of the chain, each replayed: environment, files and recorded traffic in; credentials or an error
 * out (vectors/chain). */
#define _POSIX_C_SOURCE 200809L
#include <dirent.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "json.h"

static const char *root;
static const awsaccess_text NONE = { NULL, 0 };

/* An environment in the form of POSIX, of an object of texts. */
static const char **environment(const json *object, const char *more)
{
    const char **out = calloc(object->count + 2, sizeof *out);
    size_t at = 0;
    if (more != NULL)
        out[at++] = more;
    for (size_t i = 0; i < object->count; i++) {
        char *variable = malloc(strlen(object->names[i]) + object->items[i].len + 2);
        sprintf(variable, "%s=%s", object->names[i], object->items[i].text);
        out[at++] = variable;
    }
    return out;
}

static awsaccess_step *start(const char *order, const char **environ_, awsaccess_options options, int64_t now)
{
    static const uint8_t SEED[32] = { 9 };
    awsaccess_error *error = NULL;
    awsaccess_step *step = NULL;
    awsaccess_text only = order ? text(order) : NONE;
    options.struct_size = sizeof options;
    options.order = order ? &only : NULL;
    options.order_count = order ? 1 : 0;
    DONE(awsaccess_step_start(&options, environ_, now, SEED, &step, &error));
    return step;
}

/* Request, response and body of each connection, in the order of the requests. */
typedef struct {
    long long id;
    const json *request, *response;
    char body[8192];
} exchange;

static size_t exchanges(const json *traffic, exchange *out)
{
    size_t count = 0;
    const json *events = get(traffic, "events");
    for (size_t i = 0; i < events->count; i++) {
        const json *event = &events->items[i], *action = get(event, "action");
        long long id = num(event, "connection_id", -1);
        size_t at = 0;
        while (at < count && out[at].id != id)
            at++;
        if (at == count) {
            memset(&out[at], 0, sizeof out[at]);
            out[count++].id = id;
        }
        if (get(get(action, "Request"), "request"))
            out[at].request = get(get(action, "Request"), "request");
        if (get(get(get(action, "Response"), "response"), "Ok"))
            out[at].response = get(get(get(action, "Response"), "response"), "Ok");
        if (eq(str(get(action, "Data"), "direction"), "Response"))
            strcat(out[at].body, str(get(get(action, "Data"), "data"), "Utf8"));
    }
    return count;
}

static int by_text(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

/* An address and the parts of its query, in one order. */
static char *sorted(const char *url)
{
    char *copy = strdup(url), *query = strchr(copy, '?'), *parts[64], *save = NULL;
    char *out = calloc(1, strlen(url) + 66);
    size_t count = 0;
    if (query != NULL)
        *query++ = '\0';
    size_t len = strlen(copy);
    if (len > 0 && copy[len - 1] == '/')
        copy[len - 1] = '\0';
    strcpy(out, copy);
    for (char *part = query ? strtok_r(query, "&", &save) : NULL; part && count < 64; part = strtok_r(NULL, "&", &save))
        parts[count++] = part;
    qsort(parts, count, sizeof *parts, by_text);
    for (size_t i = 0; i < count; i++)
        strcat(strcat(out, "&"), parts[i]);
    return out;
}

static void same_request(const json *theirs, const awsaccess_ask_http *ours, const char *name)
{
    static const char *const NAMES[] = { "content-type", "x-aws-ec2-metadata-token",
                                         "x-aws-ec2-metadata-token-ttl-seconds", "x-amz-sso_bearer_token" };
    CHECK(is(ours->method, str(theirs, "method")), "%s: %s", name, ours->method.data);
    CHECK(eq(sorted(ours->url.data), sorted(str(theirs, "uri"))), "%s: %s, %s", name, ours->url.data, str(theirs, "uri"));
    for (size_t i = 0; i < 4; i++) {
        awsaccess_text own = header(ours->headers, ours->header_count, NAMES[i]);
        const json *recorded = get(get(theirs, "headers"), NAMES[i]);
        CHECK(eq(own.data, recorded ? recorded->items[0].text : NULL), "%s: %s", name, NAMES[i]);
    }
}

/* Runs a program as the case has it, and answers with what it said. */
static awsaccess_status run_process(awsaccess_step *step, const awsaccess_ask_run_process *ask, awsaccess_error **error)
{
    char *argv[64] = { 0 }, out[8192] = "";
    int pipes[2], status = 0;
    for (size_t i = 0; i < ask->argc && i < 63; i++)
        argv[i] = strdup(ask->argv[i].data);
    if (pipe(pipes) != 0)
        exit(2);
    pid_t child = fork();
    if (child == 0) {
        dup2(pipes[1], 1);
        close(pipes[0]);
        execvp(argv[0], argv);
        _exit(127);
    }
    close(pipes[1]);
    size_t len = 0;
    for (ssize_t got; (got = read(pipes[0], out + len, sizeof out - len)) > 0;)
        len += (size_t)got;
    close(pipes[0]);
    waitpid(child, &status, 0);
    awsaccess_text said = { out, len };
    return awsaccess_step_answer_process(step, 0, WEXITSTATUS(status), said, NONE, error);
}

typedef struct {
    const char *folder; /* files of a case; NULL where `files` has them */
    const json *files;
    exchange *traffic;
    size_t recorded, made;
    char first[1024]; /* the first address that was asked */
    char shown[1 << 16];
    const char *name;
} world;

static void drive(awsaccess_step *step, world *w)
{
    awsaccess_error *error = NULL;
    const awsaccess_question *question;
    for (int turns = 0; (question = awsaccess_step_question(step))->kind != AWSACCESS_ASK_NOTHING; turns++) {
        awsaccess_status status;
        if (turns > 500) {
            CHECK(0, "%s does not end", w->name);
            return;
        }
        switch (question->kind) {
        case AWSACCESS_ASK_READ_FILE: {
            const char *path = question->ask.read_file.path.data;
            size_t len = 0;
            char *data = NULL;
            if (w->folder != NULL) {
                data = slurp(w->folder, path + (*path == '/'), &len);
            } else if (get(w->files, path)) {
                data = get(w->files, path)->text;
                len = get(w->files, path)->len;
            }
            status = awsaccess_step_answer_file(step, 0, data, len, &error);
            break;
        }
        case AWSACCESS_ASK_HTTP: {
            const awsaccess_ask_http *ask = &question->ask.http;
            if (w->made++ == 0)
                snprintf(w->first, sizeof w->first, "%s", ask->url.data);
            if (w->traffic == NULL || w->made > w->recorded) {
                status = awsaccess_step_answer_failure(step, 0, text("refused"), text("nobody listens"), &error);
                break;
            }
            exchange *recorded = &w->traffic[w->made - 1];
            same_request(recorded->request, ask, w->name);
            const json *headers = get(recorded->response, "headers");
            awsaccess_header fields[32];
            for (size_t i = 0; i < headers->count; i++) {
                const json *value = &headers->items[i].items[0];
                awsaccess_header field = { headers->names[i], strlen(headers->names[i]), value->text, value->len };
                fields[i] = field;
            }
            awsaccess_http_reply reply = {
                .struct_size = sizeof reply,
                .status = (uint32_t)num(recorded->response, "status", 0),
                .headers = fields,
                .header_count = headers->count,
                .body = recorded->body,
                .body_len = strlen(recorded->body),
            };
            status = awsaccess_step_answer_http(step, 0, &reply, &error);
            break;
        }
        case AWSACCESS_ASK_RUN_PROCESS:
            status = run_process(step, &question->ask.run_process, &error);
            break;
        case AWSACCESS_ASK_WAIT:
            status = awsaccess_step_answer_done(step, 0, &error);
            break;
        default:
            status = awsaccess_step_decline(step, 0, &error);
        }
        CHECK(status == AWSACCESS_OK, "%s: %s", w->name, message(error));
        awsaccess_error_free(error);
    }
    size_t count = 0;
    const awsaccess_attempt *trace = awsaccess_step_trace(step, &count);
    for (size_t i = 0; i < count; i++)
        strcat(strcat(w->shown, trace[i].reason.data), "\n");
    const awsaccess_text *warnings = awsaccess_step_warnings(step, &count);
    for (size_t i = 0; i < count; i++)
        strcat(strcat(w->shown, warnings[i].data), "\n");
}

/* Their words for a failure, and our kind. */
static awsaccess_status failure(const char *words)
{
    static const struct {
        const char *words;
        awsaccess_status status;
    } KNOWN[] = {
        { "request forbidden: IMDS is disabled", AWSACCESS_DENIED },
        { "the credential provider was not enabled", AWSACCESS_NOT_CONFIGURED },
        { "could not parse profile file", AWSACCESS_PROFILE },
        { "an error occurred while loading credentials: Error retrieving credentials: external process exited with "
          "code exit status: 1",
          AWSACCESS_SERVICE },
        { "Error retrieving credentials from external process, could not parse response: invalid JSON in response",
          AWSACCESS_MALFORMED },
        { "selected profile will resolve an access token instead of credentials", AWSACCESS_NOT_CONFIGURED },
        { "No environment variables were set to configure ECS provider", AWSACCESS_NOT_CONFIGURED },
        { "URI did not specify a host", AWSACCESS_CONFIG },
    };
    for (size_t i = 0; i < sizeof KNOWN / sizeof *KNOWN; i++)
        if (eq(KNOWN[i].words, words))
            return KNOWN[i].status;
    fprintf(stderr, "unknown words: %s\n", words);
    exit(2);
}

static void hides(const world *w, const char *secret)
{
    /* The public name of a key is no secret, and one of theirs ends with one. */
    char *shown = strdup(w->shown);
    for (char *at; (at = strstr(shown, "AKIAFAKE")) != NULL || (at = strstr(shown, "ASIARTESTID")) != NULL;)
        memset(at, '-', 8);
    if (secret != NULL && secret[strspn(secret, " ")] != '\0')
        CHECK(strstr(shown, secret) == NULL, "%s shows a secret", w->name);
    free(shown);
}

static void recorded_case(const char *folder, const char *name, const char *order)
{
    static exchange traffic[64];
    char at[1024], files[1100];
    snprintf(at, sizeof at, "%s/chain/%s/%s", root, folder, name);
    snprintf(files, sizeof files, "%s/fs", at);
    const json *env = json_file(at, "env.json"), *expected = get(json_file(at, "test-case.json"), "result");
    static world w;
    memset(&w, 0, sizeof w);
    w.folder = files;
    w.traffic = traffic;
    w.recorded = exchanges(json_file(at, "http-traffic.json"), traffic);
    w.name = name;
    awsaccess_options none = { 0 };
    awsaccess_step *step = start(order, environment(env, NULL), none, 0);
    drive(step, &w);
    CHECK(w.made == w.recorded, "%s: %zu of %zu requests", name, w.made, w.recorded);
    awsaccess_error *error = NULL;
    awsaccess_credentials *found = NULL;
    awsaccess_status status = awsaccess_step_result(step, &found, &error);
    if (str(expected, "ErrorContains")) {
        CHECK(status == failure(str(expected, "ErrorContains")), "%s: %s", name, message(error));
        strcat(w.shown, awsaccess_error_report(error).data);
    } else {
        const json *right = get(expected, "Ok");
        CHECK(status == AWSACCESS_OK, "%s: %s", name, message(error));
        CHECK(eq(awsaccess_credentials_access_key_id(found).data, str(right, "access_key_id")), "%s", name);
        CHECK(eq(awsaccess_credentials_secret_access_key(found).data, str(right, "secret_access_key")), "%s", name);
        CHECK(eq(awsaccess_credentials_session_token(found).data, str(right, "session_token")), "%s", name);
        CHECK(eq(awsaccess_credentials_account_id(found).data, str(right, "account_id")), "%s", name);
        CHECK(awsaccess_credentials_expires_at(found) == num(right, "expiry", AWSACCESS_NEVER), "%s", name);
        hides(&w, str(right, "secret_access_key"));
        hides(&w, str(right, "session_token"));
    }
    hides(&w, str(env, "AWS_SECRET_ACCESS_KEY"));
    awsaccess_error_free(error);
    awsaccess_credentials_free(found);
    awsaccess_step_free(step);
}

static int recorded_folder(const char *folder, const char *order)
{
    char at[1024];
    int cases = 0;
    snprintf(at, sizeof at, "%s/chain/%s", root, folder);
    DIR *dir = opendir(at);
    if (dir == NULL) {
        perror(at);
        exit(2);
    }
    for (struct dirent *entry; (entry = readdir(dir)) != NULL;)
        if (entry->d_name[0] != '.') {
            recorded_case(folder, entry->d_name, order);
            cases++;
        }
    closedir(dir);
    return cases;
}

/* Where a source is asked, or why it is not. */
static void places(const char *file, const char *order, size_t expected)
{
    const json *cases = get(json_file(root, file), "tests");
    CHECK(cases->count == expected, "%zu cases", cases->count);
    for (size_t i = 0; i < cases->count; i++) {
        const json *one = &cases->items[i], *result = get(one, "result");
        static world w;
        memset(&w, 0, sizeof w);
        w.files = get(one, "fs");
        w.name = str(one, "docs");
        awsaccess_options options = { 0 };
        char *mode = str(one, "mode_override");
        options.imds_endpoint = text(str(one, "endpoint_override"));
        options.imds_mode = mode == NULL ? NONE : text(eq(mode, "IPv6") ? "ipv6" : "ipv4");
        awsaccess_step *step = start(order, environment(get(one, "env"), "HOME=/h"), options, 0);
        drive(step, &w);
        awsaccess_credentials *found = NULL;
        awsaccess_status status = awsaccess_step_result(step, &found, NULL);
        if (str(result, "Ok")) {
            CHECK(eq(w.first, str(result, "Ok")), "%s: %s", w.name, w.first);
        } else {
            char *words = str(result, "ErrorContains");
            CHECK(status == (words ? failure(words) : AWSACCESS_CONFIG), "%s: %u", w.name, status);
            CHECK(w.made == 0, "%s", w.name);
        }
        awsaccess_step_free(step);
    }
}

#define ASSUMED                                                                                    \
    "<AssumeRoleResponse><AssumeRoleResult><AssumedRoleUser>"                                      \
    "<Arn>arn:aws:sts::111122223333:assumed-role/r/s</Arn></AssumedRoleUser><Credentials>"         \
    "<AccessKeyId>ASIAROLE</AccessKeyId><SecretAccessKey>s3cr3t-r</SecretAccessKey>"               \
    "<SessionToken>t0k3n-r</SessionToken><Expiration>2100-01-01T00:00:00Z</Expiration>"            \
    "</Credentials></AssumeRoleResult></AssumeRoleResponse>"

static void the_clock_is_set_right(void)
{
    const json *cases = get(json_file(root, "chain/clock-skew-tests.json"), "tests");
    CHECK(cases->count == 10, "%zu cases", cases->count);
    awsaccess_credentials *mine = keys("AKID", "s3cr3t-k", NULL), *found = NULL;
    awsaccess_role role = { .struct_size = sizeof role, .role_arn = AWSACCESS_TEXT("arn:aws:iam::111122223333:role/r") };
    static const char *const HOME[] = { "HOME=/h", NULL };
    for (size_t i = 0; i < cases->count; i++) {
        const char *docs = str(&cases->items[i], "description");
        const json *operations = get(&cases->items[i], "operations");
        for (size_t j = 0; j < operations->count; j++) {
            const json *operation = &operations->items[j], *attempts = get(operation, "attempts");
            int64_t at = instant(str(&attempts->items[0], "clientTimeAtSend"));
            awsaccess_options options = {
                .region = AWSACCESS_TEXT("eu-west-1"), .credentials = mine, .assume = &role, .assume_count = 1,
                .clock_offset_ms = 1000 * num(operation, "initialClientSkew", 0),
            };
            awsaccess_error *error = NULL;
            awsaccess_step *step = start(NULL, (const char **)HOME, options, at);
            while (awsaccess_step_question(step)->kind == AWSACCESS_ASK_READ_FILE)
                DONE(awsaccess_step_answer_file(step, at, NULL, 0, &error));
            for (size_t k = 0; k < attempts->count; k++) {
                const json *attempt = &attempts->items[k], *response = get(attempt, "response");
                const awsaccess_question *question = awsaccess_step_question(step);
                CHECK(question->kind == AWSACCESS_ASK_HTTP, "%s: %u", docs, question->kind);
                awsaccess_text date = header(question->ask.http.headers, question->ask.http.header_count, "x-amz-date");
                int y, mo, d, h, mi, s;
                char iso[64];
                sscanf(date.data, "%4d%2d%2dT%2d%2d%2dZ", &y, &mo, &d, &h, &mi, &s);
                snprintf(iso, sizeof iso, "%04d-%02d-%02dT%02d:%02d:%02dZ", y, mo, d, h, mi, s);
                CHECK(eq(iso, str(attempt, "expectedSigningTime")), "%s: %s", docs, iso);
                const json *headers = get(response, "headers");
                awsaccess_header fields[8];
                for (size_t n = 0; n < headers->count; n++) {
                    awsaccess_header field = { headers->names[n], strlen(headers->names[n]), headers->items[n].text,
                                               headers->items[n].len };
                    fields[n] = field;
                }
                char body[1024] = ASSUMED;
                if (str(response, "errorCode"))
                    snprintf(body, sizeof body, "<ErrorResponse><Error><Code>%s</Code></Error></ErrorResponse>",
                             str(response, "errorCode"));
                awsaccess_http_reply reply = {
                    .struct_size = sizeof reply, .status = (uint32_t)num(response, "statusCode", 0), .headers = fields,
                    .header_count = headers->count, .body = body, .body_len = strlen(body),
                };
                DONE(awsaccess_step_answer_http(step, instant(str(attempt, "clientTimeAtReceive")), &reply, &error));
            }
            awsaccess_status status = awsaccess_step_result(step, &found, &error);
            if (eq(str(operation, "expectedOutcome"), "success")) {
                CHECK(status == AWSACCESS_OK, "%s: %s", docs, message(error));
                CHECK(awsaccess_step_clock_offset(step) / 1000 == num(operation, "expectedClientSkew", 0), "%s: %lld", docs,
                      (long long)awsaccess_step_clock_offset(step));
            } else if (awsaccess_step_question(step)->kind == AWSACCESS_ASK_NOTHING) {
                CHECK(status != AWSACCESS_OK, "%s", docs);
            } else {
                /* Their budget is empty after one attempt; ours has the one that the right clock is for. */
                CHECK(strstr(docs, "no retry budget") != NULL, "%s", docs);
            }
            awsaccess_error_free(error);
            awsaccess_credentials_free(found);
            awsaccess_step_free(step);
        }
    }
    awsaccess_credentials_free(mine);
}

int main(int argc, char **argv)
{
    root = argc > 1 ? argv[1] : "vectors";
    int cases = recorded_folder("default", NULL) + recorded_folder("profile-provider", "profile");
    CHECK(cases == 28, "%d cases", cases);
    places("chain/ecs-tests.json", "container", 11);
    places("chain/imds-endpoint-tests.json", "imds", 14);
    the_clock_is_set_right();
    return finish();
}
