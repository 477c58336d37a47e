/* The published cases of profiles: the parser, the places of the files, and what a profile leads to (vectors/profile,
 * vectors/chain/assume-role-tests.json). */
#include "check.h"
#include "json.h"

static const char *root;
static awsaccess_error *error;
static const awsaccess_text NONE = { NULL, 0 };

/* Without the blanks around each `=`, which are not kept of nested properties. */
static char *squeezed(const char *value)
{
    char *out = calloc(1, strlen(value) + 1);
    size_t len = 0;
    for (; *value != '\0'; value++) {
        if (*value == '=')
            while (len > 0 && out[len - 1] == ' ')
                len--;
        if (*value != ' ' || len == 0 || out[len - 1] != '=')
            out[len++] = *value;
    }
    out[len] = '\0';
    return out;
}

/* A property as the cases have it: nested ones as text. */
static char *flat(const json *value)
{
    if (value->type == 's')
        return squeezed(value->text);
    char *out = calloc(1, 8192);
    for (size_t i = 0; i < value->count; i++)
        strcat(strcat(strcat(strcat(out, "\n"), value->names[i]), " = "), value->items[i].text);
    return squeezed(out);
}

/* The parser's own error, in their words, by what ours says. */
static const char *words(const char *theirs)
{
    static const char *const KNOWN[][2] = {
        { "Profile definition must end with ']'", "]" },
        { "Expected a profile definition", "section" },
        { "Property did not have a name", "name" },
        { "Expected an '=' sign defining a property", "=" },
        { "Expected a property definition", "" },
        { "Expected a property definition, found continuation", "" },
        { "Expected an '=' sign defining a sub-property", "=" },
        { "Sub-property did not have a name", "name" },
    };
    for (size_t i = 0; i < sizeof KNOWN / sizeof *KNOWN; i++)
        if (eq(KNOWN[i][0], theirs))
            return KNOWN[i][1];
    fprintf(stderr, "unknown words: %s\n", theirs);
    exit(2);
}

static void same_sections(const json *ours, const json *theirs, const char *name)
{
    size_t count = theirs ? theirs->count : 0;
    CHECK(ours->count == count, "%s: %zu sections of %zu", name, ours->count, count);
    for (size_t i = 0; i < count; i++) {
        const json *section = get(ours, theirs->names[i]), *right = &theirs->items[i];
        CHECK(section != NULL && section->count == right->count, "%s: %s", name, theirs->names[i]);
        for (size_t j = 0; section != NULL && j < right->count; j++) {
            const json *value = get(section, right->names[j]);
            CHECK(value != NULL && eq(flat(value), squeezed(right->items[j].text)), "%s: %s", name, right->names[j]);
        }
    }
}

static void the_parser(void)
{
    const json *cases = get(json_file(root, "profile/profile-parser-tests.json"), "tests");
    CHECK(cases->count == 65, "%zu cases", cases->count);
    for (size_t i = 0; i < cases->count; i++) {
        const json *one = &cases->items[i], *input = get(one, "input"), *output = get(one, "output");
        const char *name = str(one, "name"), *fault = str(output, "errorContaining");
        awsaccess_buffer *made = NULL;
        awsaccess_status status = awsaccess_parse_profiles(text(str(input, "configFile")), text(str(input, "credentialsFile")), &made, &error);
        if (fault != NULL) {
            CHECK(status == AWSACCESS_PROFILE && strstr(message(error), "line ") != NULL, "%s: %s", name, message(error));
            CHECK(strstr(message(error), words(fault)) != NULL, "%s: %s", name, message(error));
            awsaccess_error_free(error);
            continue;
        }
        CHECK(status == AWSACCESS_OK, "%s: %s", name, message(error));
        const json *found = json_parse(awsaccess_buffer_text(made).data), *config = get(output, "config");
        same_sections(get(found, "profiles"), get(config, "profiles"), name);
        same_sections(get(found, "sso_sessions"), get(config, "sso_sessions"), name);
        awsaccess_buffer_free(made);
    }
}

static void the_places_of_the_files(void)
{
    const json *cases = get(json_file(root, "profile/file-location-tests.json"), "tests");
    CHECK(cases->count == 9, "%zu cases", cases->count);
    for (size_t i = 0; i < cases->count; i++) {
        const json *one = &cases->items[i], *variables = get(one, "environment");
        const char *environ_[32] = { 0 }, *name = str(one, "name");
        for (size_t j = 0; j < variables->count; j++) {
            char *variable = malloc(strlen(variables->names[j]) + variables->items[j].len + 2);
            sprintf(variable, "%s=%s", variables->names[j], variables->items[j].text);
            environ_[j] = variable;
        }
        awsaccess_buffer *made = NULL;
        const char *platform = eq(str(one, "platform"), "windows") ? "windows" : "unix";
        DONE(awsaccess_profile_files(NONE, text(platform), environ_, &made, &error));
        const json *found = json_parse(awsaccess_buffer_text(made).data);
        CHECK(eq(str(found, "config"), str(one, "configLocation")), "%s: %s", name, str(found, "config"));
        CHECK(eq(str(found, "credentials"), str(one, "credentialsLocation")), "%s: %s", name, str(found, "credentials"));
        if (str(one, "profile"))
            CHECK(eq(str(found, "profile"), str(one, "profile")), "%s: %s", name, str(found, "profile"));
        awsaccess_buffer_free(made);
    }
    awsaccess_buffer *made = NULL;
    FAILS(awsaccess_profile_files(NONE, text("plan9"), NULL, &made, &error), AWSACCESS_INPUT);
}

