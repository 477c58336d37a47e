/* Sources that are configured in code, the questions that only they ask, and the other tasks of the chain. */
#define _POSIX_C_SOURCE 200809L
#include "check.h"
#include "json.h"

#define NOW 1800000000
#define ROLE "arn:aws:iam::111122223333:role/one"

static const char *root;
static awsaccess_error *error;
static const awsaccess_text NONE = { NULL, 0 };
static const char *const HOME[] = { "HOME=/h", NULL };
static const uint8_t SEED[32] = { 5 };

typedef struct {
    char *path;
    char *data;
    size_t len;
} file;

typedef struct {
    uint32_t status;
    const char *body;
} reply;

/* Files and replies from tables; what was asked is kept. */
typedef struct {
    file files[16];
    size_t file_count;
    reply replies[8];
    size_t sent_count;
    char sent[8][4096], url[1024], authorization[1024], signed_key[64], signed_algorithm[64], signed_message[1024];
    char prompt_kind[32], prompt_page[1024], prompt_message[512], listen_page[2048];
    bool redirects;
    const char *typed;
} world;

static void put(world *w, const char *path, const char *data, size_t len)
{
    for (size_t i = 0; i < w->file_count; i++)
        if (eq(w->files[i].path, path)) {
            w->files[i].data = malloc(len + 1);
            memcpy(w->files[i].data, data, len);
            w->files[i].data[len] = '\0';
            w->files[i].len = len;
            return;
        }
    w->files[w->file_count++].path = strdup(path);
    put(w, path, data, len);
}

static file *at(world *w, const char *path)
{
    for (size_t i = 0; i < w->file_count; i++)
        if (eq(w->files[i].path, path) && w->files[i].data != NULL)
            return &w->files[i];
    return NULL;
}

static void turn(awsaccess_step *step, world *w)
{
    const awsaccess_question *question = awsaccess_step_question(step);
    switch (question->kind) {
    case AWSACCESS_ASK_READ_FILE: {
        file *found = at(w, question->ask.read_file.path.data);
        DONE(awsaccess_step_answer_file(step, NOW, found ? found->data : NULL, found ? found->len : 0, &error));
        break;
    }
    case AWSACCESS_ASK_WRITE_FILE:
        put(w, question->ask.write_file.path.data, question->ask.write_file.data.data, question->ask.write_file.data.len);
        DONE(awsaccess_step_answer_done(step, NOW, &error));
        break;
    case AWSACCESS_ASK_REMOVE_FILE:
        if (at(w, question->ask.remove_file.path.data))
            at(w, question->ask.remove_file.path.data)->data = NULL;
        DONE(awsaccess_step_answer_done(step, NOW, &error));
        break;
    case AWSACCESS_ASK_LIST_FILES: {
        awsaccess_text names[16];
        size_t count = 0, len = question->ask.list_files.path.len;
        for (size_t i = 0; i < w->file_count; i++) {
            const char *path = w->files[i].path;
            if (w->files[i].data && strncmp(path, question->ask.list_files.path.data, len) == 0 && path[len] == '/')
                names[count++] = text(path + len + 1);
        }
        DONE(awsaccess_step_answer_names(step, NOW, names, count, &error));
        break;
    }
    case AWSACCESS_ASK_LOCK:
    case AWSACCESS_ASK_WAIT:
        DONE(awsaccess_step_answer_done(step, NOW, &error));
        break;
    case AWSACCESS_ASK_HTTP: {
        const awsaccess_ask_http *http = &question->ask.http;
        awsaccess_text authorization = header(http->headers, http->header_count, "authorization");
        snprintf(w->url, sizeof w->url, "%s", http->url.data);
        snprintf(w->authorization, sizeof w->authorization, "%s", authorization.data ? authorization.data : "");
        snprintf(w->sent[w->sent_count], sizeof w->sent[0], "%s", http->body.data);
        const char *body = w->replies[w->sent_count].body;
        awsaccess_http_reply answer = { .struct_size = sizeof answer, .status = w->replies[w->sent_count].status, .body = body,
                                        .body_len = body ? strlen(body) : 0 };
        w->sent_count++;
        DONE(awsaccess_step_answer_http(step, NOW, &answer, &error));
        break;
    }
    case AWSACCESS_ASK_SIGN:
        snprintf(w->signed_key, sizeof w->signed_key, "%s", question->ask.sign.key.data);
        snprintf(w->signed_algorithm, sizeof w->signed_algorithm, "%s", question->ask.sign.algorithm.data);
        snprintf(w->signed_message, sizeof w->signed_message, "%s", question->ask.sign.message.data);
        awsaccess_text two = { "\0\xff", 2 };
        DONE(awsaccess_step_answer_text(step, NOW, two, &error));
        break;
    case AWSACCESS_ASK_PROMPT:
        snprintf(w->prompt_kind, sizeof w->prompt_kind, "%s", question->ask.prompt.kind.data);
        snprintf(w->prompt_page, sizeof w->prompt_page, "%s", question->ask.prompt.page.data ? question->ask.prompt.page.data : "");
        snprintf(w->prompt_message, sizeof w->prompt_message, "%s", question->ask.prompt.message.data);
        DONE(awsaccess_step_answer_text(step, NOW, text(eq(w->prompt_kind, "sign_in") ? "" : w->typed), &error));
        break;
    case AWSACCESS_ASK_LISTEN:
        snprintf(w->listen_page, sizeof w->listen_page, "%s", question->ask.listen.page.data);
        if (w->redirects) {
            char query[512], state[256] = "";
            sscanf(strstr(w->listen_page, "state=") + 6, "%255[^&]", state);
            snprintf(query, sizeof query, "code=c0de-of-redirect&state=%s", state);
            DONE(awsaccess_step_answer_redirect(step, NOW, 4321, text(query), &error));
            break;
        }
        /* fall through */
    default:
        DONE(awsaccess_step_decline(step, NOW, &error));
    }
}