static void append_sections(char *config, const char *kind, const json *sections)
{
    for (size_t i = 0; sections != NULL && i < sections->count; i++) {
        sprintf(config + strlen(config), "[%s %s]\n", kind, sections->names[i]);
        const json *section = &sections->items[i];
        for (size_t j = 0; j < section->count; j++)
            sprintf(config + strlen(config), "%s = %s\n", section->names[j], section->items[j].text);
    }
}

/* Their words for a fault of the configuration, and what our line names. */
static const char *fault_names(const char *theirs)
{
    static const char *const KNOWN[][2] = {
        { "profile must contain `source_profile`", "source_profile" },
        { "profile contained both source_profile and credential_source", "source_profile and credential_source" },
        { "profile missing aws_secret_access_key", "aws_secret_access_key" },
        { "profile missing aws_access_key_id", "aws_access_key_id" },
        { "profile `B` did not contain credential information", "B" },
        { "profile `A` did not contain credential information", "A" },
        { "could not find source profile B referenced from A", "B" },
        { "No profiles were defined", "profile" },
        { "profile formed an infinite loop", "A" },
        { "`role_arn` was missing", "role_arn" },
        { "if `sso_role_name` is set, then `sso_account_id` must also be set", "sso_account_id" },
        { "if `sso_account_id` is set, then `sso_role_name` must also be set", "sso_role_name" },
        { "`sso_region` can only be specified in the [sso-session] config when a session name is given", "sso_region" },
        { "sso-session named `oops` (referenced by profile `A`) was not found", "oops" },
    };
    for (size_t i = 0; i < sizeof KNOWN / sizeof *KNOWN; i++)
        if (eq(KNOWN[i][0], theirs))
            return KNOWN[i][1];
    fprintf(stderr, "unknown words: %s\n", theirs);
    exit(2);
}

/* The first credentials; secrets and accounts of keys are in no plan. */
static void same_base(const json *base, const json *theirs, const char *docs)
{
    const char *kind = str(base, "kind");
    const json *keys_ = get(theirs, "AccessKey"), *token = get(theirs, "WebIdentityToken"), *sso = get(theirs, "Sso");
    if (keys_ != NULL) {
        CHECK(eq(kind, "keys") && eq(str(base, "access_key_id"), str(keys_, "access_key_id")), "%s: %s", docs, kind);
    } else if (token != NULL) {
        CHECK(eq(kind, "web-identity") && eq(str(base, "role_arn"), str(token, "role_arn")), "%s: %s", docs, kind);
        CHECK(eq(str(base, "token_file"), str(token, "web_identity_token_file")), "%s", docs);
        CHECK(eq(str(base, "session_name"), str(token, "role_session_name")), "%s", docs);
    } else if (sso != NULL) {
        CHECK(eq(kind, "sso") && eq(str(base, "session"), str(sso, "sso_session")), "%s: %s", docs, kind);
        CHECK(eq(str(base, "region"), str(sso, "sso_region")) && eq(str(base, "start_url"), str(sso, "sso_start_url")), "%s", docs);
        CHECK(eq(str(base, "account_id"), str(sso, "sso_account_id")) && eq(str(base, "role_name"), str(sso, "sso_role_name")), "%s", docs);
    } else {
        const char *named = str(theirs, "NamedSource");
        const char *ours = eq(kind, "environment") ? "Environment" : eq(kind, "imds") ? "Ec2InstanceMetadata" : "EcsContainer";
        CHECK(eq(named, ours), "%s: %s", docs, named);
    }
}

static void the_plans(void)
{
    const json *cases = json_file(root, "chain/assume-role-tests.json");
    CHECK(cases->count == 28, "%zu cases", cases->count);
    for (size_t i = 0; i < cases->count; i++) {
        const json *one = &cases->items[i], *input = get(one, "input"), *output = get(one, "output");
        const char *docs = str(one, "docs");
        static char config[1 << 16];
        config[0] = '\0';
        append_sections(config, "profile", get(input, "profiles"));
        append_sections(config, "sso-session", get(input, "sso_sessions"));
        awsaccess_buffer *made = NULL;
        awsaccess_status status = awsaccess_plan(text(config), NONE, text(str(input, "selected_profile")), NULL, &made, &error);
        if (str(output, "Error")) {
            CHECK(status == AWSACCESS_CONFIG && strstr(message(error), fault_names(str(output, "Error"))), "%s: %s", docs, message(error));
            awsaccess_error_free(error);
            continue;
        }
        CHECK(status == AWSACCESS_OK, "%s: %s", docs, message(error));
        const json *plan = json_parse(awsaccess_buffer_text(made).data), *chain = get(output, "ProfileChain");
        const json *roles = get(plan, "roles");
        same_base(get(plan, "base"), &chain->items[0], docs);
        CHECK(roles->count + 1 == chain->count, "%s: %zu roles", docs, roles->count);
        for (size_t j = 0; j < roles->count && j + 1 < chain->count; j++) {
            const json *role = get(&chain->items[j + 1], "AssumeRole"), *ours = &roles->items[j];
            CHECK(eq(str(ours, "role_arn"), str(role, "role_arn")), "%s: %s", docs, str(ours, "role_arn"));
            CHECK(eq(str(ours, "session_name"), str(role, "role_session_name")), "%s", docs);
            CHECK(truth(ours, "external_id") == (str(role, "external_id") != NULL), "%s", docs);
        }
        CHECK(strncmp(str(plan, "graph"), "digraph plan {", 14) == 0 && str(plan, "text") != NULL, "%s", docs);
        CHECK(num(plan, "lasts_seconds", 3600) <= num(plan, "longest_seconds", 43200), "%s", docs);
        awsaccess_buffer_free(made);
    }
}

int main(int argc, char **argv)
{
    root = argc > 1 ? argv[1] : "vectors";
    the_parser();
    the_places_of_the_files();
    the_plans();
    return finish();
}