static void drive(awsaccess_step *step, world *w)
{
    for (int turns = 0; awsaccess_step_question(step)->kind != AWSACCESS_ASK_NOTHING && turns < 500; turns++)
        turn(step, w);
}

/* Resolves with these options; checks the key id. */
static void resolves(awsaccess_options options, world *w, const char *id, const char *source)
{
    awsaccess_step *step = NULL;
    awsaccess_credentials *found = NULL;
    options.struct_size = sizeof options;
    options.region = text("eu-west-1");
    DONE(awsaccess_step_start(&options, HOME, NOW, SEED, &step, &error));
    drive(step, w);
    DONE(awsaccess_step_result(step, &found, &error));
    CHECK(is(awsaccess_credentials_access_key_id(found), id), "%s", awsaccess_credentials_access_key_id(found).data);
    CHECK(is(awsaccess_credentials_source(found), source), "%s", awsaccess_credentials_source(found).data);
    awsaccess_credentials_free(found);
    awsaccess_step_free(step);
}

static const char *session(const char *action)
{
    char *out = malloc(2048);
    snprintf(out, 2048,
             "<%sResponse><%sResult><Credentials><AccessKeyId>ASIAROLE</AccessKeyId><SecretAccessKey>s3cr3t-r</SecretAccessKey>"
             "<SessionToken>t0k3n-r</SessionToken><Expiration>2100-01-01T00:00:00Z</Expiration></Credentials><AssumedRoleUser>"
             "<Arn>arn:aws:sts::111122223333:assumed-role/one/x</Arn></AssumedRoleUser></%sResult></%sResponse>",
             action, action, action, action);
    return out;
}

static void tokens_and_assertions(void)
{
    for (int in_file = 0; in_file < 2; in_file++) {
        world w = { .replies = { { 200, session("AssumeRoleWithWebIdentity") } } };
        put(&w, "/token", "t0k3n-w\n", 8);
        awsaccess_web_identity identity = {
            .struct_size = sizeof identity, .role_arn = AWSACCESS_TEXT(ROLE), .token = in_file ? NONE : text("t0k3n-w"),
            .token_file = in_file ? text("/token") : NONE, .session_name = AWSACCESS_TEXT("ana"), .duration = 900,
        };
        awsaccess_options options = { .web_identity = &identity };
        resolves(options, &w, "ASIAROLE", "web-identity");
        CHECK(strstr(w.sent[0], "WebIdentityToken=t0k3n-w") && strstr(w.sent[0], "RoleSessionName=ana"), "%s", w.sent[0]);
        CHECK(strstr(w.sent[0], "DurationSeconds=900") != NULL, "%s", w.sent[0]);
    }
    world w = { .replies = { { 200, session("AssumeRoleWithSAML") } } };
    put(&w, "/a", "4ss3rt10n+=\n", 12);
    awsaccess_saml saml = { .struct_size = sizeof saml, .role_arn = AWSACCESS_TEXT(ROLE),
                            .principal_arn = AWSACCESS_TEXT("arn:aws:iam::111122223333:saml-provider/idp"), .assertion_file = AWSACCESS_TEXT("/a") };
    awsaccess_options options = { .saml = &saml };
    resolves(options, &w, "ASIAROLE", "saml");
    CHECK(eq(w.sent[0],
             "Action=AssumeRoleWithSAML&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A111122223333%3Arole%2Fone"
             "&PrincipalArn=arn%3Aaws%3Aiam%3A%3A111122223333%3Asaml-provider%2Fidp&SAMLAssertion=4ss3rt10n%2B%3D"),
          "%s", w.sent[0]);
    /* Both, or neither, is a mistake; so are two sources in code. */
    awsaccess_step *step = NULL;
    options.struct_size = sizeof options;
    saml.assertion = text("4ss3rt10n");
    FAILS(awsaccess_step_start(&options, HOME, NOW, SEED, &step, &error), AWSACCESS_INPUT);
    saml.assertion = saml.assertion_file = NONE;
    FAILS(awsaccess_step_start(&options, HOME, NOW, SEED, &step, &error), AWSACCESS_INPUT);
    saml.assertion = text("4ss3rt10n");
    awsaccess_cognito cognito = { .struct_size = sizeof cognito, .identity_pool_id = AWSACCESS_TEXT("eu-west-1:p") };
    options.cognito = &cognito;
    FAILS(awsaccess_step_start(&options, HOME, NOW, SEED, &step, &error), AWSACCESS_INPUT);
    options.cognito = NULL;
    saml.struct_size = 3;
    FAILS(awsaccess_step_start(&options, HOME, NOW, SEED, &step, &error), AWSACCESS_INPUT);
}

static void an_identity_pool(void)
{
    world w = { .replies = { { 200, "{\"IdentityId\":\"eu-west-1:i\"}" },
                             { 200, "{\"IdentityId\":\"eu-west-1:i\",\"Credentials\":{\"AccessKeyId\":\"ASIACOG\",\"SecretKey\":\"s3cr3t-g\","
                                    "\"SessionToken\":\"t0k3n-g\",\"Expiration\":4102444800}}" } } };
    put(&w, "/login", "t0k3n-l", 7);
    awsaccess_login login = { .provider = AWSACCESS_TEXT("login.example"), .token_file = AWSACCESS_TEXT("/login") };
    awsaccess_cognito cognito = { .struct_size = sizeof cognito, .logins = &login, .login_count = 1,
                                  .identity_pool_id = AWSACCESS_TEXT("eu-west-1:00000000-0000-0000-0000-000000000001") };
    awsaccess_options options = { .cognito = &cognito };
    resolves(options, &w, "ASIACOG", "cognito");
    CHECK(eq(str(get(json_parse(w.sent[1]), "Logins"), "login.example"), "t0k3n-l"), "%s", w.sent[1]);
}

static void certificates(void)
{
    const json *document = json_file(root, "roles-anywhere/cases.json"), *cases = get(document, "cases");
    CHECK(cases->count == 4 && num(document, "unix", 0) == NOW, "%zu cases", cases->count);
    for (size_t i = 0; i < cases->count; i++) {
        const json *one = &cases->items[i], *body = get(one, "body");
        char dir[512];
        size_t len = 0;
        world w = { .replies = { { 201, "{\"credentialSet\":[{\"assumedRoleUser\":{\"arn\":\"arn:aws:sts::111122223333:assumed-role/one/x\"},"
                                        "\"credentials\":{\"accessKeyId\":\"ASIAX\",\"secretAccessKey\":\"s3cr3t-x\",\"sessionToken\":\"t0k3n-x\","
                                        "\"expiration\":\"2100-01-01T00:00:00Z\"}}]}" } } };
        snprintf(dir, sizeof dir, "%s/roles-anywhere", root);
        char *certificate = slurp(dir, str(one, "certificate"), &len);
        put(&w, "/cert", certificate, len);
        if (str(one, "chain")) {
            char *chain = slurp(dir, str(one, "chain"), &len);
            put(&w, "/chain", chain, len);
        }
        awsaccess_roles_anywhere roles = {
            .struct_size = sizeof roles, .trust_anchor_arn = text(str(document, "trust_anchor_arn")), .profile_arn = text(str(document, "profile_arn")),
            .role_arn = text(str(document, "role_arn")), .certificate = AWSACCESS_TEXT("/cert"), .private_key = AWSACCESS_TEXT("pkcs11:token=x"),
            .chain = str(one, "chain") ? text("/chain") : NONE, .session_name = text(str(body, "roleSessionName")),
            .duration = (uint32_t)num(body, "durationSeconds", 0),
        };
        awsaccess_options options = { .roles_anywhere = &roles };
        resolves(options, &w, "ASIAX", "roles-anywhere");
        bool rsa = strncmp(str(one, "certificate"), "rsa", 3) == 0;
        CHECK(eq(w.signed_key, "pkcs11:token=x") && eq(w.signed_algorithm, rsa ? "rsa_pkcs1_sha256" : "ecdsa_sha256_der"), "%s", w.signed_algorithm);
        CHECK(eq(w.signed_message, str(one, "string_to_sign")), "%zu: %s", i, w.signed_message);
        CHECK(eq(w.url, str(one, "url")) && eq(w.authorization, str(one, "authorization")), "%zu: %s", i, w.authorization);
        CHECK(num(json_parse(w.sent[0]), "durationSeconds", 0) == num(body, "durationSeconds", 0), "%s", w.sent[0]);
    }
}

static void a_source_of_ones_own(void)
{
    static const char *const ENVIRON[] = { "AWS_ACCESS_KEY_ID=AKIDENV", "AWS_SECRET_ACCESS_KEY=s3cr3t-e", NULL };
    awsaccess_text order[] = { AWSACCESS_TEXT("custom:vault"), AWSACCESS_TEXT("environment") };
    awsaccess_options options = { .struct_size = sizeof options, .order = order, .order_count = 2 };
    awsaccess_credentials *mine = keys("AKIDMINE", "s3cr3t-m", NULL), *found = NULL;
    for (int how = 0; how < 4; how++) {
        awsaccess_step *step = NULL;
        DONE(awsaccess_step_start(&options, ENVIRON, NOW, SEED, &step, &error));
        const awsaccess_question *question = awsaccess_step_question(step);
        CHECK(question->kind == AWSACCESS_ASK_CUSTOM && is(question->ask.custom.name, "vault"), "%u", question->kind);
        FAILS(awsaccess_step_answer_text(step, NOW, text("x"), &error), AWSACCESS_WRONG_ANSWER);
        FAILS(awsaccess_step_answer_done(step, NOW, &error), AWSACCESS_WRONG_ANSWER);
        if (how == 0)
            DONE(awsaccess_step_answer_credentials(step, NOW, mine, &error));
        else if (how == 1)
            DONE(awsaccess_step_answer_credentials(step, NOW, NULL, &error));
        else if (how == 2)
            DONE(awsaccess_step_answer_failure(step, NOW, NONE, text("it is sealed"), &error));
        else
            DONE(awsaccess_step_decline(step, NOW, &error));
        awsaccess_status status = awsaccess_step_result(step, &found, &error);
        CHECK(status == (how < 2 ? AWSACCESS_OK : how == 2 ? AWSACCESS_SERVICE : AWSACCESS_DECLINED), "%d: %s", how, message(error));
        CHECK(how >= 2 || is(awsaccess_credentials_source(found), how == 0 ? "vault" : "environment"), "%d", how);
        CHECK(how != 2 || strstr(awsaccess_error_report(error).data, "it is sealed") != NULL, "%s", awsaccess_error_report(error).data);
        awsaccess_error_free(error);
        awsaccess_credentials_free(found);
        awsaccess_step_free(step);
    }
    awsaccess_step *step = NULL;
    order[0] = text("custom:a b");
    FAILS(awsaccess_step_start(&options, ENVIRON, NOW, SEED, &step, &error), AWSACCESS_INPUT);
    awsaccess_credentials_free(mine);
}

static void keys_are_exchanged(void)
{
    awsaccess_credentials *mine = keys("AKIDMINE", "s3cr3t-m", NULL);
    awsaccess_header tag = AWSACCESS_HEADER("team", "a");
    awsaccess_text key = AWSACCESS_TEXT("team"), arn = AWSACCESS_TEXT("arn:aws:iam::aws:policy/x");
    world mfa = { .replies = { { 200, session("GetSessionToken") } }, .typed = "123456" };
    awsaccess_session_token with_code = { .struct_size = sizeof with_code, .mfa_serial = AWSACCESS_TEXT("arn:aws:iam::111122223333:mfa/me"), .duration = 3600 };
    awsaccess_options one = { .credentials = mine, .session_token = &with_code };
    resolves(one, &mfa, "ASIAROLE", "session-token");
    CHECK(strstr(mfa.sent[0], "DurationSeconds=3600&SerialNumber=") && strstr(mfa.sent[0], "TokenCode=123456"), "%s", mfa.sent[0]);
    CHECK(eq(mfa.prompt_kind, "mfa") && eq(mfa.prompt_page, ""), "%s", mfa.prompt_kind);
    world federated = { .replies = { { 200, session("GetFederationToken") } } };
    awsaccess_federation_token federation = { .struct_size = sizeof federation, .name = AWSACCESS_TEXT("ana"), .policy = AWSACCESS_TEXT("{}"),
                                              .tags = &tag, .tag_count = 1 };
    awsaccess_options two = { .credentials = mine, .federation_token = &federation };
    resolves(two, &federated, "ASIAROLE", "federation-token");
    CHECK(strstr(federated.sent[0], "Name=ana") && strstr(federated.sent[0], "Tags.member.1.Key=team"), "%s", federated.sent[0]);
    world tagged = { .replies = { { 200, session("AssumeRole") } } };
    awsaccess_role role = { .struct_size = sizeof role, .role_arn = AWSACCESS_TEXT(ROLE), .tags = &tag, .tag_count = 1, .policy_arns = &arn,
                            .policy_arn_count = 1, .transitive_tag_keys = &key, .transitive_tag_key_count = 1, .source_identity = AWSACCESS_TEXT("ana") };
    awsaccess_options three = { .credentials = mine, .assume = &role, .assume_count = 1 };
    resolves(three, &tagged, "ASIAROLE", "assume-role");
    CHECK(strstr(tagged.sent[0], "TransitiveTagKeys.member.1=team") && strstr(tagged.sent[0], "PolicyArns.member.1.arn="), "%s", tagged.sent[0]);
    awsaccess_credentials_free(mine);
}

/* The JSON that a task ended in. */
static const json *ended(awsaccess_step *step, world *w)
{
    awsaccess_buffer *made = NULL;
    drive(step, w);
    DONE(awsaccess_step_json(step, &made, &error));
    char *copy = strdup(awsaccess_buffer_text(made).data);
    CHECK(strstr(copy, "s3cr3t") == NULL && strstr(copy, "acc3ss") == NULL, "%s", copy);
    awsaccess_buffer_free(made);
    awsaccess_step_free(step);
    return json_parse(copy);
}

static void other_tasks(void)
{
    awsaccess_credentials *mine = keys("AKIDMINE", "s3cr3t-m", NULL), *found = NULL;
    awsaccess_options options = { .struct_size = sizeof options, .credentials = mine };
    awsaccess_step *step = NULL;
    awsaccess_buffer *made = NULL;
    world who = { .replies = { { 200, "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:iam::111122223333:user/ana</Arn>"
                                      "<UserId>AIDA</UserId><Account>111122223333</Account></GetCallerIdentityResult></GetCallerIdentityResponse>" } } };
    DONE(awsaccess_caller_identity_start(&options, HOME, NOW, SEED, &step, &error));
    FAILS(awsaccess_step_json(step, &made, &error), AWSACCESS_INPUT);
    drive(step, &who);
    DONE(awsaccess_step_result(step, &found, &error));
    CHECK(is(awsaccess_credentials_access_key_id(found), "AKIDMINE"), "key id");
    awsaccess_credentials_free(found);
    const json *identity = ended(step, &who);
    CHECK(eq(str(identity, "account"), "111122223333") && eq(str(identity, "user_id"), "AIDA"), "%s", str(identity, "account"));
    CHECK(eq(who.sent[0], "Action=GetCallerIdentity&Version=2011-06-15"), "%s", who.sent[0]);

    static const char *const REGION[] = { "AWS_REGION=eu-west-1", "AWS_BEARER_TOKEN_BEDROCK=t0k3n-b", NULL };
    world none = { .file_count = 0 };
    DONE(awsaccess_region_start(NULL, REGION, NOW, SEED, &step, &error));
    FAILS(awsaccess_step_result(step, &found, &error), AWSACCESS_INPUT);
    CHECK(eq(ended(step, &none)->text, "eu-west-1"), "region");
    DONE(awsaccess_bearer_token_start(text("bedrock"), NULL, REGION, NOW, SEED, &step, &error));
    const json *token = ended(step, &none);
    CHECK(eq(str(token, "token"), "t0k3n-b") && eq(str(token, "source"), "environment"), "%s", str(token, "source"));

    world w = { .replies = { { 200, session("AssumeRole") } } };
    const char *config = "[profile a]\nrole_arn = " ROLE "\nsource_profile = b\nexternal_id = 3xt3rnal-id\nregion = eu-west-1\n"
                         "[profile b]\naws_access_key_id = AKIDB\naws_secret_access_key = s3cr3t-b\n";
    put(&w, "/h/.aws/config", config, strlen(config));
    awsaccess_options of_a = { .struct_size = sizeof of_a, .profile = AWSACCESS_TEXT("a"), .shared_cache = AWSACCESS_ON, .shell = AWSACCESS_OFF };
    DONE(awsaccess_plan_start(&of_a, HOME, NOW, &step, &error));
    const json *plan = ended(step, &w);
    CHECK(truth(plan, "long_lived") && num(plan, "lasts_seconds", 0) == 3600 && num(plan, "longest_seconds", 0) == 43200, "lasts");
    CHECK(strstr(str(plan, "graph"), "AssumeRole") && !strstr(str(plan, "graph"), "3xt3rnal"), "%s", str(plan, "graph"));

    /* The session of a role is kept, found again, listed and cleared. */
    resolves(of_a, &w, "ASIAROLE", "assume-role");
    resolves(of_a, &w, "ASIAROLE", "assume-role");
    CHECK(w.sent_count == 1, "%zu requests", w.sent_count);
    DONE(awsaccess_cache_list_start(NONE, HOME, NOW, &step, &error));
    const json *listed = ended(step, &w);
    CHECK(listed->count == 1 && eq(str(&listed->items[0], "kind"), "role"), "%zu files", listed->count);
    awsaccess_text other = AWSACCESS_TEXT("/other");
    DONE(awsaccess_cache_clear_start(&other, 1, NONE, HOME, NOW, &step, &error));
    CHECK(get(ended(step, &w), "removed")->count == 0, "removed");
    DONE(awsaccess_cache_clear_start(NULL, 0, NONE, HOME, NOW, &step, &error));
    CHECK(get(ended(step, &w), "removed")->count == 1 && at(&w, str(&listed->items[0], "path")) == NULL, "removed");
    awsaccess_credentials_free(mine);
}

static void how_long_each_took(void)
{
    awsaccess_credentials *mine = keys("AKIDMINE", "s3cr3t-m", NULL), *found = NULL;
    awsaccess_role role = { .struct_size = sizeof role, .role_arn = AWSACCESS_TEXT(ROLE) };
    awsaccess_options options = { .struct_size = sizeof options, .region = AWSACCESS_TEXT("eu-west-1"), .credentials = mine, .assume = &role, .assume_count = 1 };
    awsaccess_step *step = NULL;
    DONE(awsaccess_step_start(&options, HOME, NOW, SEED, &step, &error));
    while (awsaccess_step_question(step)->kind == AWSACCESS_ASK_READ_FILE)
        DONE(awsaccess_step_answer_file(step, NOW, NULL, 0, &error));
    const char *body = "<ErrorResponse><Error><Code>AccessDenied</Code></Error></ErrorResponse>";
    awsaccess_http_reply refused = { .struct_size = sizeof refused, .status = 403, .body = body, .body_len = strlen(body) };
    DONE(awsaccess_step_answer_http(step, NOW + 2, &refused, &error));
    size_t count = 0;
    const awsaccess_attempt *trace = awsaccess_step_trace(step, &count);
    CHECK(trace[count - 1].took_ms == 2000, "%llu", (unsigned long long)trace[count - 1].took_ms);
    CHECK(awsaccess_step_result(step, &found, &error) == AWSACCESS_DENIED, "%s", message(error));
    CHECK(strstr(awsaccess_error_report(error).data, "(2000 ms)") != NULL, "%s", awsaccess_error_report(error).data);
    awsaccess_error_free(error);
    awsaccess_step_free(step);
    awsaccess_credentials_free(mine);
}

#define CLIENT "{\"clientId\":\"client\",\"clientSecret\":\"cl13nt-secret\",\"clientSecretExpiresAt\":1800086400}"
#define TOKEN "{\"accessToken\":\"acc3ss-one\",\"tokenType\":\"Bearer\",\"expiresIn\":28800,\"refreshToken\":\"r3fresh-one\"}"

static void a_person_signs_in(void)
{
    awsaccess_sso sso = { .struct_size = sizeof sso, .session = AWSACCESS_TEXT("corp"), .start_url = AWSACCESS_TEXT("https://corp.awsapps.com/start"),
                          .region = AWSACCESS_TEXT("eu-west-1"), .device_code = AWSACCESS_ON };
    awsaccess_step *step = NULL;
    world w = {
        .replies = { { 200, CLIENT },
                     { 200, "{\"deviceCode\":\"d3vice-code\",\"userCode\":\"ABCD-EFGH\",\"verificationUri\":\"https://device.sso.eu-west-1.amazonaws.com/\","
                            "\"verificationUriComplete\":\"https://device.sso.eu-west-1.amazonaws.com/?user_code=ABCD-EFGH\",\"expiresIn\":600,\"interval\":1}" },
                     { 200, TOKEN },
                     { 200, "{\"accountList\":[{\"accountId\":\"111122223333\",\"accountName\":\"dev\",\"emailAddress\":\"a@b\"}]}" },
                     { 200, "{\"roleList\":[{\"roleName\":\"Reader\"}]}" },
                     { 200, "" } },
    };
    DONE(awsaccess_sso_login_start(&sso, NULL, HOME, NOW, SEED, &step, &error));
    const json *in = ended(step, &w);
    CHECK(eq(str(in, "session"), "corp") && num(in, "expires_at", 0) == NOW + 28800, "%s", str(in, "session"));
    CHECK(strstr(at(&w, str(in, "token_file"))->data, "acc3ss-one") != NULL, "%s", str(in, "token_file"));
    CHECK(eq(w.prompt_kind, "sign_in") && strstr(w.prompt_page, "user_code=ABCD-EFGH") && strstr(w.prompt_message, "ABCD-EFGH"), "%s", w.prompt_page);
    DONE(awsaccess_sso_accounts_start(&sso, NONE, NULL, HOME, NOW, SEED, &step, &error));
    const json *accounts = ended(step, &w);
    CHECK(accounts->count == 1 && eq(str(&accounts->items[0], "name"), "dev"), "%zu", accounts->count);
    DONE(awsaccess_sso_accounts_start(&sso, text("111122223333"), NULL, HOME, NOW, SEED, &step, &error));
    CHECK(eq(ended(step, &w)->items[0].text, "Reader"), "role");
    DONE(awsaccess_configure_sso_start(text("dev"), &sso, text("111122223333"), text("Reader"), NULL, HOME, NOW, &step, &error));
    const json *written = ended(step, &w);
    CHECK(strstr(at(&w, str(written, "path"))->data, "[sso-session corp]") != NULL, "%s", at(&w, str(written, "path"))->data);
    DONE(awsaccess_logout_start(true, NULL, HOME, NOW, SEED, &step, &error));
    CHECK(get(ended(step, &w), "removed")->count >= 1 && at(&w, str(in, "token_file")) == NULL, "signed out");

    /* With a browser on this machine. */
    world browser = { .replies = { { 200, CLIENT }, { 200, TOKEN } }, .redirects = true };
    sso.device_code = AWSACCESS_DEFAULT;
    DONE(awsaccess_sso_login_start(&sso, NULL, HOME, NOW, SEED, &step, &error));
    CHECK(num(ended(step, &browser), "expires_at", 0) == NOW + 28800, "expiry");
    CHECK(strstr(browser.listen_page, "{port}") != NULL, "%s", browser.listen_page);
    CHECK(eq(str(json_parse(browser.sent[1]), "code"), "c0de-of-redirect"), "%s", browser.sent[1]);

    /* With a browser elsewhere: the code is pasted. */
    world p = { .file_count = 0 };
    put(&p, "/h/.aws/config", "[profile p]\nregion = eu-west-1\n", 31);
    awsaccess_options of_p = { .struct_size = sizeof of_p, .profile = AWSACCESS_TEXT("p") };
    DONE(awsaccess_login_start(true, &of_p, HOME, NOW, SEED, &step, &error));
    for (int turns = 0; awsaccess_step_question(step)->kind != AWSACCESS_ASK_PROMPT && turns < 50; turns++)
        turn(step, &p);
    const awsaccess_question *question = awsaccess_step_question(step);
    CHECK(is(question->ask.prompt.kind, "authorization_code") && strncmp(question->ask.prompt.page.data, "https://", 8) == 0, "%s",
          question->ask.prompt.kind.data);
    awsaccess_buffer *made = NULL;
    DONE(awsaccess_step_decline(step, NOW, &error));
    FAILS(awsaccess_step_json(step, &made, &error), AWSACCESS_DECLINED);
    awsaccess_step_free(step);
    DONE(awsaccess_logout_start(false, &of_p, HOME, NOW, SEED, &step, &error));
    drive(step, &p);
    FAILS(awsaccess_step_json(step, &made, &error), AWSACCESS_CONFIG);
    awsaccess_step_free(step);

    sso.region = NONE;
    FAILS(awsaccess_sso_login_start(&sso, NULL, HOME, NOW, SEED, &step, &error), AWSACCESS_INPUT);
    FAILS(awsaccess_configure_sso_start(text("x"), NULL, NONE, NONE, NULL, HOME, NOW, &step, &error), AWSACCESS_INPUT);
    FAILS(awsaccess_bearer_token_start(NONE, NULL, HOME, NOW, SEED, &step, &error), AWSACCESS_INPUT);
}

int main(int argc, char **argv)
{
    root = argc > 1 ? argv[1] : "vectors";
    tokens_and_assertions();
    an_identity_pool();
    certificates();
    a_source_of_ones_own();
    keys_are_exchanged();
    other_tasks();
    how_long_each_took();
    a_person_signs_in();
    return finish();
}
